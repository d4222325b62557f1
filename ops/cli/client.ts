/**
 * Client: the operator service as a verb sees it. Each call has a deadline, and whatever goes wrong comes
 * back as one FleetError whose sentence names the cure; no status number of the transport reaches a person.
 */
import { type ClientReadableStream, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { type Clock, systemClock } from "../../shared/clock.ts";
import { FleetError } from "../../shared/errors.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { operatorChannelOptions } from "../../shared/wire/channel-options.ts";
import { wireServices } from "../../shared/wire/load.ts";
import type {
  OperatorAnswer,
  OperatorCall,
  OperatorStreamMethod,
  OperatorUnaryMethod,
} from "../../shared/wire/operator-types.ts";
import {
  operatorSecretPath,
  principalMetadata,
  readSecret,
  viewerSecretPath,
} from "../../shared/wire/secret.ts";
import { fromWireStatus } from "../../shared/wire/status.ts";
import { locateHub, type Settings, startHub } from "./settings.ts";

export interface HubClient {
  /** HOST:PORT. */
  readonly address: string;
  /** Rejects with FleetError; after `deadlineMs` without an answer with "unavailable". */
  call<Method extends OperatorUnaryMethod>(
    method: Method,
    request: OperatorCall<Method>,
    deadlineMs?: number,
  ): Promise<OperatorAnswer<Method>>;
  /** Ends when the hub has sent all, or quietly when `signal` aborts. */
  stream<Method extends OperatorStreamMethod>(
    method: Method,
    request: OperatorCall<Method>,
    signal: AbortSignal,
  ): AsyncGenerator<OperatorAnswer<Method>>;
  close(): void;
}

const DEADLINE_MS = 10_000;

type Send<Method extends OperatorUnaryMethod> = (
  request: OperatorCall<Method>,
  metadata: ReturnType<typeof principalMetadata>,
  options: { readonly deadline: number },
  callback: (error: ServiceError | null, answer: OperatorAnswer<Method>) => void,
) => void;

type Open<Method extends OperatorStreamMethod> = (
  request: OperatorCall<Method>,
  metadata: ReturnType<typeof principalMetadata>,
) => ClientReadableStream<OperatorAnswer<Method>>;

/** A client for the hub that the settings lead to. Throws "unavailable", "invalid" or "config"; see below. */
export function connectHub(settings: Settings, clock: Clock = systemClock): HubClient {
  const address = locateHub(settings);
  const secret = readSecret(secretPath(settings));
  const { Operator } = wireServices();
  const client = new Operator(address, credentials.createInsecure(), operatorChannelOptions(createTiming()));
  const metadata = principalMetadata(settings.role, secret);
  const explain = (error: unknown): FleetError => explainFailure(error, address, settings);
  return {
    address,
    call: <Method extends OperatorUnaryMethod>(
      method: Method,
      request: OperatorCall<Method>,
      deadlineMs = DEADLINE_MS,
    ) => {
      const send = client[method].bind(client) as unknown as Send<Method>;
      return new Promise<OperatorAnswer<Method>>((resolve, reject) => {
        const deadline = clock.wallMs() + deadlineMs;
        send(request, metadata, { deadline }, (error, answer) => {
          if (error === null) resolve(answer);
          else reject(explain(error));
        });
      });
    },
    stream: async function* <Method extends OperatorStreamMethod>(
      method: Method,
      request: OperatorCall<Method>,
      signal: AbortSignal,
    ) {
      const open = client[method].bind(client) as unknown as Open<Method>;
      const stream = open(request, metadata);
      const cancel = (): void => stream.cancel();
      signal.addEventListener("abort", cancel);
      try {
        for await (const reply of stream) yield reply as OperatorAnswer<Method>;
      } catch (error) {
        if (!signal.aborted) throw explain(error);
      } finally {
        signal.removeEventListener("abort", cancel);
        cancel();
      }
    },
    close: () => client.close(),
  };
}

function secretPath({ role, root }: Settings): string {
  return role === "viewer" ? viewerSecretPath(root) : operatorSecretPath(root);
}

function explainFailure(error: unknown, address: string, { root }: Settings): FleetError {
  if (!isServiceError(error)) return new FleetError("internal", "the call failed", error);
  const { code, details } = error;
  switch (code) {
    case status.UNAVAILABLE: {
      // Headers came back: these are the hub's own words, about a node that is away.
      if (error.metadata.get("content-type").length > 0) return fromWireStatus({ code, details });
      const why = /ECONNREFUSED/.test(details) ? "nothing listens there" : "the connection fails";
      return new FleetError("unavailable", `no hub answers at ${address} (${why}): ${startHub(root)}`);
    }
    case status.DEADLINE_EXCEEDED:
      return new FleetError("unavailable", `${address} accepts connections but does not answer in time`);
    case status.UNIMPLEMENTED:
      return new FleetError(
        "unavailable",
        `${address} does not know this call: is it a hub of this version?`,
      );
    default:
      return fromWireStatus({ code, details });
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error && "metadata" in error;
}
