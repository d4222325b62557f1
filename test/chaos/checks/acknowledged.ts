/** Acknowledged: what a client was told is in the journal, once, in the order in which it was told, and ends. */
import type { Check, History, Submit, Violation } from "../history.ts";
import { endsOf, jobOf, keyOf, ofKind } from "./journal.ts";

/** No acknowledged job is missing and none is left without an end. */
export const everyJobIsKept: Check = ({ submits, journal }) => {
  const submitted = new Map(ofKind(journal, "job.submitted").map((line) => [jobOf(line), keyOf(line)]));
  const ended = new Set(endsOf(journal).map(jobOf));
  return submits.flatMap(({ key, jobIds }): Violation[] => {
    const [jobId] = jobIds;
    if (jobId === undefined) return [];
    if (submitted.get(jobId) !== key)
      return [{ promise: "lost", check: "kept", detail: `${key} was taken as ${jobId}, which is not there` }];
    if (ended.has(jobId)) return [];
    return [{ promise: "lost", check: "ended", detail: `${jobId} (${key}) never came to an end` }];
  });
};

/** One key is one job, whoever asks how often; and no job is there that nobody asked for. */
export const everyKeyIsOneJob: Check = ({ submits, journal }) => {
  const asked = new Set(submits.map(({ key }) => key));
  const jobs = new Map<string, string>();
  const found: Violation[] = [];
  for (const line of ofKind(journal, "job.submitted")) {
    const key = keyOf(line);
    const other = jobs.get(key);
    jobs.set(key, jobOf(line));
    if (other !== undefined) found.push(twice(key, [other, jobOf(line)]));
    if (!asked.has(key))
      found.push({
        promise: "duplicated",
        check: "phantom",
        detail: `nobody asked for ${jobOf(line)} (${key})`,
      });
  }
  for (const { key, jobIds } of submits) if (new Set(jobIds).size > 1) found.push(twice(key, jobIds));
  return found;
};

function twice(key: string, jobIds: readonly string[]): Violation {
  return {
    promise: "duplicated",
    check: "one key",
    detail: `${key} is ${[...new Set(jobIds)].join(" and ")}`,
  };
}

/** Journal order is the linearisation: what was acknowledged before another was asked for comes before it. */
export const journalFollowsTime: Check = (history) => {
  const acknowledged = placed(history).sort((a, b) => a.acknowledgedMs - b.acknowledgedMs);
  const invoked = [...acknowledged].sort((a, b) => a.invokedMs - b.invokedMs);
  const found: Violation[] = [];
  let newest: Placed | null = null;
  let next = 0;
  for (const later of invoked) {
    for (; ; next++) {
      const earlier = acknowledged[next];
      if (earlier === undefined || earlier.acknowledgedMs >= later.invokedMs) break;
      if (newest === null || earlier.seq > newest.seq) newest = earlier;
    }
    if (newest !== null && newest.seq > later.seq)
      found.push({
        promise: "order",
        check: "journal order",
        detail: `${newest.key} (seq ${newest.seq}) was taken before ${later.key} (seq ${later.seq}) was asked for`,
      });
  }
  return found;
};

interface Placed extends Submit {
  readonly acknowledgedMs: number;
  readonly seq: number;
}

function placed({ submits, journal }: History): Placed[] {
  const seqs = new Map(ofKind(journal, "job.submitted").map((line) => [keyOf(line), line.seq]));
  return submits.flatMap((submit) => {
    const seq = seqs.get(submit.key);
    const { acknowledgedMs } = submit;
    return seq === undefined || acknowledgedMs === null ? [] : [{ ...submit, acknowledgedMs, seq }];
  });
}

/** The readable journal has every number once. */
export const journalHasNoHole: Check = ({ journal }) =>
  journal.flatMap((line, at): Violation[] => {
    const expected = (journal[at - 1]?.seq ?? line.seq - 1) + 1;
    if (line.seq === expected) return [];
    return [
      { promise: "order", check: "no hole", detail: `seq ${line.seq} stands where ${expected} belongs` },
    ];
  });

/** What the hub counts at the end is what its journal says. */
export const totalsAgree: Check = ({ journal, totals }) => {
  const counted: Record<string, number> = { published: ofKind(journal, "job.published").length };
  for (const line of endsOf(journal)) {
    const state = stateAfter(line);
    counted[state] = (counted[state] ?? 0) + 1;
  }
  return Object.entries(totals).flatMap(([state, total]): Violation[] => {
    const lines = counted[state] ?? 0;
    if (lines === total) return [];
    return [
      { promise: "order", check: "totals", detail: `the hub counts ${total} ${state}, its journal ${lines}` },
    ];
  });
};

function stateAfter(line: { readonly kind: string; readonly [field: string]: unknown }): string {
  if (line.kind === "job.succeeded") return "succeeded";
  if (line.kind === "job.cancelled") return "cancelled";
  return String((line["next"] as { readonly state: string }).state);
}
