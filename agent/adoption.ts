/**
 * Adoption: what an earlier agent left, put together from the supervisor's records and the outbox. Work whose
 * record cannot be read is ended before the hub hears that this node is back, so that the hub is free to give
 * it to somebody else.
 */
import { isJsonObject, type Json, type JsonObject } from "../shared/json.ts";
import { LANES, PRIORITIES } from "../shared/model/priority.ts";
import { START_LIMIT_POLICY, type StartLimitPolicy } from "../shared/policy/start-limit.ts";
import type { LeftAttempt } from "./core/agent.ts";
import type { HeldJob, ServiceTerms } from "./core/state.ts";
import { readDeadline } from "./process/attempt-dir.ts";
import type { Supervisor } from "./process/supervisor-port.ts";
import type { Outbox } from "./store/outbox.ts";

/** What is recorded with an attempt when it starts; the inverse of `readMeta`. */
export function attemptMeta(job: HeldJob, startedBootMs: number): JsonObject {
  const { service } = job;
  const terms = service === null ? null : { ...service, restarts: { ...service.restarts } };
  return { ...job, service: terms, startedBootMs };
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
    const service = item?.service ?? null;
    const startedBootMs = record?.startedBootMs ?? null;
    // The end of this very process was counted: there is another one to come. After a boot there is not.
    const isCounted = startedBootMs !== null && service?.countedRunBootMs === startedBootMs;
    const ended = isCounted && identity !== null ? "waiting" : "ended";
    left.push({
      job,
      service,
      startedBootMs,
      deadlineBootMs: readDeadline(supervisor.paths(token)) ?? 0,
      pid: identity?.pid ?? null,
      processState: isRunning ? "running" : ended,
      cause: item?.cause ?? null,
      completion: item?.completion ?? null,
    });
  }
  const known = new Set(adopted.map(({ token }) => token));
  for (const [token, { job, cause, completion, service }] of waiting) {
    if (known.has(token)) continue;
    if (completion === null) {
      await outbox.remove(token); // it was never begun
      continue;
    }
    const gone = { startedBootMs: null, deadlineBootMs: 0, pid: null, processState: "none" } as const;
    left.push({ job, cause, completion, service, ...gone });
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
  const { maxRuntimeMs } = meta;
  const numbers = ["vramBytes", "ttlMs", "offlineGraceMs"].map((name) => meta[name]);
  const [vramBytes, ttlMs, offlineGraceMs] = numbers.filter(isAmount);
  if (typeof jobId !== "string" || typeof runner !== "string" || typeof subsystem !== "string") return null;
  if (knownLane === undefined || knownPriority === undefined || !isAmount(startedBootMs)) return null;
  if (gpu !== null && typeof gpu !== "string") return null;
  if (vramBytes === undefined || ttlMs === undefined) return null;
  if (offlineGraceMs === undefined || (maxRuntimeMs !== null && !isAmount(maxRuntimeMs))) return null;
  const words = { token, jobId, runner, subsystem, lane: knownLane, priority: knownPriority };
  const figures = { vramBytes, ttlMs, maxRuntimeMs, offlineGraceMs };
  const job = { ...words, ...figures, gpu: gpu ?? null, service: readTerms(meta["service"]) };
  return { job, startedBootMs };
}

/** Believed only until the outbox has them, which the job cannot reach. */
function readTerms(value: Json | undefined): ServiceTerms | null {
  if (!isJsonObject(value)) return null;
  const { params, restarts } = value;
  if (!isJsonObject(params) || !isJsonObject(restarts)) return null;
  const names = Object.keys(START_LIMIT_POLICY);
  if (!names.every((name) => isAmount(restarts[name]))) return null;
  return { params, restarts: restarts as unknown as StartLimitPolicy };
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
