/**
 * Sleepers: consumers that gave their VRAM up in a way that can be undone, put to sleep or parked, and their way
 * back (SPEC N10). A sleeper is woken when somebody uses it, or when its card has been at ease for long enough;
 * never past its gate, never into bytes that are held for somebody else, and not so soon that it would only come
 * and go. Who is asleep is known before anybody is asked to sleep, so that an agent which dies in between finds
 * it again.
 */
import { PRIORITY_RANK } from "../../shared/model/priority.ts";
import { reserve } from "../../shared/policy/admission.ts";
import type { Rung } from "../../shared/policy/eviction.ts";
import { type Ledger, put } from "../../shared/policy/ledger.ts";
import { tellDecision } from "./report.ts";
import { seekRoom, withRoom } from "./room.ts";
import type { Tx } from "./transaction.ts";

/** A process for ever: a pid alone may be somebody else's by now. */
export interface ProcessMark {
  readonly pid: number;
  readonly startTicks: number;
}

export interface Sleeper {
  readonly id: string;
  readonly label: string;
  /** UUID */
  readonly gpu: string;
  readonly rung: Rung;
  /** What it takes to be awake. */
  readonly bytes: number;
  /** Of a parked consumer: its processes, which hold nothing that a driver would show. */
  readonly processes: readonly ProcessMark[];
  phase: "falling" | "asleep" | "waking";
  sinceMs: number;
  isWanted: boolean;
  failures: number;
  nextTryMs: number;
}

/** A consumer is about to be asked to sleep. */
export function fallAsleep(tx: Tx, about: Pick<Sleeper, "id" | "gpu" | "rung" | "processes">): void {
  const consumer = tx.state.cards.get(about.gpu)?.consumers.get(about.id);
  if (consumer === undefined || tx.state.sleepers.has(about.id)) return;
  tx.state.sleepers.set(about.id, {
    ...about,
    label: consumer.label,
    bytes: consumer.bytes,
    phase: "falling",
    sinceMs: tx.nowMs,
    isWanted: false,
    failures: 0,
    nextTryMs: tx.nowMs,
  });
}

/** It was asked: by its own word it went to sleep, may have done so, or surely did not. */
export function fellAsleep(tx: Tx, id: string, isAsleep: boolean): void {
  const sleeper = tx.state.sleepers.get(id);
  if (sleeper?.phase !== "falling") return;
  if (isAsleep) Object.assign(sleeper, { phase: "asleep", sinceMs: tx.nowMs });
  else tx.state.sleepers.delete(id);
}

/** Somebody uses the consumer: it is woken as soon as there is room, and room is sought for it. */
export function wantAwake(tx: Tx, id: string): void {
  const sleeper = tx.state.sleepers.get(id);
  if (sleeper === undefined || sleeper.isWanted) return;
  Object.assign(sleeper, { isWanted: true, failures: 0, nextTryMs: tx.nowMs });
}

/** A failed wake is tried again after this, twice as long each time, and given up after so many. */
const RETRY_MS = 15_000;
export const WAKE_TRIES = 5;
/** A refused wake asks its gate again after this. */
const GATE_RETRY_MS = 1_000;

/** Wakes who may wake now, one consumer a card at a time. */
export function wakeSleepers(tx: Tx): void {
  const busy = new Set(tx.state.clearing.keys());
  for (const { phase, gpu } of tx.state.sleepers.values()) if (phase !== "asleep") busy.add(gpu);
  for (const sleeper of inOrder(tx)) {
    const { id, gpu, phase, label } = sleeper;
    const ledger = tx.state.cards.get(gpu);
    if (ledger === undefined || phase !== "asleep") continue;
    if (!ledger.consumers.has(id)) {
      tx.state.sleepers.delete(id);
      const pids = sleeper.processes.map(({ pid }) => pid);
      tellWake(tx, sleeper, `${label} sleeps and is no longer known here: wake it by hand`, { pids });
    } else if (isAwake(ledger, sleeper)) {
      tx.state.sleepers.delete(id);
      tellWake(tx, sleeper, `${label} is awake again by itself`, {});
    } else if (!busy.has(gpu) && mayWake(tx, sleeper) && isAdmitted(tx, sleeper, ledger)) {
      sleeper.phase = "waking";
      busy.add(gpu);
      tx.effect({ kind: "wake", id, rung: sleeper.rung });
    }
  }
}

/** What came of waking: null when it is awake, else why not. */
export function wakeEnded(tx: Tx, id: string, problem: string | null): void {
  const sleeper = tx.state.sleepers.get(id);
  const ledger = tx.state.cards.get(sleeper?.gpu ?? "");
  const consumer = ledger?.consumers.get(id);
  if (sleeper === undefined) return;
  const { label, bytes, isWanted } = sleeper;
  if (problem === null) {
    tx.state.sleepers.delete(id);
    // Loaded just now: minimum residency counts from here.
    if (ledger !== undefined && consumer !== undefined) {
      put(ledger, id, { ...consumer, allocatedAtMs: tx.nowMs, lastUsedAtMs: tx.nowMs });
    }
    const why = isWanted ? "it is used" : "its card is at ease";
    return tellWake(tx, sleeper, `${label} is awake: ${why}`, { bytes });
  }
  if (ledger !== undefined && consumer !== undefined) {
    const kept = Math.min(consumer.bytes, consumer.measuredBytes);
    put(ledger, id, { ...consumer, bytes: kept, unsampledBytes: 0 });
  }
  sleeper.phase = "asleep";
  sleeper.failures += 1;
  const isOver = sleeper.failures >= WAKE_TRIES;
  const waitMs = RETRY_MS * (1 << (sleeper.failures - 1)) * tx.timing.scale;
  sleeper.nextTryMs = isOver ? Number.POSITIVE_INFINITY : tx.nowMs + waitMs;
  if (isOver) sleeper.isWanted = false;
  tx.log("error", "decision", { id, failures: sleeper.failures, problem }, `${label} could not be woken`);
  if (isOver) tellWake(tx, sleeper, `${label} cannot be woken, until somebody uses it: ${problem}`, {});
}

/** Its processes have ended: there is nothing to wake. */
export function sleeperGone(tx: Tx, id: string): void {
  const sleeper = tx.state.sleepers.get(id);
  const ledger = tx.state.cards.get(sleeper?.gpu ?? "");
  const consumer = ledger?.consumers.get(id);
  if (sleeper === undefined) return;
  tx.state.sleepers.delete(id);
  if (ledger !== undefined && consumer !== undefined)
    put(ledger, id, { ...consumer, bytes: 0, unsampledBytes: 0 });
  tellWake(tx, sleeper, `${sleeper.label} was parked and its processes have ended`, {});
}

function inOrder({ state }: Tx): readonly Sleeper[] {
  const rank = ({ gpu, id }: Sleeper): number =>
    PRIORITY_RANK[state.cards.get(gpu)?.consumers.get(id)?.priority ?? "batch"];
  return [...state.sleepers.values()].sort(
    (a, b) => Number(b.isWanted) - Number(a.isWanted) || rank(a) - rank(b) || a.sinceMs - b.sinceMs,
  );
}

/** It holds what it takes, by measurement and not by our doing. */
function isAwake(ledger: Ledger, { id, bytes }: Sleeper): boolean {
  return (ledger.consumers.get(id)?.measuredBytes ?? 0) >= bytes * 0.9 && bytes > 0;
}

function mayWake(tx: Tx, sleeper: Sleeper): boolean {
  if (tx.nowMs < sleeper.nextTryMs) return false;
  if (sleeper.isWanted) return true;
  const { wakeAfterMs, eviction } = tx.state.governance;
  const calmSinceMs = tx.state.cardFacts.get(sleeper.gpu)?.calmSinceMs ?? null;
  if (wakeAfterMs === null || calmSinceMs === null) return false;
  const { reloadMs } = tx.state.cards.get(sleeper.gpu)?.consumers.get(sleeper.id) ?? { reloadMs: 0 };
  const restMs = eviction.minResidencyMs + eviction.reloadFactor * reloadMs;
  const { scale } = tx.timing;
  return tx.nowMs - calmSinceMs >= wakeAfterMs * scale && tx.nowMs - sleeper.sinceMs >= restMs * scale;
}

/** Books it through its gate before it is woken, so that nobody else counts on the same bytes. */
function isAdmitted(tx: Tx, sleeper: Sleeper, ledger: Ledger): boolean {
  const { id, gpu, bytes, isWanted } = sleeper;
  const consumer = ledger.consumers.get(id);
  if (consumer === undefined || consumer.bytes >= bytes) return consumer !== undefined;
  const claim = { ...consumer, bytes };
  const verdict = withRoom(tx, id, () => reserve(ledger, claim, tx.nowMs));
  if (verdict.kind === "admitted") return true;
  sleeper.nextTryMs = tx.nowMs + GATE_RETRY_MS * tx.timing.scale;
  if (isWanted && verdict.reason === "gate") seekRoom(tx, claim, gpu);
  return false;
}

function tellWake(
  tx: Tx,
  { id, gpu, rung }: Sleeper,
  sentence: string,
  more: { readonly bytes?: number; readonly pids?: readonly number[] },
): void {
  const inputs = { consumerId: id, gpu, rung, ...more };
  tx.log("info", "decision", inputs, sentence);
  tellDecision(tx, "woken", sentence, inputs);
}
