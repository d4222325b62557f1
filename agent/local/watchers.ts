/**
 * Watchers: the clients that listen. Crossings and requests to give VRAM back reach each of them in order; of
 * the figures of every poll only the latest of each resource counts. A client that does not read costs a bounded queue and then
 * its stream, never anybody else's.
 */
import type {
  EvictRequest,
  LocalEvent,
  PressureEvent,
  RebalancedEvent,
} from "../../shared/wire/local-types.ts";
import { createOutboundQueue, type OutboundQueue } from "../../shared/wire/outbound-queue.ts";

/** One open stream as its method sees it. */
export interface WatchStream {
  /** False when the stream wants no more until it has drained. */
  write(event: LocalEvent): boolean;
  /** The client has not read for too long. */
  fail(): void;
}

export interface Watcher {
  drained(): void;
  /** Nothing is written afterwards. */
  close(): void;
}

export interface WatchOptions {
  readonly connection: number;
  readonly includesUpdates: boolean;
  /** What is watched, as it is now. */
  readonly present: readonly PressureEvent[];
}

export interface Watchers {
  open(stream: WatchStream, options: WatchOptions): Watcher;
  publish(event: PressureEvent | RebalancedEvent): void;
  /**
   * Asks the client that holds the consumer, and asks again when it begins to watch or has come back, until
   * the request is settled or late. False when that client does not watch now.
   */
  ask(request: Omit<EvictRequest, "kind">): boolean;
  /** The consumer has a new holder, who may not have heard. */
  repeat(consumerId: string): void;
  /** The consumer has answered, or is no more. */
  settle(consumerId: string): void;
}

interface Open {
  readonly connection: number;
  readonly includesUpdates: boolean;
  readonly queue: OutboundQueue<LocalEvent>;
}

interface Asked {
  readonly request: EvictRequest;
  readonly untilMs: number;
}

export interface WatchersOptions {
  readonly nowMs: () => number;
  /** The connection of the client that holds a consumer; null when nobody does. */
  readonly holderOf: (consumerId: string) => number | null;
}

export function createWatchers({ nowMs, holderOf }: WatchersOptions): Watchers {
  const open = new Set<Open>();
  const asked = new Map<string, Asked>();
  /** The request with the time that is left, or null when there is none or it is late. */
  const pending = (consumerId: string): EvictRequest | null => {
    const each = asked.get(consumerId);
    const deadlineMs = Math.ceil((each?.untilMs ?? 0) - nowMs());
    return each === undefined || deadlineMs <= 0 ? null : { ...each.request, deadlineMs };
  };
  const send = (consumerId: string): boolean => {
    const request = pending(consumerId);
    const connection = holderOf(consumerId);
    const listening = [...open].filter((watcher) => watcher.connection === connection);
    if (request !== null) for (const { queue } of listening) queue.push(request, "control");
    return request !== null && listening.length > 0;
  };
  return {
    open: (stream, { connection, includesUpdates, present }) => {
      const queue = createOutboundQueue<LocalEvent>({
        write: (event) => stream.write(event),
        onOverflow: () => {
          open.delete(watcher);
          stream.fail();
        },
      });
      const watcher: Open = { connection, includesUpdates, queue };
      open.add(watcher);
      for (const event of present) queue.push(event, "control");
      for (const consumerId of asked.keys()) {
        const request = holderOf(consumerId) === connection ? pending(consumerId) : null;
        if (request !== null) queue.push(request, "control");
      }
      return { drained: () => queue.drained(), close: () => open.delete(watcher) };
    },
    publish: (event) => {
      const isUpdate = event.kind === "pressure" && event.name.endsWith(":update");
      for (const { includesUpdates, queue } of open) {
        if (!isUpdate) queue.push(event, "control");
        else if (includesUpdates) queue.push(event, "telemetry", `${event.name} ${event.gpu ?? ""}`);
      }
    },
    ask: (request) => {
      const untilMs = nowMs() + request.deadlineMs;
      asked.set(request.consumerId, { request: { kind: "evict", ...request }, untilMs });
      return send(request.consumerId);
    },
    repeat: send,
    settle: (consumerId) => asked.delete(consumerId),
  };
}
