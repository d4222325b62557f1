/** View: the notifier for people; where channels lead is told without what would let somebody use them. */
import { type Failure, type NotifyState, recentSends } from "../core/notify/outbox.ts";
import { isQuiet } from "../core/notify/policy.ts";
import type { NotifyDocument } from "../store/notify-document.ts";
import { describeChannel } from "./channel.ts";

export interface NotifyView {
  readonly isQuiet: boolean;
  readonly channels: readonly {
    readonly channel: string;
    readonly kind: string;
    readonly target: string;
    readonly waiting: number;
    readonly sentInWindow: number;
    readonly limit: number;
    readonly windowMs: number;
  }[];
  readonly queue: readonly {
    readonly id: string;
    readonly channel: string;
    readonly topic: string;
    readonly severity: string;
    readonly title: string;
    readonly wallMs: number;
    readonly attempts: number;
    readonly notBeforeMs: number;
    readonly lastError: string | null;
  }[];
  readonly failures: readonly Failure[];
  readonly delivered: number;
  readonly dropped: number;
  /** Repeats that wait for the end of their window. */
  readonly counted: number;
}

/** Deliveries that are shown. */
const SHOWN_MAX = 100;

export function viewNotify(state: NotifyState, document: NotifyDocument, nowMs: number): NotifyView {
  const { queue, failures, delivered, dropped, told } = state;
  return {
    isQuiet: isQuiet(document, nowMs),
    channels: Object.entries(document.channels).map(([channel, config]) => ({
      channel,
      kind: config.kind,
      target: describeChannel(config),
      waiting: queue.filter((delivery) => delivery.channel === channel).length,
      sentInWindow: recentSends(state, channel, config.limit.windowMs, nowMs).length,
      limit: config.limit.count,
      windowMs: config.limit.windowMs,
    })),
    queue: queue.slice(0, SHOWN_MAX).map(({ channel, notice, attempts, notBeforeMs, lastError }) => {
      const { id, topic, severity, title, wallMs } = notice;
      return { id, channel, topic, severity, title, wallMs, attempts, notBeforeMs, lastError };
    }),
    failures,
    delivered,
    dropped,
    counted: Object.values(told).reduce((sum, { more }) => sum + more, 0),
  };
}
