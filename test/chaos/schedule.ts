/**
 * Schedule: which fault comes next. The seed fixes kinds, lengths and pauses, so that much of a run can be had again;
 * which agents are free at that moment is the machine's to say.
 */
import { must } from "../../shared/invariant.ts";
import type { Rng } from "../../shared/rng.ts";

export const FAULT_KINDS = [
  "hub-kill",
  "hub-stop",
  "hub-disk-full",
  "hub-slow-disk",
  "agent-kill",
  "agent-stop",
  "wire-drop",
  "wire-blackhole",
  "wire-deaf",
  "wire-delay",
  "wire-cut",
  "unplug",
  "most-away",
  "job-kill",
  "group-kill",
  "shim-kill",
  "clock-step",
  "down",
  "down-without-hub",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Plan {
  readonly kind: FaultKind;
  /** `hub`, nodes or `clock`: no other fault touches these meanwhile. */
  readonly subjects: readonly string[];
  readonly holdMs: number;
  /** Uniform in [0, 1): whatever else the fault has to choose. */
  readonly dice: number;
  /** Until the next fault begins. */
  readonly gapMs: number;
}

export interface Stage {
  /** Those that nothing is done to now. */
  readonly nodes: readonly string[];
  /** How many nodes make most of the fleet. */
  readonly majority: number;
  readonly leaseTtlMs: number;
  /** The node that can be unplugged. */
  readonly cabled: string;
  /** Those that are wanted and that this machine allows; one at least. */
  readonly kinds: readonly FaultKind[];
}

const GAP_MS = { from: 1_500, to: 5_000 };
const SLOW_MS = { from: 1_500, to: 5_000 };

/** How often each kind comes, relative to the others. */
const WEIGHTS: Readonly<Record<FaultKind, number>> = {
  "hub-kill": 3,
  "hub-stop": 2,
  "hub-disk-full": 1.5,
  "hub-slow-disk": 1.5,
  "agent-kill": 4,
  "agent-stop": 3,
  "wire-drop": 2,
  "wire-blackhole": 2,
  "wire-deaf": 1.5,
  "wire-delay": 1.5,
  "wire-cut": 1.5,
  unplug: 2,
  "most-away": 0.7,
  "job-kill": 2,
  "group-kill": 1,
  "shim-kill": 1,
  "clock-step": 1.5,
  down: 2.5,
  "down-without-hub": 0.7,
};

/** Draws the next fault; always the same number of draws, so that one choice does not shift the others. */
export function drawFault(rng: Rng, stage: Stage): Plan {
  const kind = drawKind(rng.next(), stage.kinds);
  const first = rng.below(stage.nodes.length);
  const length = rng.next();
  const isLong = rng.next() < 0.4;
  const dice = rng.next();
  const gapMs = within(GAP_MS, rng.next());
  const ratio = isLong ? 1.2 + 0.9 * length : 0.1 + 0.6 * length;
  const holdMs = isBrief(kind) ? within(SLOW_MS, length) : Math.round(stage.leaseTtlMs * ratio);
  return { kind, subjects: subjectsOf(kind, first, stage), holdMs, dice, gapMs };
}

function drawKind(draw: number, kinds: readonly FaultKind[]): FaultKind {
  const sum = kinds.reduce((total, kind) => total + WEIGHTS[kind], 0);
  let left = draw * sum;
  for (const kind of kinds) {
    left -= WEIGHTS[kind];
    if (left < 0) return kind;
  }
  return must(kinds.at(-1), "a stage has a kind of fault");
}

function subjectsOf(kind: FaultKind, first: number, { nodes, majority, cabled }: Stage): readonly string[] {
  if (kind.startsWith("hub-") || kind.startsWith("down")) return ["hub"];
  if (kind === "clock-step") return ["clock"];
  if (kind === "unplug") return [cabled];
  const rotated = [...nodes.slice(first), ...nodes.slice(0, first)];
  return rotated.slice(0, kind === "most-away" ? majority : 1);
}

/** Faults whose length has nothing to do with the lease. */
function isBrief(kind: FaultKind): boolean {
  return (
    kind === "hub-disk-full" || kind === "hub-slow-disk" || kind === "down" || kind === "down-without-hub"
  );
}

function within({ from, to }: { readonly from: number; readonly to: number }, ratio: number): number {
  return Math.round(from + (to - from) * ratio);
}
