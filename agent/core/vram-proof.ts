/**
 * VRAM proof: what a job held has to come back after its end. Until ≥ 90 % of it has, the rest is counted by
 * the measured side of the ledger anyway; what is missing past the deadline is named as leaked (SPEC N7).
 */
import { usageOf } from "../../shared/policy/ledger.ts";
import { consumerId } from "./completion.ts";
import { tellDecision } from "./report.ts";
import type { Attempt } from "./state.ts";
import type { CardSample } from "./telemetry.ts";
import type { Tx } from "./transaction.ts";

/** Share that counts as all of it. */
const RETURNED_RATIO = 0.9;
/** Of the proof time of a stop. */
const DEADLINE_PROOFS = 5;
/** More than this is a card in trouble; the oldest are forgotten. */
const OWED_MAX = 64;

/** VRAM that an ended job has not given back yet. */
export interface OwedVram {
  readonly token: number;
  readonly jobId: string;
  readonly gpu: string;
  /** Of the job's session, by which its processes are known. */
  readonly pid: number | null;
  readonly heldBytes: number;
  /** What nobody answered for when it ended. */
  readonly unattributedBytes: number;
  readonly untilMs: number;
  /** As last seen. */
  owedBytes: number;
  isLeaked: boolean;
}

/** The job's process has ended: from here on its VRAM is owed. Call it before the reservation goes. */
export function expectReturn(tx: Tx, { job, pid }: Attempt): void {
  const { gpu, token, jobId } = job;
  const ledger = gpu === null ? undefined : tx.state.cards.get(gpu);
  const heldBytes = ledger?.consumers.get(consumerId(token))?.measuredBytes ?? 0;
  if (gpu === null || ledger === undefined || heldBytes === 0) return;
  const unattributedBytes = tx.state.cardFacts.get(gpu)?.unattributedBytes ?? 0;
  const untilMs = tx.nowMs + DEADLINE_PROOFS * tx.timing.proofMs;
  const state = { owedBytes: heldBytes, isLeaked: false };
  tx.state.owed.set(token, { token, jobId, gpu, pid, heldBytes, unattributedBytes, untilMs, ...state });
  const [oldest] = tx.state.owed.keys();
  if (tx.state.owed.size > OWED_MAX && oldest !== undefined) tx.state.owed.delete(oldest);
}

/** Compares what is owed with a fresh reading. */
export function checkReturns(tx: Tx, { reading, byConsumer, unattributedBytes }: CardSample): void {
  for (const owed of tx.state.owed.values()) {
    if (owed.gpu !== reading.uuid) continue;
    if (byConsumer === null) {
      // Shares are unknown: the card as a whole has to be below what the ledger answers for.
      const ledger = tx.state.cards.get(owed.gpu);
      const excess = ledger === undefined ? 0 : (reading.usedBytes ?? 0) - usageOf(ledger).reservedBytes;
      owed.owedBytes = Math.min(owed.heldBytes, Math.max(0, excess));
    } else {
      const loose = Math.max(0, (unattributedBytes ?? 0) - owed.unattributedBytes);
      owed.owedBytes = Math.min(owed.heldBytes, (byConsumer.get(consumerId(owed.token)) ?? 0) + loose);
    }
    settle(tx, owed);
  }
}

function settle(tx: Tx, owed: OwedVram): void {
  const { token, jobId, gpu, heldBytes, owedBytes } = owed;
  const inputs = { token, jobId, gpu, heldBytes, owedBytes };
  if (owedBytes <= heldBytes * (1 - RETURNED_RATIO)) {
    tx.state.owed.delete(token);
    if (owed.isLeaked) tellDecision(tx, "returned", `the leaked VRAM of ${jobId} is back`, inputs);
    tx.log("debug", "decision", inputs, "the VRAM of an ended job is back");
    return;
  }
  if (owed.isLeaked || tx.nowMs < owed.untilMs) return;
  owed.isLeaked = true;
  tx.log("warn", "vram.leaked", inputs, "an ended job has not given its VRAM back; it stays counted");
  tellDecision(tx, "leaked", `${jobId} has ended and its VRAM has not come back`, inputs);
}
