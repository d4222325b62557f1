/**
 * Stuck watch: what a node does about jobs that do nothing any more (SPEC N12). The evidence is told first; a batch or
 * background job that then still does not stir is ended as its own failure, with that evidence. Realtime and
 * interactive work is only told of: somebody may be in front of it.
 */
import { stopAttempt } from "./attempt.ts";
import { consumerId } from "./completion.ts";
import { tellDecision } from "./report.ts";
import type { Attempt } from "./state.ts";
import { describeWatch, type Look, signAges, silentMs, stepWatch, type Watch } from "./stuck.ts";
import type { Tx } from "./transaction.ts";

/** Unscaled; what a runner sets instead is in real time, like its longest runtime. */
export const STUCK_AFTER_MS = 15 * 60_000;
/** Between the telling and the end: this share of the set time. */
const CONFIRM_RATIO = 0.1;
/** A card at less is idle. */
const BUSY_RATIO = 0.02;

/** What the shell sees of a job's processes. */
export type ActivityLook = Pick<Look, "output" | "cpuMs" | "processes">;

/** Takes a look at every running job over; one that is missing in it is not judged. */
export function observeActivity(tx: Tx, looks: ReadonlyMap<number, ActivityLook>): void {
  for (const [token, look] of looks) {
    const attempt = tx.state.attempts.get(token);
    if (attempt === undefined || attempt.phase !== "running" || attempt.cause !== null) continue;
    const { progressRatio } = attempt;
    attempt.watch = stepWatch(
      attempt.watch,
      { ...look, progressRatio, isGpuBusy: usesGpu(tx, attempt) },
      tx.nowMs,
    );
    judge(tx, attempt, attempt.watch);
  }
}

function judge(tx: Tx, attempt: Attempt, watch: Watch): void {
  // A service is idle for as long as nobody asks it.
  const unsetMs = attempt.service === null ? STUCK_AFTER_MS * tx.timing.scale : 0;
  const afterMs = tx.config.stuckAfterMs(attempt.job.runner) ?? unsetMs;
  if (afterMs === 0) return;
  const { suspectedAtMs } = watch;
  if (silentMs(watch, tx.nowMs) < afterMs) {
    if (suspectedAtMs === null) return;
    attempt.watch = { ...watch, suspectedAtMs: null };
    return tell(tx, attempt, watch, "stirs again");
  }
  const mayEnd = attempt.job.priority === "batch" || attempt.job.priority === "background";
  if (suspectedAtMs === null) {
    attempt.watch = { ...watch, suspectedAtMs: tx.nowMs };
    return tell(tx, attempt, watch, mayEnd ? "does nothing and is ended unless it stirs" : "does nothing");
  }
  if (!mayEnd || tx.nowMs - suspectedAtMs < afterMs * CONFIRM_RATIO) return;
  tell(tx, attempt, watch, "is ended because it is stuck");
  const detail = `stuck: ${describeWatch(watch, tx.nowMs)}`;
  stopAttempt(tx, attempt, { outcome: "own-failure", detail }, tx.timing.termGraceMs);
}

function tell(tx: Tx, { job }: Attempt, watch: Watch, what: string): void {
  const { token, jobId, runner, priority } = job;
  const inputs = { token, jobId, runner, priority, agesMs: { ...signAges(watch, tx.nowMs) } };
  const sentence = `${jobId} ${what}: ${describeWatch(watch, tx.nowMs)}`;
  tx.log("warn", "attempt.stuck", inputs, sentence);
  tellDecision(tx, "stuck", sentence, inputs);
}

/** Whether its card works while the job holds some of it; who works on a shared card cannot be told apart. */
function usesGpu(tx: Tx, { job }: Attempt): boolean | null {
  const ledger = job.gpu === null ? undefined : tx.state.cards.get(job.gpu);
  if (ledger === undefined || tx.state.gpu.kind !== "read") return job.gpu === null ? false : null;
  const { reading } = ledger;
  const held = ledger.consumers.get(consumerId(job.token))?.measuredBytes ?? 0;
  if (reading.kind === "measured" && reading.isPerProcess && held === 0) return false;
  const card = tx.state.gpu.readings.find(({ uuid }) => uuid === job.gpu);
  return card?.utilisationRatio == null ? null : card.utilisationRatio > BUSY_RATIO;
}
