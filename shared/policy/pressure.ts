/**
 * Pressure: how full a resource is, folded into the four levels that watchers, gates and people understand
 * (SPEC N2, N5).
 *
 * Pure. The watcher owns the timer and the sensor and feeds readings in. Two properties matter more than
 * accuracy: a level is left only when the reading falls `hysteresisRatio` below the threshold that opened
 * it, so a card hovering at 0.80 need not flap; and silence is not calm, so a reading that is late, absent
 * or nonsense means `critical`.
 */
import { assertNever, invariant } from "../invariant.ts";

export const LEVELS = ["normal", "warning", "high", "critical"] as const;
export type Level = (typeof LEVELS)[number];

/** What is watched; each has its own events and its own polling table. */
export const WATCHED = ["gpu", "cpu", "memory"] as const;
export type Watched = (typeof WATCHED)[number];

/** Share of total VRAM that no budget and no gate ever hands out. */
export const RESERVE_RATIO = 0.05;

/** Bytes kept back from all allocation: trunc(5 % of total). */
export function reserveBytes(totalBytes: number): number {
  return Math.trunc(totalBytes * RESERVE_RATIO);
}

/**
 * Bytes that may be allocated: total − reserve. On unified memory the operating system needs a floor of its
 * own, and the larger of reserve and floor is kept back. Never below 0.
 */
export function usableBytes(totalBytes: number, osFloorBytes = 0): number {
  return Math.max(0, totalBytes - Math.max(reserveBytes(totalBytes), osFloorBytes));
}

/** min(used / usable, 1); a resource without capacity has pressure 0; anything that is not an amount is 1. */
export function pressureRatio(usedBytes: number, usable: number): number {
  if (!isAmount(usedBytes) || !isAmount(usable)) return 1;
  return usable === 0 ? 0 : Math.min(usedBytes / usable, 1);
}

/** Whether a sensor's figure can be an amount at all: finite and not negative. */
export function isAmount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

/** Whether a figure is a number of bytes: whole, not negative, and exact in a double. */
export function isWholeAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

export interface PressurePolicy {
  /** Ratio 0…1 at which each level above normal opens; must increase. */
  readonly opensAt: Readonly<Record<Exclude<Level, "normal">, number>>;
  /** How far below its opening threshold a reading must fall before the level is left. */
  readonly hysteresisRatio: number;
}

export const PRESSURE_POLICY: PressurePolicy = {
  opensAt: { warning: 0.6, high: 0.8, critical: 0.95 },
  hysteresisRatio: 0,
};

/** The level of a ratio, seen from the level held so far; nonsense is critical. */
export function levelOf(ratio: number, policy = PRESSURE_POLICY, held: Level = "normal"): Level {
  if (!isAmount(ratio)) return "critical";
  const heldRank = LEVELS.indexOf(held);
  const reaches = (level: Exclude<Level, "normal">): boolean => {
    const slack = LEVELS.indexOf(level) <= heldRank ? policy.hysteresisRatio : 0;
    return ratio >= policy.opensAt[level] - slack;
  };
  if (reaches("critical")) return "critical";
  if (reaches("high")) return "high";
  return reaches("warning") ? "warning" : "normal";
}

const POLL_INTERVAL_MS: Readonly<Record<Watched, Readonly<Record<Level, number>>>> = {
  gpu: { normal: 10_000, warning: 3_000, high: 1_000, critical: 500 },
  cpu: { normal: 10_000, warning: 5_000, high: 2_000, critical: 1_000 },
  memory: { normal: 10_000, warning: 5_000, high: 2_000, critical: 1_000 },
};

/** How long the watcher waits before it reads again at this level. */
export function pollIntervalMs(watched: Watched, level: Level): number {
  return POLL_INTERVAL_MS[watched][level];
}

export interface PressureState {
  readonly level: Level;
  /** Last good ratio, null when nothing good has been read yet. */
  readonly ratio: number | null;
  readonly readAtMs: number | null;
}

/** Nothing has been read yet, so nothing may be admitted yet. */
export const PRESSURE_UNKNOWN: PressureState = { level: "critical", ratio: null, readAtMs: null };

export type PressureInput =
  | { readonly kind: "reading"; readonly ratio: number }
  /** The sensor gave nothing; `staleAfterMs` is how long the last good reading stays believable. */
  | { readonly kind: "missed"; readonly staleAfterMs: number };

/** The state after one poll. A crossing happened when the level differs from the state before. */
export function stepPressure(
  policy: PressurePolicy,
  state: PressureState,
  input: PressureInput,
  nowMs: number,
): PressureState {
  invariant(state.readAtMs === null || state.readAtMs <= nowMs, "pressure: clock ran backwards");
  switch (input.kind) {
    case "reading":
      if (!isAmount(input.ratio)) return { ...state, level: "critical" };
      return { level: levelOf(input.ratio, policy, state.level), ratio: input.ratio, readAtMs: nowMs };
    case "missed": {
      const isStale = state.readAtMs === null || nowMs - state.readAtMs > input.staleAfterMs;
      return isStale ? { ...state, level: "critical" } : state;
    }
    default:
      return assertNever(input);
  }
}

export type PressureEventName = `${Watched}:pressure:${Level | "update"}`;

/** Name of the crossing event: the resource and its new level. `update` names the event of every poll. */
export function pressureEventName(watched: Watched, what: Level | "update"): PressureEventName {
  return `${watched}:pressure:${what}`;
}
