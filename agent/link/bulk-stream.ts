/**
 * Bulk stream: one connection of its own for files, so that a long transfer never delays a renewal. What the
 * hub says is read one message at a time; what it does not read in time holds the sender back.
 */
import { credentials } from "@grpc/grpc-js";
import { FleetError, type FleetErrorCode } from "../../shared/errors.ts";
import { BULK_FAILURES, type BulkDown, type BulkFailureCode, type BulkUp } from "../../shared/model/bulk.ts";
import type { HubBook } from "../../shared/model/hub-book.ts";
import type { Timing } from "../../shared/model/timing.ts";
import { decodeBulkDown, encodeBulkUp } from "../../shared/wire/bulk-codec.ts";
import { agentChannelOptions } from "../../shared/wire/channel-options.ts";
import { wireServices } from "../../shared/wire/load.ts";
import { principalMetadata } from "../../shared/wire/secret.ts";
import { fromWireStatus } from "../../shared/wire/status.ts";
import { preflight } from "./preflight.ts";
import { writeWithPressure } from "./pressure.ts";

export interface BulkTarget {
  /** Where the hub is; the link keeps it. */
  readonly book: Pick<HubBook, "present">;
  /** `agent/NODE`, and the proof of it. */
  readonly principal: string;
  readonly secret: string;
  readonly timing: Timing;
}

export interface BulkStream {
  /** Resolves when the stream wants more. @throws FleetError unavailable when it has ended. */
  send(message: BulkUp): Promise<void>;
  /** The next message. @throws BulkError for a failure, FleetError when the stream has ended. */
  receive(): Promise<Exclude<BulkDown, { kind: "failure" }>>;
  /** Final; whoever waits for a message hears that the stream has ended. */
  close(): void;
}

/** A transfer that the hub refused. Retrying is worth it when `BULK_FAILURES` says so. */
export class BulkError extends FleetError {
  readonly failure: BulkFailureCode;
  constructor(failure: BulkFailureCode, message: string) {
    super(ERROR_CODES[failure], message);
    this.failure = failure;
  }
}

const ERROR_CODES = {
  stale: "refused",
  invalid: "invalid",
  notFound: "notFound",
  detached: "unavailable",
  mismatch: "invalid",
  unavailable: "unavailable",
} as const;

/** Unread bytes of a fetch; the default of 64 KiB would allow one chunk per round trip. */
const WINDOW_BYTES = 1024 * 1024;

/** What a broken connection, a busy hub or one that is just starting looks like. */
const PASSING = new Set<FleetErrorCode>(["unavailable", "internal", "resourceExhausted"]);

/** Whether the same transfer may succeed when it is tried again. */
export function mayRetry(error: unknown): boolean {
  if (error instanceof BulkError) return BULK_FAILURES[error.failure].isRetryable;
  return error instanceof FleetError && PASSING.has(error.code);
}

/** Connects and opens the stream. @throws FleetError unavailable when the hub does not answer in time. */
export async function openBulkStream(target: BulkTarget, stopping: AbortSignal): Promise<BulkStream> {
  const { principal, secret, timing } = target;
  const address = target.book.present;
  await preflight(address, timing.preflightMs, stopping);
  const { AgentGateway } = wireServices();
  const client = new AgentGateway(address, credentials.createInsecure(), {
    ...agentChannelOptions(timing),
    "grpc-node.flow_control_window": WINDOW_BYTES,
  });
  const call = client.Bulk(principalMetadata(principal, secret));
  // A stream that breaks while nobody reads it must not end the process; the next read hears of it.
  call.on("error", () => undefined);
  const messages = call.iterator({ destroyOnReturn: false });
  return {
    send: (message) => writeWithPressure(call, encodeBulkUp(message)),
    receive: async () => {
      const next = await messages.next().catch((error) => {
        throw fromWireStatus(error);
      });
      if (next.done === true) throw new FleetError("unavailable", "the hub has closed the stream");
      const message = decodeBulkDown(next.value);
      if (message.kind === "failure") throw new BulkError(message.code, message.message);
      return message;
    },
    close: () => {
      call.cancel();
      client.close();
    },
  };
}
