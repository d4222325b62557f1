/** Down: what is running ends within its bound, and nothing is granted or started until somebody says up. */
import type { Check, DownSpan, Violation } from "../history.ts";

/**
 * A process that its agent had let go before it latched may write its first line this much later: a shim, two
 * shells and a fork of `flock` on a busy machine.
 */
export const START_SLACK_MS = 3_000;

/** In the journal's own order no lease stands between a down and the next up. */
export const nothingGrantedWhileDown: Check = ({ journal }) => {
  let downSeq: number | null = null;
  return journal.flatMap((line): Violation[] => {
    if (line.kind === "desired.changed") downSeq = line["state"] === "up" ? null : line.seq;
    if (line.kind !== "job.leased" || downSeq === null) return [];
    return [broken("granted", `seq ${line.seq}: a lease was granted, and seq ${downSeq} says down`)];
  });
};

/** No process starts on a node that has latched, nor anywhere once the bound of the down has passed. */
export const nothingStartsWhileDown: Check = ({ downs, runs }) =>
  downs.flatMap((span) =>
    runs.flatMap(({ kind, key, token, node, atMs }): Violation[] => {
      if (kind === "end" || atMs >= span.liftedMs || atMs <= quietFromMs(span, node)) return [];
      const sinceMs = Math.round(atMs - span.askedMs);
      return [
        broken("started", `${span.name}: ${key}, token ${token} started on ${node} ${sinceMs} ms after it`),
      ];
    }),
  );

function quietFromMs({ askedMs, acknowledgedMs, latchedMs, boundMs }: DownSpan, node: string): number {
  const boundEndsMs = Math.max(acknowledgedMs, askedMs + boundMs);
  const latched = latchedMs[node];
  return latched === undefined ? boundEndsMs : Math.min(boundEndsMs, latched + START_SLACK_MS);
}

/** From the verb to the end of the last process. */
export const downKeepsItsBound: Check = ({ downs }) =>
  downs.flatMap(({ name, askedMs, goneMs, boundMs }): Violation[] => {
    if (goneMs === null)
      return [broken("bound", `${name}: processes were still there when nobody looked any more`)];
    const tookMs = Math.round(goneMs - askedMs);
    return tookMs <= boundMs ? [] : [broken("bound", `${name}: took ${tookMs} ms, allowed are ${boundMs}`)];
  });

function broken(check: string, detail: string): Violation {
  return { promise: "down", check, detail };
}
