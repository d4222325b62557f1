/** View: the notifier for people; where channels lead is told without what would let somebody use them. */
import type { NotifyView } from "../../shared/model/notify-view.ts";
import { type NotifyState, recentSends } from "../core/notify/outbox.ts";
import { isQuiet } from "../core/notify/policy.ts";
import type { NotifyDocument } from "../store/notify-document.ts";
import { describeChannel } from "./channel.ts";

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
