/**
 * Node desk: the local desk as the running agent keeps it. The books are those of the core; what is added is
 * that a refused claim may have room made for it and that every refusal is told.
 */
import { describeError } from "../shared/errors.ts";
import type { JsonObject } from "../shared/json.ts";
import type { Log } from "../shared/log.ts";
import type { GpuReading } from "../shared/model/messages.ts";
import { bytesOf } from "../shared/policy/budget.ts";
import type { VramClaim } from "../shared/policy/ledger.ts";
import type { LocalClaim, LocalRefusal, PressureEvent } from "../shared/wire/local-types.ts";
import { recallBudgets } from "./core/reform.ts";
import { tellDecision } from "./core/report.ts";
import { seekRoom, withRoom } from "./core/room.ts";
import { wantAwake } from "./core/sleepers.ts";
import type { AgentCore } from "./core/state.ts";
import type { Act } from "./effects.ts";
import type { Booked, LocalDesk } from "./local/desk.ts";
import { createLedgerDesk, type LedgerDeskOptions, type Owned } from "./local/ledger-desk.ts";

export interface NodeDeskOptions {
  readonly core: AgentCore;
  readonly act: Act;
  readonly log: Log;
  readonly nowMs: () => number;
  readonly resources: LedgerDeskOptions["resources"];
  /** Processor and memory as they are now. */
  readonly hostPressures: () => readonly PressureEvent[];
  /** Keeps an operator's budgets of a card. */
  readonly saveBudgets: (gpu: string, budgets: Readonly<Record<string, number>>) => Promise<void>;
  /** Something is booked or given back: the card is worth a look. */
  readonly onBooksChanged: () => void;
}

export function createNodeDesk(options: NodeDeskOptions): LocalDesk {
  const { core, act, log, nowMs, onBooksChanged } = options;
  const books = createLedgerDesk({
    cards: () => core.state.cards,
    isGpuExpected: () => core.state.gpu.kind !== "none",
    identityOf: (gpu) => readingOf(core, gpu),
    nowMs,
    resources: options.resources,
    owned: (owner) => ownedOf(core, owner),
    levelOf: ({ gpu }) => core.state.cardFacts.get(gpu)?.pressure.level ?? "critical",
    onBudgetSet: (gpu) => keepBudgets(options, gpu),
  });
  const refusals = createRefusals(nowMs);
  const reserve = (id: string, claim: LocalClaim): Booked | LocalRefusal => {
    const verdict = act((tx) => withRoom(tx, id, () => books.reserve(id, claim)));
    if (verdict.kind === "booked") return verdict;
    const isNews = refusals.isNews(id, verdict.reason);
    const isClearing = act((tx) => {
      if (isNews)
        tellDecision(tx, "refused", `${claim.label} is refused: ${verdict.because}`, {
          consumerId: id,
          priority: claim.priority,
          vramBytes: claim.vramBytes,
          reason: verdict.reason,
          wouldChange: verdict.wouldChange,
        } satisfies JsonObject);
      return verdict.reason === "gate" && seekRoom(tx, toVramClaim(id, claim), claim.gpu);
    });
    if (!isClearing) return verdict;
    return { ...verdict, wouldChange: "room is being made: ask again under the same key in a few seconds" };
  };
  const afterwards = <Answer>(answer: Answer): Answer => {
    onBooksChanged();
    return answer;
  };
  return {
    ...books,
    pressures: () => [...cardPressures(core, books.pressures(), nowMs()), ...options.hostPressures()],
    reserve: (id, claim) => afterwards(reserve(id, claim)),
    account: (id, claim) => afterwards(books.account(id, claim)),
    release: (id, bytes) => afterwards(books.release(id, bytes)),
    setBudget: (change) => {
      const verdict = books.setBudget(change);
      const { subsystem, budgetMib } = change;
      log.info(
        { event: "operator.acted", ...change, verdict: verdict.kind },
        "a budget is set by an operator",
      );
      if (verdict.kind === "applied") {
        const sentence = `an operator sets ${subsystem} to ${budgetMib} MiB`;
        act((tx) => tellDecision(tx, "budget-set", sentence, { ...change }));
      }
      return verdict;
    },
    touch: (id) => {
      act((tx) => wantAwake(tx, id));
      return books.touch(id);
    },
    setActivity: (activity) => {
      if (activity.kind !== "idle") {
        for (const { id } of ownedOf(core, activity.owner)) act((tx) => wantAwake(tx, id));
      }
      const moved = books.setActivity(activity);
      const { owner, kind } = activity;
      log.info({ event: "decision", owner, activity: kind, moved }, `${owner} is ${kind}`);
      return afterwards(moved);
    },
  };
}

function readingOf({ state }: AgentCore, gpu: string): GpuReading | null {
  return state.gpu.kind === "read" ? (state.gpu.readings.find(({ uuid }) => uuid === gpu) ?? null) : null;
}

/** Silence is not calm: cards that a sensor should read and does not are critical. */
function cardPressures(
  { state }: AgentCore,
  cards: readonly PressureEvent[],
  nowMs: number,
): readonly PressureEvent[] {
  const { gpu } = state;
  if (gpu.kind === "none") return [];
  const isBlind = gpu.kind === "waiting" || nowMs - gpu.atBootMs > gpu.validForMs;
  if (!isBlind) return cards;
  const unread = { kind: "pressure", name: "gpu:pressure:update", ratio: 1, gpu: null } as const;
  return (cards.length === 0 ? [unread] : cards).map((card) => ({ ...card, level: "critical" }));
}

/** How long the same refusal of the same claim is no news, and how many claims are remembered. */
const NEWS_MS = 60_000;
const CLAIMS_MAX = 256;

/** A client that asks again and again is told each time; the hub is told once. */
function createRefusals(nowMs: () => number): { isNews(id: string, reason: string): boolean } {
  const told = new Map<string, { readonly reason: string; readonly atMs: number }>();
  return {
    isNews: (id, reason) => {
      const last = told.get(id);
      if (last?.reason === reason && nowMs() - last.atMs < NEWS_MS) return false;
      told.delete(id);
      told.set(id, { reason, atMs: nowMs() });
      const [oldest] = told.keys();
      if (told.size > CLAIMS_MAX && oldest !== undefined) told.delete(oldest);
      return true;
    },
  };
}

function keepBudgets({ core, act, saveBudgets, log }: NodeDeskOptions, gpu: string): void {
  const { baseline } = core.state.cards.get(gpu)?.budgets ?? { baseline: {} };
  const table = Object.fromEntries(Object.keys(baseline).map((name) => [name, bytesOf(baseline, name)]));
  saveBudgets(gpu, table).then(
    () => act((tx) => recallBudgets(tx, gpu, inWholeMib(table))),
    (error: unknown) =>
      log.error(
        { event: "effect.failed", what: "keep budgets", reason: describeError(error) },
        "the budgets are in force but will not survive a restart",
      ),
  );
}

/** What the document declares to work for somebody. */
function ownedOf({ state }: AgentCore, owner: string): readonly Owned[] {
  return state.governance.declared
    .filter((each) => each.owner === owner)
    .map(({ claim: { id, priority } }) => ({ id, priority }));
}

/** As the document keeps them. */
function inWholeMib(table: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const MIB = 1024 ** 2;
  return Object.fromEntries(
    Object.entries(table).map(([name, bytes]) => [name, Math.floor(bytes / MIB) * MIB]),
  );
}

function toVramClaim(id: string, claim: LocalClaim): VramClaim {
  const { label, subsystem, priority, vramBytes: bytes, isEvictable, reloadMs } = claim;
  return { id, label, subsystem, priority, bytes, evictable: isEvictable, resident: false, reloadMs };
}
