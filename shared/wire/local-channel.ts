/**
 * Local channel: one connection to the agent of this box, its calls as promises. Every call has a deadline;
 * the one stream has none and tells when it begins and when it ends.
 */
import { credentials, type ServiceError, type StatusObject } from "@grpc/grpc-js";
import { systemClock } from "../clock.ts";
import { FleetError } from "../errors.ts";
import { decodeEvent } from "./local-client-codec.ts";
import type { LocalAnswer, LocalCall, LocalUnaryMethod } from "./local-methods.ts";
import { LOCAL_CLIENT_OPTIONS, localGateService } from "./local-service.ts";
import type { LocalEvent } from "./local-types.ts";
import { fromWireStatus } from "./status.ts";

export interface WatchEvents {
  /** The agent listens: it knows this connection. */
  readonly onOpen: () => void;
  readonly onEvent: (event: LocalEvent) => void;
  /** Exactly once, with the reason. */
  readonly onEnd: (error: FleetError) => void;
}

export interface LocalChannel {
  /** Rejects with a FleetError that names what to do. */
  call<Method extends LocalUnaryMethod>(
    method: Method,
    request: LocalCall<Method>,
  ): Promise<LocalAnswer<Method>>;
  /** Returns what ends it. */
  watch(events: WatchEvents): () => void;
  close(): void;
}

const DEADLINE_MS = 10_000;

type Invoke = (
  request: object,
  options: { readonly deadline: number },
  callback: (error: ServiceError | null, answer: unknown) => void,
) => void;

/** Connects at the first call, and again whenever the connection is lost. */
export function openLocalChannel(socketPath: string): LocalChannel {
  const LocalGate = localGateService();
  const client = new LocalGate(`unix:${socketPath}`, credentials.createInsecure(), LOCAL_CLIENT_OPTIONS);
  const describe = ({ code, details }: Pick<StatusObject, "code" | "details">): FleetError => {
    const error = fromWireStatus({ code, details });
    if (error.code !== "unavailable") return error;
    return new FleetError("unavailable", `no agent answers on ${socketPath} (${details}): is it running?`);
  };
  return {
    call: <Method extends LocalUnaryMethod>(method: Method, request: LocalCall<Method>) =>
      new Promise<LocalAnswer<Method>>((resolve, reject) => {
        const invoke = client[method].bind(client) as unknown as Invoke;
        invoke(request as object, { deadline: systemClock.wallMs() + DEADLINE_MS }, (error, answer) => {
          if (error === null) resolve(answer as LocalAnswer<Method>);
          else reject(describe(error));
        });
      }),
    watch: ({ onOpen, onEvent, onEnd }) => {
      const stream = client.Watch({ includeUpdates: true });
      let broken: FleetError | null = null;
      stream.on("metadata", onOpen);
      stream.on("data", (wire) => {
        const event = decoded(wire);
        if (event instanceof FleetError) {
          broken = event;
          stream.cancel();
        } else if (event !== null) onEvent(event);
      });
      // The status follows every error; without a listener the error would end the process.
      stream.on("error", () => undefined);
      stream.on("status", (status) => onEnd(broken ?? describe(status)));
      return () => stream.cancel();
    },
    close: () => client.close(),
  };
}

/** What is no event at all ends the stream, not the process. */
function decoded(wire: LocalAnswer<"Watch">): LocalEvent | null | FleetError {
  try {
    return decodeEvent(wire);
  } catch (error) {
    return error instanceof FleetError ? error : new FleetError("internal", "a bad event", error);
  }
}
