/** Qos: what workloads say of their own quality of service, one running series per subsystem and kind. */
import type { QosReport, QosSeries } from "../../shared/wire/local-types.ts";

/** More subsystems than a node has; a client that makes names up is told so. */
export const MAX_QOS_SERIES = 192;

export interface QosBook {
  /** False when there are too many series already. */
  note(report: QosReport, nowMs: number): boolean;
  list(nowMs: number): readonly QosSeries[];
}

export function createQosBook(): QosBook {
  const book = new Map<string, Omit<QosSeries, "ageMs"> & { readonly atMs: number }>();
  return {
    note: ({ subsystem, kind, value }, nowMs) => {
      const name = `${subsystem} ${kind}`;
      const before = book.get(name);
      if (before === undefined && book.size >= MAX_QOS_SERIES) return false;
      const { count, worst } = before ?? { count: 0, worst: value };
      book.set(name, {
        subsystem,
        kind,
        count: count + 1,
        last: value,
        worst: Math.max(worst, value),
        atMs: nowMs,
      });
      return true;
    },
    list: (nowMs) =>
      [...book.values()].map(({ atMs, ...series }) => ({ ...series, ageMs: Math.round(nowMs - atMs) })),
  };
}
