/**
 * Host gate: main memory of the box in the decisions of the node (SPEC N2). What cannot be read starts nothing;
 * what is short ends batch, then background, one job at a time, before the kernel has to choose.
 */
import type { Priority } from "../../shared/model/priority.ts";
import type { HostMemoryReading, HostMemoryVerdict, Relief } from "../../shared/policy/host-memory.ts";
import { stopAttempt } from "./attempt.ts";
import { admitOnHost, stepHostMemory } from "./host-memory.ts";
import { tellDecision } from "./report.ts";
import type { Tx } from "./transaction.ts";

export interface HostMemoryLook {
  /** Null while it cannot be read. */
  readonly reading: HostMemoryReading | null;
  /** Resident bytes of our attempts by token; a missing one is unknown. */
  readonly rssByToken: ReadonlyMap<number, number>;
}

/** Takes a look at main memory over and ends whoever has to give way now. */
export function observeHostMemory(tx: Tx, { reading, rssByToken }: HostMemoryLook): void {
  const running = [...tx.state.attempts.values()].filter((attempt) => attempt.isProcessAlive);
  const jobs = running.map(({ job, cause }) => ({
    id: String(job.token),
    priority: job.priority,
    rssBytes: rssByToken.get(job.token) ?? null,
    isEnding: cause !== null,
  }));
  const step = stepHostMemory(
    tx.state.governance.hostMemory,
    tx.state.hostMemory,
    { reading, jobs },
    tx.nowMs,
  );
  tx.state.hostMemory = step.state;
  if (step.relief !== null) relieve(tx, step.relief, reading);
}

/** Why nothing of this priority starts now, or null. */
export function whyHostRefuses(tx: Tx, priority: Priority): string | null {
  const { hostMemory } = tx.state.governance;
  const verdict = admitOnHost(hostMemory, tx.state.hostMemory, { priority, claimedBytes: 0 });
  return verdict.kind === "admitted" ? null : explain(tx, verdict);
}

function explain(tx: Tx, verdict: Extract<HostMemoryVerdict, { kind: "refused" }>): string {
  switch (verdict.reason) {
    case "host-memory":
      if (tx.state.hostMemory.reading === null) return "main memory cannot be read";
      return `main memory is ${percent(verdict.value)} full, the gate is ${percent(verdict.gate)}`;
    case "host-stalls":
      return `work stalls for memory ${Math.round(verdict.value)} % of the time, the gate is ${verdict.gate} %`;
    case "swap-storm":
      return `the box has been swapping for ${Math.round((tx.nowMs - verdict.sinceMs) / 1000)} s`;
  }
}

const CAUSES: Readonly<Record<Relief["cause"], string>> = {
  leak: "it grows so fast that main memory would be gone within seconds",
  "swap-storm": "the box swaps so much that nothing else gets on",
  "host-memory": "main memory is nearly full",
};

function relieve(tx: Tx, relief: Relief, reading: HostMemoryReading | null): void {
  const attempt = tx.state.attempts.get(Number(relief.id));
  if (attempt === undefined) return;
  const { token, jobId, priority } = attempt.job;
  const { bytesPerSecond, rssBytes } = tx.state.hostMemory.growth.get(relief.id) ?? {};
  const growthBytesPerSecond = Math.round(bytesPerSecond ?? 0);
  const inputs = { token, jobId, priority, rssBytes: rssBytes ?? null, growthBytesPerSecond };
  const memory = { ...reading, storm: tx.state.hostMemory.storm.kind };
  const detail = `stopped for main memory: ${CAUSES[relief.cause]}`;
  tx.log("warn", "decision", { ...inputs, ...memory, cause: relief.cause }, `${jobId} has to give way`);
  tellDecision(tx, "relieved", `${jobId} is ${detail}`, { ...inputs, cause: relief.cause });
  // A leak would only come back elsewhere: it is the job's own failure.
  const outcome = relief.cause === "leak" ? "own-failure" : "preempted";
  stopAttempt(tx, attempt, { outcome, detail }, tx.timing.termGraceMs);
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}
