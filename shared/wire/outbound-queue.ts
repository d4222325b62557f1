/**
 * Outbound queue: what a stream still has to send. It honours a stream that says "enough", so a peer that
 * does not read costs a bounded amount of memory: control goes first, then renewals, and of telemetry only
 * the latest of each subject is worth anything. A queue that overflows has a peer that is lost: the owner closes the
 * stream and both sides start again, instead of acting on words that arrive minutes late.
 */
import { approximateBytes } from "./batch.ts";

export const OUTBOUND_LIMITS = { items: 1_024, bytes: 1_024 * 1_024, subjects: 64 } as const;

export type Urgency = "control" | "renew" | "telemetry";

export interface OutboundQueue<Message> {
  /** Sends now or queues; `subject` is what telemetry speaks of. False when the queue has overflowed: never sent. */
  push(message: Message, urgency: Urgency, subject?: string): boolean;
  /** The stream accepts again: sends on until it has enough. */
  drained(): void;
}

export interface OutboundQueueOptions<Message> {
  /** Hands one message to the stream; false when the stream wants no more until it has drained. */
  readonly write: (message: Message) => boolean;
  /** Called once; afterwards nothing is written any more. */
  readonly onOverflow: () => void;
  /** Writes nothing before the first `drained`. */
  readonly isHeld?: boolean;
}

type QueueState = "flowing" | "blocked" | "overflowed";

interface Waiting<Message> {
  readonly message: Message;
  readonly bytes: number;
}

export function createOutboundQueue<Message>(options: OutboundQueueOptions<Message>): OutboundQueue<Message> {
  const lanes = { control: [] as Waiting<Message>[], renew: [] as Waiting<Message>[] };
  /** By subject; the oldest gives way beyond the bound. */
  const latest = new Map<string, Message>();
  let waitingBytes = 0;
  let state: QueueState = options.isHeld === true ? "blocked" : "flowing";

  const write = (message: Message): void => {
    if (!options.write(message)) state = "blocked";
  };
  const takeNext = (): { readonly message: Message } | null => {
    const waiting = lanes.control.shift() ?? lanes.renew.shift();
    if (waiting !== undefined) {
      waitingBytes -= waiting.bytes;
      return waiting;
    }
    const [frame] = latest;
    if (frame === undefined) return null;
    latest.delete(frame[0]);
    return { message: frame[1] };
  };
  const overflow = (): boolean => {
    state = "overflowed";
    lanes.control.length = 0;
    lanes.renew.length = 0;
    latest.clear();
    options.onOverflow();
    return false;
  };
  const wait = (message: Message, urgency: Exclude<Urgency, "telemetry">): boolean => {
    const bytes = approximateBytes(message);
    const items = lanes.control.length + lanes.renew.length;
    if (items >= OUTBOUND_LIMITS.items || waitingBytes + bytes > OUTBOUND_LIMITS.bytes) return overflow();
    lanes[urgency].push({ message, bytes });
    waitingBytes += bytes;
    return true;
  };

  const keepLatest = (message: Message, subject: string): void => {
    latest.set(subject, message);
    const [oldest] = latest.keys();
    if (latest.size > OUTBOUND_LIMITS.subjects && oldest !== undefined) latest.delete(oldest);
  };

  return {
    push: (message, urgency, subject = "") => {
      if (state === "overflowed") return false;
      if (state === "flowing") write(message);
      else if (urgency === "telemetry") keepLatest(message, subject);
      else return wait(message, urgency);
      return true;
    },
    drained: () => {
      if (state !== "blocked") return;
      state = "flowing";
      while (state === "flowing") {
        const next = takeNext();
        if (next === null) return;
        write(next.message);
      }
    },
  };
}
