/** Executions: never two live processes of one job, none without a lease of its own, none after its success. */
import type { Check, History, RunLine, Violation } from "../history.ts";
import { endsOf, jobOf, jobsByKey, ofKind, tokenOf } from "./journal.ts";

/** The kernel's lock and the processes' own words agree that runs of one job never overlap. */
export const oneProcessAJob: Check = ({ runs }) => {
  const found: Violation[] = [];
  for (const lines of byKey(runs).values()) {
    const ends = new Map(lines.filter(({ kind }) => kind === "end").map((line) => [line.token, line]));
    const starts = lines.filter(({ kind }) => kind === "start").sort((a, b) => a.atMs - b.atMs);
    starts.forEach((start, at) => {
      const before = starts[at - 1];
      if (start.how === "crowded") found.push(overlap(start, "another process of the job held its lock"));
      if (before === undefined) return;
      if (before.token === start.token) found.push(overlap(start, "its token was started before"));
      const end = ends.get(before.token);
      if (end !== undefined && end.atMs > start.atMs)
        found.push(
          overlap(start, `token ${before.token} ended ${end.atMs - start.atMs} ms later on ${end.node}`),
        );
    });
  }
  return found;
};

function overlap({ key, token, node, pid }: RunLine, detail: string): Violation {
  const run = `${key}, token ${token}, pid ${pid} on ${node}`;
  return { promise: "duplicated", check: "one process", detail: `${run}: ${detail}` };
}

function byKey(runs: readonly RunLine[]): ReadonlyMap<string, readonly RunLine[]> {
  const lines = new Map<string, RunLine[]>();
  for (const run of runs) lines.set(run.key, [...(lines.get(run.key) ?? []), run]);
  return lines;
}

/** A process runs only under a token that was granted for its job to its node. */
export const noProcessWithoutLease: Check = ({ runs, journal }) => {
  const leases = new Map(ofKind(journal, "job.leased").map((line) => [tokenOf(line), line]));
  const jobs = jobsByKey(journal);
  return runs.flatMap(({ kind, key, token, node }): Violation[] => {
    if (kind === "end") return [];
    const lease = leases.get(token);
    if (lease !== undefined && jobOf(lease) === jobs.get(key) && lease["node"] === node) return [];
    const granted = lease === undefined ? "nobody" : `${jobOf(lease)} on ${String(lease["node"])}`;
    const detail = `${key} ran on ${node} with token ${token}, which was granted to ${granted}`;
    return [{ promise: "fencing", check: "lease", detail }];
  });
};

/** A job ends once, and what has ended is never granted again. */
export const endedOnce: Check = ({ journal }) => {
  const ended = new Map<string, number>();
  const ends = new Set(endsOf(journal));
  return journal.flatMap((line): Violation[] => {
    const jobId = jobOf(line);
    const endSeq = ended.get(jobId);
    if (ends.has(line)) ended.set(jobId, line.seq);
    if (endSeq === undefined) return [];
    if (ends.has(line)) return [again(line.seq, `${jobId} ended at seq ${endSeq} and once more`)];
    if (line.kind === "job.leased")
      return [again(line.seq, `${jobId} was granted after its end at seq ${endSeq}`)];
    return [];
  });
};

function again(seq: number, detail: string): Violation {
  return { promise: "duplicated", check: "ended once", detail: `seq ${seq}: ${detail}` };
}

/** Tokens rise from grant to grant, and an end is taken only from the token that holds the job. */
export const tokensFence: Check = ({ journal }) => {
  const holder = new Map<string, number>();
  let last = 0;
  const found: Violation[] = [];
  const note = (seq: number, detail: string): void => {
    found.push({ promise: "fencing", check: "tokens", detail: `seq ${seq}: ${detail}` });
  };
  for (const line of journal) {
    const token = tokenOf(line);
    if (line.kind === "job.leased") {
      if (token <= last) note(line.seq, `token ${token} was granted after ${last}`);
      last = Math.max(last, token);
      const other = holder.get(jobOf(line));
      if (other !== undefined) note(line.seq, `${jobOf(line)} was granted while token ${other} held it`);
      holder.set(jobOf(line), token);
    } else if (line.kind === "job.succeeded" || line.kind === "attempt.ended") {
      const current = holder.get(jobOf(line));
      if (current !== token)
        note(line.seq, `${jobOf(line)} ended by token ${token}, held by ${current ?? "nobody"}`);
      holder.delete(jobOf(line));
    }
  }
  return found;
};

/** A job is blamed only for what was done to its own process. */
export const noBlameWithoutCause: Check = ({ journal, killedTokens }) =>
  ofKind(journal, "attempt.ended").flatMap((line): Violation[] => {
    if (line["isBurned"] !== true || killedTokens.has(tokenOf(line))) return [];
    const detail = `${jobOf(line)} was blamed for the end of token ${tokenOf(line)}: ${String(line["detail"])}`;
    return [{ promise: "lost", check: "blame", detail }];
  });

/** How often work was started again after it was lost: no violation, and worth a figure. */
export function rerunsOf({ runs }: History): { readonly reruns: number; readonly afterOk: number } {
  let reruns = 0;
  let afterOk = 0;
  for (const lines of byKey(runs).values()) {
    const starts = lines.filter(({ kind }) => kind === "start").length;
    reruns += Math.max(0, starts - 1);
    afterOk += Math.max(0, lines.filter(({ how }) => how === "ok").length - 1);
  }
  return { reruns, afterOk };
}
