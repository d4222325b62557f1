/**
 * Window: hours of the week in which nothing new is granted, as control.json sets them: maintenance of a node, or a
 * priority that has to make room. Counted from wall time alone, with an offset from UTC that people set.
 */
import type { ClosedWindow } from "../../../shared/model/campaign.ts";
import type { Priority } from "../../../shared/model/priority.ts";
import type { Tx } from "../transaction.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** 1970-01-01 was a Thursday. */
export const WEEKDAYS = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"] as const;

/** Whether a window is open at a moment, that is, closes the fleet; its end is not part of it. */
export function isInWindow(window: ClosedWindow, wallMs: number): boolean {
  const minutes = Math.floor(wallMs / MINUTE_MS) + window.utcOffsetMinutes;
  const minute = ((minutes % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
  const day = Math.floor(minutes / DAY_MINUTES);
  const { fromMinute, toMinute } = window;
  if (fromMinute < toMinute) return isOn(window, day) && fromMinute <= minute && minute < toMinute;
  // Over midnight it belongs to the day on which it begins.
  return (isOn(window, day) && minute >= fromMinute) || (isOn(window, day - 1) && minute < toMinute);
}

function isOn({ days }: ClosedWindow, day: number): boolean {
  const weekday = WEEKDAYS[((day % 7) + 7) % 7];
  return days.length === 0 || days.some((each) => each === weekday);
}

/** Looks at the calendar; what is decided until the next look goes by what was found. */
export function watchWindows({ state, soft, times }: Tx): void {
  soft.tickJournalMs = times.journalMs;
  soft.windows = (state.control?.windows ?? []).filter((window) => isInWindow(window, times.wallMs));
}

/** The first window that closes a node or a priority now; null asks only for those that close all. */
export function windowOn(
  windows: readonly ClosedWindow[],
  { node, priority }: { readonly node: string | null; readonly priority: Priority | null },
): ClosedWindow | null {
  const closing = windows.find(
    ({ nodes, priorities }) =>
      (nodes.length === 0 || (node !== null && nodes.includes(node))) &&
      (priorities.length === 0 || (priority !== null && priorities.includes(priority))),
  );
  return closing ?? null;
}
