/**
 * Card health: what a node does about the state of its cards (SPEC N12). A card that is out closes its gates, for
 * jobs and for clients of this box alike; on a quarantined one running jobs are ended as lost, so that the hub gives
 * them to another node. Every change is logged and told, and told again in each session.
 */
import type { CardStanding } from "../../shared/model/health.ts";
import type { Closure } from "../../shared/policy/ledger.ts";
import { stopAttempt } from "./attempt.ts";
import { consumerId } from "./completion.ts";
import {
  type CardCondition,
  type CardHealth,
  HEALTHY,
  noteCondition,
  noteXid,
  type Standing,
  standingOf,
} from "./health.ts";
import { healthPolicyAt, xidRule } from "./health-policy.ts";
import { tellFault, tellStanding } from "./report.ts";
import { type Attempt, isOccupying } from "./state.ts";
import type { Tx } from "./transaction.ts";

/** An Xid as the kernel log gave it, with whom it is about as far as anybody knows. */
export interface XidSeen {
  readonly code: number;
  readonly detail: string;
  /** UUID; null where the address belongs to no card that we know. */
  readonly gpu: string | null;
  /** Consumers that stand behind the process. */
  readonly owners: readonly string[];
}

/** Takes an Xid over. One whose card nobody can tell is about every card of the node. */
export function observeXid(tx: Tx, { code, detail, gpu, owners }: XidSeen): void {
  const policy = healthPolicyAt(tx.timing.scale);
  const attempt = ownerOf(tx, owners);
  const xid = { code, detail, job: attempt?.job ?? null };
  const cause = `xid-${code}`;
  const said = `Xid ${code}: ${xidRule(code).meaning}${detail === "" ? "" : ` (${detail})`}`;
  const isKnown = gpu !== null && tx.state.cards.has(gpu);
  const affected = isKnown ? [gpu] : [...tx.state.cards.keys()];
  let action = noteXid(policy, HEALTHY, xid, tx.nowMs).action;
  for (const each of affected) {
    const step = noteXid(policy, tx.state.cardHealth.get(each) ?? HEALTHY, xid, tx.nowMs);
    action = step.action;
    become(tx, each, step.health);
  }
  const jobId = attempt?.job.jobId ?? null;
  if (attempt !== null) attempt.faults = [...attempt.faults, said].slice(-FAULTS_MAX);
  tx.log("warn", "gpu.xid", { gpu, code, detail, action, jobId }, "the driver reported an Xid");
  tellFault(tx, { gpu, cause, action, detail: said, jobId });
}

/** Faults of one attempt that its end names. */
const FAULTS_MAX = 4;

function ownerOf(tx: Tx, owners: readonly string[]): Attempt | null {
  const attempts = [...tx.state.attempts.values()];
  return attempts.find(({ job }) => owners.includes(consumerId(job.token))) ?? null;
}

/** What a fresh reading says of the state of its card. */
export function observeCondition(tx: Tx, gpu: string, condition: CardCondition): void {
  const before = tx.state.cardHealth.get(gpu) ?? HEALTHY;
  const policy = healthPolicyAt(tx.timing.scale);
  const isNewWord = condition.recovery !== null && condition.recovery !== before.recovery;
  if (isNewWord && (condition.recovery !== "none" || before.recovery !== null)) {
    const detail = `the driver's recovery action is ${condition.recovery}`;
    tellFault(tx, {
      gpu,
      cause: `recovery-${condition.recovery}`,
      action: condition.recovery === "none" ? "note" : "drain",
      detail,
      jobId: null,
    });
  }
  become(tx, gpu, noteCondition(policy, before, condition, tx.nowMs));
}

/** Tells a new session how the cards stand, well or not: the hub may remember otherwise. */
export function tellStandings(tx: Tx): void {
  for (const [gpu, health] of tx.state.cardHealth) tellStanding(tx, { gpu, ...standingOf(health) });
}

/** The one place where the state of a card changes. */
function become(tx: Tx, gpu: string, health: CardHealth): void {
  const before = standingOf(tx.state.cardHealth.get(gpu) ?? HEALTHY);
  const now = standingOf(health);
  tx.state.cardHealth.set(gpu, health);
  const ledger = tx.state.cards.get(gpu);
  if (ledger !== undefined) ledger.closure = closureOf(gpu, now);
  if (now.standing === before.standing) return;
  const reason = now.standing === "well" ? `${before.reason} is over` : now.reason;
  const level = now.standing === "quarantined" ? "error" : now.standing === "well" ? "info" : "warn";
  tx.log(
    level,
    "gpu.standing",
    { gpu, from: before.standing, to: now.standing, reason },
    SENTENCES[now.standing],
  );
  tellStanding(tx, { gpu, standing: now.standing, reason, cure: now.cure });
  if (now.standing === "quarantined") endWork(tx, gpu, reason);
}

const SENTENCES: Readonly<Record<CardStanding, string>> = {
  well: "the card takes work again",
  throttled: "the card is slowed down: no new batch and background work",
  drained: "the card takes no new work; what runs may finish",
  quarantined: "the card takes no work, and what runs on it is ended",
};

function closureOf(gpu: string, { standing, reason, cure }: Standing): Closure | null {
  if (standing === "well") return null;
  const kind = standing === "throttled" ? "throttled" : "card-fault";
  return { reason: kind, detail: `${gpu} is ${standing}: ${reason}`, cure };
}

/** Outputs of work that is over are still delivered. */
function endWork(tx: Tx, gpu: string, reason: string): void {
  const detail = `its card ${gpu} is quarantined: ${reason}`;
  for (const attempt of [...tx.state.attempts.values()]) {
    if (attempt.job.gpu !== gpu || !isOccupying(attempt)) continue;
    stopAttempt(tx, attempt, { outcome: "infra-lost", detail }, tx.timing.termGraceMs);
  }
}
