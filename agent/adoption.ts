/**
 * Adoption: what an earlier agent left, put together from the supervisor's records and the outbox. Work whose
 * record cannot be read is ended before the hub hears that this node is back, so that the hub is free to give
 * it to somebody else.
 */
import type { JsonObject } from "../shared/json.ts";
import { LANES, PRIORITIES } from "../shared/model/priority.ts";
import type { LeftAttempt } from "./core/agent.ts";
import type { HeldJob } from "./core/state.ts";
import { readDeadline } from "./process/attempt-dir.ts";
import type { Supervisor } from "./process/supervisor-port.ts";
import type { Outbox } from "./store/outbox.ts";

/** What is recorded with an attempt when it starts; the inverse of `readMeta`. */
export function attemptMeta(job: HeldJob, startedBootMs: number): JsonObject {
  return { ...job, startedBootMs };
}

/** Everything that was left. The supervisor reports the ends of what has ended as usual. */
export async function adoptAttempts(supervisor: Supervisor, outbox: Outbox): Promise<readonly LeftAttempt[]> {
  const waiting = await outbox.list();
  const adopted = await supervisor.adopt();
  const left: LeftAttempt[] = [];
  for (const { token, meta, job: identity, isRunning } of adopted) {
    const item = waiting.get(token);
    const record = readMeta(token, meta);
    const job = item?.job ?? record?.job;
    if (job === undefined) {
      await supervisor.stop(token, 0);
      continue;
    }
    left.push({
      job,
      startedBootMs: record?.startedBootMs ?? null,
      deadlineBootMs: readDeadline(supervisor.paths(token)) ?? 0,
      pid: identity?.pid ?? null,
      processState: isRunning ? "running" : "ended",
      cause: item?.cause ?? null,
      completion: item?.completion ?? null,
    });
  }
  const known = new Set(adopted.map(({ token }) => token));
  for (const [token, { job, cause, completion }] of waiting) {
    if (known.has(token) || completion === null) continue;
    const gone = { startedBootMs: null, deadlineBootMs: 0, pid: null, processState: "none" } as const;
    left.push({ job, cause, completion, ...gone });
  }
  return left;
}

/** The job may have written into its own record: what does not fit its type is not believed. */
function readMeta(
  token: number,
  meta: JsonObject,
): { readonly job: HeldJob; readonly startedBootMs: number } | null {
  const { jobId, runner, lane, priority, subsystem, gpu, startedBootMs } = meta;
  const knownLane = LANES.find((known) => known === lane);
  const knownPriority = PRIORITIES.find((known) => known === priority);
  const numbers = ["vramBytes", "ttlMs", "maxRuntimeMs", "offlineGraceMs"].map((name) => meta[name]);
  const [vramBytes, ttlMs, maxRuntimeMs, offlineGraceMs] = numbers.filter(isAmount);
  if (typeof jobId !== "string" || typeof runner !== "string" || typeof subsystem !== "string") return null;
  if (knownLane === undefined || knownPriority === undefined || !isAmount(startedBootMs)) return null;
  if (gpu !== null && typeof gpu !== "string") return null;
  if (vramBytes === undefined || ttlMs === undefined) return null;
  if (maxRuntimeMs === undefined || offlineGraceMs === undefined) return null;
  const words = { token, jobId, runner, subsystem, lane: knownLane, priority: knownPriority };
  const job = { ...words, gpu: gpu ?? null, vramBytes, ttlMs, maxRuntimeMs, offlineGraceMs };
  return { job, startedBootMs };
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
