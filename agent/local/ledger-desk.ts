/**
 * Ledger desk: the local desk over the ledgers of the node's cards. The rules are those of shared/policy; what
 * is added here is the choice of a card and the owners whose activity moves their consumers.
 */
import { FleetError } from "../../shared/errors.ts";
import { assertNever } from "../../shared/invariant.ts";
import type { Priority } from "../../shared/model/priority.ts";
import { type Admission, headroomBytes, type Refusal, reserve } from "../../shared/policy/admission.ts";
import { applyPlan, bytesOf, type PlanProblem } from "../../shared/policy/budget.ts";
import { explainRefusal } from "../../shared/policy/explain.ts";
import {
  account,
  type Ledger,
  release,
  reprioritise,
  setIdle,
  subsystemBytes,
  touch,
  usageOf,
  usedBySubsystem,
  type VramClaim,
} from "../../shared/policy/ledger.ts";
import type { Level } from "../../shared/policy/pressure.ts";
import type {
  BudgetChange,
  BudgetRow,
  BudgetVerdict,
  LocalClaim,
  LocalRefusal,
  ResourcesQuery,
  SystemResources,
} from "../../shared/wire/local-types.ts";
import { createStandings } from "./activity.ts";
import type { Booked, LocalDesk } from "./desk.ts";
import {
  budgetRows,
  type Card,
  type CardIdentity,
  candidateRows,
  firstToGo,
  gpuStats,
  plainLevel,
  pressureEvent,
  pressureOf,
  registryRows,
} from "./ledger-views.ts";
import { createQosBook } from "./qos.ts";

export interface Owned {
  readonly id: string;
  readonly priority: Priority;
}

export interface LedgerDeskOptions {
  /** By UUID; asked anew at each call, since cards appear when a sensor first sees them. */
  readonly cards: () => ReadonlyMap<string, Ledger>;
  /** Whether a sensor may still bring a card that is not there yet. */
  readonly isGpuExpected: () => boolean;
  /** What the sensor last said of who a card is; null while it says nothing. */
  readonly identityOf: (gpu: string) => CardIdentity | null;
  /** The clock of the ledgers. */
  readonly nowMs: () => number;
  readonly resources: (query: ResourcesQuery) => SystemResources;
  /** What is declared on this box to work for an owner, at the priority it has by itself. */
  readonly owned?: (owner: string) => readonly Owned[];
  /** The level of a card as its watcher holds it; by the standard thresholds when left out. */
  readonly levelOf?: (card: Card) => Level;
  /** An operator has set the budgets of a card: to be kept across restarts. */
  readonly onBudgetSet: (gpu: string, budgets: readonly BudgetRow[]) => void;
}

const NO_CARD: Refusal = { kind: "refused", reason: "no-gpu" };
const UNREAD: Refusal = { kind: "refused", reason: "telemetry-unknown", detail: "no card was read yet" };

export function createLedgerDesk(options: LedgerDeskOptions): LocalDesk {
  const { nowMs, levelOf = plainLevel } = options;
  const all = (): readonly Card[] => [...options.cards()].map(([gpu, ledger]) => ({ gpu, ledger }));
  const holding = (id: string): Card | null => all().find(({ ledger }) => ledger.consumers.has(id)) ?? null;
  const standings = createStandings({
    nowMs,
    priorityOf: (id) => holding(id)?.ledger.consumers.get(id)?.priority ?? null,
    move: (id, priority) => {
      const card = holding(id);
      if (card !== null) reprioritise(card.ledger, id, priority);
    },
  });
  const qos = createQosBook();
  const bookOn = (id: string, claim: LocalClaim, book: Book): Booked | LocalRefusal => {
    const card = chooseCard(all(), holding(id), claim, nowMs());
    if (card === null) return toLocalRefusal(options.isGpuExpected() ? UNREAD : NO_CARD);
    const admission = book(card.ledger, toVramClaim(id, claim), nowMs());
    if (admission.kind === "refused") return toLocalRefusal(admission);
    if (claim.idleMs > 0) setIdle(card.ledger, id, claim.idleMs, nowMs());
    standings.stand(id, claim.owner, claim.priority);
    const { pressure, overBudget } = admission;
    return { kind: "booked", gpu: card.gpu, pressure, isOverBudget: overBudget };
  };
  return {
    reserve: (id, claim) => bookOn(id, claim, reserve),
    account: (id, claim) => bookOn(id, claim, bookLoaded),
    touch: (id) => {
      const card = holding(id);
      return card !== null && touch(card.ledger, id, nowMs());
    },
    release: (id, bytes) => {
      const card = holding(id);
      return card === null ? 0 : release(card.ledger, id, bytes);
    },
    setActivity: (activity) => {
      for (const { id, priority } of options.owned?.(activity.owner) ?? []) {
        standings.stand(id, activity.owner, priority);
      }
      const moved = standings.setActivity(activity);
      if (moved === null) throw tooMany("owners with an activity");
      return moved;
    },
    reportQos: (report) => {
      if (!qos.note(report, nowMs())) throw tooMany("series of quality of service");
    },
    stats: () => ({
      gpus: all().map((card) =>
        gpuStats(card, { level: levelOf(card), identity: options.identityOf(card.gpu) }, nowMs()),
      ),
      qos: qos.list(nowMs()),
      activities: standings.list(),
    }),
    registry: () => all().flatMap((card) => registryRows(card, nowMs())),
    candidates: () =>
      all()
        .flatMap((card) => candidateRows(card, nowMs()))
        .sort(firstToGo),
    setBudget: (change) => {
      const card = change.gpu === null ? onlyCard(all()) : namedCard(all(), change.gpu);
      const verdict = applyBudget(card.ledger, change);
      if (verdict.kind === "applied") options.onBudgetSet(card.gpu, verdict.budgets);
      return verdict;
    },
    resources: options.resources,
    pressures: () => all().map((card) => pressureEvent(card, levelOf(card))),
    tick: standings.tick,
  };
}

type Book = (ledger: Ledger, claim: VramClaim, nowMs: number) => Admission;

/** Past the gates. Nothing of it is known to be measured: until the next sample it counts in full. */
function bookLoaded(ledger: Ledger, claim: VramClaim, nowMs: number): Admission {
  const consumer = account(ledger, claim, 0, nowMs);
  const budgetBytes = bytesOf(ledger.budgets.current, claim.subsystem);
  const overBudget = subsystemBytes(ledger, claim.subsystem) > budgetBytes;
  return { kind: "admitted", consumer, pressure: pressureOf(ledger), overBudget };
}

/** Where the claim goes: to its card, to where it stands already, else to the card with most room. */
function chooseCard(
  cards: readonly Card[],
  held: Card | null,
  { gpu, priority }: LocalClaim,
  nowMs: number,
): Card | null {
  if (gpu === null) return held ?? roomiest(cards, priority, nowMs);
  if (held !== null && held.gpu !== gpu) {
    throw new FleetError("invalid", `gpu: this key holds VRAM on ${held.gpu}; release it first`);
  }
  return cards.length === 0 ? null : namedCard(cards, gpu);
}

function roomiest(cards: readonly Card[], priority: Priority, nowMs: number): Card | null {
  const byRoom = cards
    .map((card) => ({ card, room: headroomBytes(card.ledger, priority, nowMs) }))
    .sort((a, b) => b.room - a.room || (a.card.gpu < b.card.gpu ? -1 : 1));
  return byRoom[0]?.card ?? null;
}

function namedCard(cards: readonly Card[], gpu: string): Card {
  const card = cards.find((each) => each.gpu === gpu);
  if (card === undefined)
    throw new FleetError("notFound", `gpu: no card ${gpu} here; it has ${uuidsOf(cards)}`);
  return card;
}

function onlyCard(cards: readonly Card[]): Card {
  const [card, another] = cards;
  if (card === undefined) throw new FleetError("notFound", "gpu: this node has no card");
  if (another !== undefined) throw new FleetError("invalid", `gpu: name one of ${uuidsOf(cards)}`);
  return card;
}

function uuidsOf(cards: readonly Card[]): string {
  return cards.map(({ gpu }) => gpu).join(", ");
}

function applyBudget(ledger: Ledger, { subsystem, budgetMib }: BudgetChange): BudgetVerdict {
  const changes = { [subsystem]: budgetMib * 1024 ** 2 };
  const use = { usableBytes: usageOf(ledger).usableBytes, usedBySubsystem: usedBySubsystem(ledger) };
  const outcome = applyPlan(ledger.budgets, { origin: "operator", changes }, use);
  if (outcome.kind === "refused") {
    return { kind: "refused", because: explainProblem(outcome.problem), budgets: budgetRows(ledger) };
  }
  ledger.budgets = outcome.budgets;
  return { kind: "applied", budgets: budgetRows(ledger) };
}

function explainProblem(problem: PlanProblem): string {
  const mib = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MiB`;
  switch (problem.reason) {
    case "unknown-subsystem":
      return `there is no subsystem ${problem.subsystem}`;
    case "invalid-amount":
      return `${problem.bytes} is not a number of bytes`;
    case "over-usable":
      return `the budgets would sum to ${mib(problem.sumBytes)}, usable are ${mib(problem.usableBytes)}`;
    case "below-floor":
      return `${problem.subsystem} needs ${mib(problem.floorBytes)} for what it holds`;
    default:
      return assertNever(problem);
  }
}

function toVramClaim(id: string, claim: LocalClaim): VramClaim {
  const { label, subsystem, priority, vramBytes, isEvictable, reloadMs } = claim;
  return {
    id,
    label,
    subsystem,
    priority,
    bytes: vramBytes,
    evictable: isEvictable,
    resident: false,
    reloadMs,
  };
}

function toLocalRefusal(refusal: Refusal): LocalRefusal {
  const { because, wouldChange } = explainRefusal(refusal);
  const figures =
    "gate" in refusal
      ? {
          gate: refusal.gate,
          pressure: refusal.pressure,
          wouldBe: refusal.wouldBe,
          headroomBytes: refusal.headroomBytes,
        }
      : { gate: null, pressure: null, wouldBe: null, headroomBytes: null };
  return { kind: "refused", reason: refusal.reason, because, wouldChange, ...figures };
}

function tooMany(what: string): FleetError {
  return new FleetError("resourceExhausted", `there are too many ${what} already`);
}
