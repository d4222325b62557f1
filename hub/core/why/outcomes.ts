/**
 * Outcomes: what came of a decision 30 s later, where the journal does not say it by itself (SPEC H9). A grant that was
 * started, declined or lost tells its own end; a budget that was shifted, room that was made, a restart and a grant of
 * which nothing was heard do not. One event each, one open at a time for the same thing, so that a node which decides
 * on every tick does not fill the log.
 */
import { must } from "../../../shared/invariant.ts";
import type { JsonObject } from "../../../shared/json.ts";
import { LEVELS } from "../../../shared/policy/pressure.ts";
import type { HubCore, Tx } from "../transaction.ts";

export interface OpenDecision {
  readonly decision: string;
  readonly node: string;
  /** UUID; null where it was about no card. */
  readonly gpu: string | null;
  readonly jobId: string | null;
  readonly token: number | null;
  /** Restarts of the service when it was decided. */
  readonly restarts: number;
  readonly before: Reading;
  readonly decidedMs: number;
  readonly dueBootMs: number;
}

interface Reading {
  readonly level: string;
  /** Null where the driver does not say. */
  readonly usedBytes: number | null;
}

export const OUTCOME_AFTER_MS = 30_000;
/** Decisions whose outcome may be awaited; later ones go without. */
export const OPEN_MAX = 256;

/** Decisions of nodes whose outcome shows on the card. */
const ON_THE_CARD = ["rebalanced", "budget-set", "evicted", "room-used", "relieved", "woken"];

export function awaitNodeOutcome(tx: Tx, node: string, decision: string, body: JsonObject): void {
  if (!ON_THE_CARD.includes(decision)) return;
  const { gpu = null, jobId = null } = body;
  awaitOutcome(tx, { decision, node, gpu: textOf(gpu), jobId: textOf(jobId), token: null, restarts: 0 });
}

type Awaited = Pick<OpenDecision, "decision" | "node" | "gpu" | "jobId" | "token" | "restarts">;

export function awaitOutcome(tx: Tx, awaited: Awaited): void {
  const { openDecisions } = tx.soft;
  const { decision, node, gpu, token } = awaited;
  const key = [decision, node, gpu, token].join(" ");
  if (!openDecisions.has(key) && openDecisions.size < OPEN_MAX) openDecisions.set(key, opened(tx, awaited));
}

function opened(tx: Tx, awaited: Awaited): OpenDecision {
  const before = readingOf(tx, awaited.node, awaited.gpu);
  const dueBootMs = tx.times.bootMs + OUTCOME_AFTER_MS * tx.timing.scale;
  return { ...awaited, before, decidedMs: tx.times.journalMs, dueBootMs };
}

/** Writes down what is due, in the order in which it was decided; while the journal has no room it stays open. */
export function settleOutcomes(tx: Tx): void {
  if (tx.soft.isJournalFull) return;
  const { openDecisions, openGrants } = tx.soft;
  awaitGrants(tx);
  settleDue(tx, openDecisions);
  settleDue(tx, openGrants);
}

function settleDue<Key>(tx: Tx, decisions: Map<Key, OpenDecision>): void {
  for (const [key, open] of decisions) {
    if (open.dueBootMs > tx.times.bootMs) return;
    decisions.delete(key);
    const found = open.token === null ? onCard(tx, open) : ofLease(tx, open);
    if (found === null) continue;
    const { decision, node, gpu, jobId, decidedMs } = open;
    tx.emit({ kind: "decision.settled", decision, node, gpu, jobId, decidedMs, ...found });
  }
}

/** A grant is awaited once it has been seen waiting; most are started before anybody looks. */
function awaitGrants(tx: Tx): void {
  const { openGrants } = tx.soft;
  for (const jobId of tx.state.index.byState.leased) {
    if (openGrants.size >= OPEN_MAX) return;
    const { node, token } = must(tx.state.jobs.get(jobId), "an indexed job exists");
    if (node === null || token === null || openGrants.has(token)) continue;
    openGrants.set(token, opened(tx, { decision: "grant", node, gpu: null, jobId, token, restarts: 0 }));
  }
}

interface Outcome {
  readonly outcome: string;
  readonly evidence: JsonObject;
}

/** Null where the journal tells what became of it. */
function ofLease(tx: Tx, { decision, jobId, token, restarts }: OpenDecision): Outcome | null {
  const job = jobId === null ? undefined : tx.state.jobs.get(jobId);
  if (job === undefined || job.token !== token) return null;
  if (decision === "grant")
    return job.state === "leased" ? { outcome: "no word of a start", evidence: { state: job.state } } : null;
  const { service } = job;
  if (service === null || service.restarts !== restarts) return null;
  const outcome = service.isRestarting ? "not started yet" : "up";
  return { outcome, evidence: { restarts, strikes: service.strikes } };
}

function onCard(tx: Tx, { node, gpu, before }: OpenDecision): Outcome {
  const after = readingOf(tx, node, gpu);
  const evidence = { before: { ...before }, after: { ...after } };
  const moved = rankOf(after.level) - rankOf(before.level);
  if (after.level === "unknown" || before.level === "unknown") return { outcome: "unknown", evidence };
  return { outcome: moved === 0 ? "the level is as it was" : moved < 0 ? "eased" : "worse", evidence };
}

function readingOf({ soft }: HubCore, node: string, gpu: string | null): Reading {
  const frame = soft.telemetry.get(node)?.frame;
  if (frame === undefined) return { level: "unknown", usedBytes: null };
  const card = frame.gpus.find(({ uuid }) => uuid === gpu);
  return { level: frame.gpuLevel, usedBytes: card?.usedBytes ?? null };
}

const RANKS: readonly string[] = LEVELS;

function rankOf(level: string): number {
  return RANKS.indexOf(level);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
