/**
 * Client: the operator service as a verb sees it. Each call has a deadline, and whatever goes wrong comes
 * back as one FleetError whose sentence names the cure; no status number of the transport reaches a person.
 */
import { type ClientReadableStream, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { type Clock, systemClock } from "../../shared/clock.ts";
import { FleetError } from "../../shared/errors.ts";
import { delay } from "../../shared/loop.ts";
import { createHubBook } from "../../shared/model/hub-book.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { createRng } from "../../shared/rng.ts";
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
import { readStandby } from "../../shared/wire/standby.ts";
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

/** Between two tries of one call, half to one and a half times this. */
const RETRY_MS = 200;

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

/**
 * A client for the hub that the settings lead to. A call goes to the next address, or to the leader that a standby
 * names, only when it is certain that nobody has carried it out. Throws "unavailable", "invalid" or "config".
 */
export function connectHub(settings: Settings, clock: Clock = systemClock): HubClient {
  const addresses = locateHub(settings);
  const book = createHubBook(addresses);
  const clients = createClients();
  const metadata = principalMetadata(settings.role, readSecret(secretPath(settings)));
  const rng = createRng(`${process.pid}`);
  /** Whether to try again, elsewhere or in a moment; throws what went wrong when it is of no use. */
  const moveOn = async (error: unknown, untilMs: number): Promise<void> => {
    const standby = isServiceError(error) ? readStandby(error.metadata) : null;
    const isCertain = standby !== null || (addresses.length > 1 && isNobodyThere(error));
    if (!isCertain || clock.wallMs() + 2 * RETRY_MS >= untilMs)
      throw explainFailure(error, book.present, settings);
    clients.drop(book.present);
    book.moveOn(standby?.leader ?? null);
    await delay(RETRY_MS * (0.5 + rng.next()));
  };
  return {
    get address() {
      return book.present;
    },
    call: async <Method extends OperatorUnaryMethod>(
      method: Method,
      request: OperatorCall<Method>,
      deadlineMs = DEADLINE_MS,
    ) => {
      const deadline = clock.wallMs() + deadlineMs;
      for (;;) {
        const client = clients.at(book.present);
        const send = client[method].bind(client) as unknown as Send<Method>;
        try {
          return await new Promise<OperatorAnswer<Method>>((resolve, reject) => {
            send(request, metadata, { deadline }, (error, answer) =>
              error ? reject(error) : resolve(answer),
            );
          });
        } catch (error) {
          await moveOn(error, deadline);
        }
      }
    },
    stream: async function* <Method extends OperatorStreamMethod>(
      method: Method,
      request: OperatorCall<Method>,
      signal: AbortSignal,
    ) {
      const untilMs = clock.wallMs() + DEADLINE_MS;
      for (;;) {
        const client = clients.at(book.present);
        const open = client[method].bind(client) as unknown as Open<Method>;
        const stream = open(request, metadata);
        const cancel = (): void => stream.cancel();
        signal.addEventListener("abort", cancel);
        try {
          for await (const reply of stream) yield reply as OperatorAnswer<Method>;
          return;
        } catch (error) {
          if (signal.aborted) return;
          await moveOn(error, untilMs);
        } finally {
          signal.removeEventListener("abort", cancel);
          cancel();
        }
      }
    },
    close: clients.close,
  };
}

function createClients() {
  const { Operator } = wireServices();
  const options = operatorChannelOptions(createTiming());
  const clients = new Map<string, InstanceType<typeof Operator>>();
  return {
    at: (address: string) => {
      const client = clients.get(address) ?? new Operator(address, credentials.createInsecure(), options);
      clients.set(address, client);
      return client;
    },
    /** Its channel would wait longer and longer before it connects again. */
    drop: (address: string) => {
      clients.get(address)?.close();
      clients.delete(address);
    },
    close: () => {
      for (const client of clients.values()) client.close();
    },
  };
}

/** The call never left this machine. */
function isNobodyThere(error: unknown): boolean {
  return isServiceError(error) && error.code === status.UNAVAILABLE && /ECONNREFUSED/.test(error.details);
}

function secretPath({ role, root }: Settings): string {
  return role === "viewer" ? viewerSecretPath(root) : operatorSecretPath(root);
}

function explainFailure(error: unknown, address: string, { root }: Settings): FleetError {
  if (!isServiceError(error)) return new FleetError("internal", "the call failed", error);
  const { code, details } = error;
  switch (code) {
    case status.UNAVAILABLE: {
      // Headers came back: these are the hub's own words, about a node that is away or about its leader.
      if (error.metadata.get("content-type").length > 0 || readStandby(error.metadata) !== null)
        return fromWireStatus({ code, details });
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
