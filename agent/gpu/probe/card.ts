/**
 * Card: what an adapter makes of a driver's figures before anybody may gate on them. A driver may be silent
 * about a field, and it may lie. Silence becomes null, and so does a figure that cannot be true: a fabricated
 * number would open a gate, an unknown one closes it. Pure.
 */

import type { RecoveryAction, ThrottleReason } from "../../../shared/model/health.ts";
import type { GpuReading } from "../../../shared/model/messages.ts";
import type { GpuCard } from "../sensor.ts";

export const MIB = 1024 ** 2;

/** Bytes as the driver gave them; null where it gave none, any number where it gave nonsense. */
export interface ReportedMemory {
  readonly total: number | null;
  readonly used: number | null;
  readonly free: number | null;
  readonly reserved: number | null;
}

export interface SettledMemory {
  /** Null when the card cannot be described at all. */
  readonly totalBytes: number | null;
  /** What nobody can allocate: whatever the driver holds for itself is in it. */
  readonly usedBytes: number | null;
  readonly freeBytes: number | null;
  readonly reservedBytes: number | null;
}

/**
 * Makes one truth of the four figures. Whether a driver counts `reserved` into `used` differs between releases
 * (NVML reference, R525 and R590), `total - free` does not: so that is what is used, and never less than `used`.
 * A used or free amount that is negative, fractional, NaN or above the total discredits the other as well.
 */
export function settleMemory({ total, used, free, reserved }: ReportedMemory): SettledMemory {
  const totalBytes = total !== null && isAmount(total, Number.MAX_SAFE_INTEGER) && total > 0 ? total : null;
  if (totalBytes === null) return { totalBytes, usedBytes: null, freeBytes: null, reservedBytes: null };
  const isPossible = (bytes: number | null): boolean => bytes === null || isAmount(bytes, totalBytes);
  const reservedBytes = isPossible(reserved) ? reserved : null;
  if (!isPossible(used) || !isPossible(free)) {
    return { totalBytes, usedBytes: null, freeBytes: null, reservedBytes };
  }
  if (free !== null) {
    return { totalBytes, usedBytes: Math.max(totalBytes - free, used ?? 0), freeBytes: free, reservedBytes };
  }
  const usedBytes = used === null ? null : Math.min(totalBytes, used + (reservedBytes ?? 0));
  return { totalBytes, usedBytes, freeBytes: null, reservedBytes };
}

/** A process's VRAM; more than the card has is no measurement. */
export function settleProcessBytes(bytes: number | null, totalBytes: number): number | null {
  return bytes !== null && isAmount(bytes, totalBytes) ? bytes : null;
}

/** 0…1 of a percentage. */
export function settleUtilisation(percent: number | null): number | null {
  return inRange(percent, 0, 100) === null ? null : Number(percent) / 100;
}

/** Beyond these a sensor is broken or the field is a placeholder such as 0xffffffff. */
export function settleTemperature(celsius: number | null): number | null {
  return inRange(celsius, -40, 150);
}

export function settlePower(watts: number | null): number | null {
  return inRange(watts, 0, 10_000);
}

/** Bits of NVML's clock event reasons. */
const THROTTLE_BITS: readonly (readonly [bit: number, reason: ThrottleReason])[] = [
  [0x1, "idle"],
  [0x2, "app-clocks"],
  [0x4, "power-cap"],
  [0x8, "hw-slowdown"],
  [0x10, "sync-boost"],
  [0x20, "sw-thermal"],
  [0x40, "hw-thermal"],
  [0x80, "power-brake"],
  [0x100, "display-clocks"],
];

export const THROTTLE_REASONS: readonly ThrottleReason[] = THROTTLE_BITS.map(([, reason]) => reason);

/** Bits that this table does not know are left out. */
export function throttleReasons(bits: number): readonly ThrottleReason[] {
  return THROTTLE_BITS.filter(([bit]) => (bits & bit) !== 0).map(([, reason]) => reason);
}

const RECOVERY_ACTIONS: readonly RecoveryAction[] = [
  "none",
  "gpu-reset",
  "node-reboot",
  "drain-p2p",
  "drain-and-reset",
  "recover-imex-domain",
  "bus-reset",
  "system-reboot",
];

/** By NVML's number; one that a newer driver added still means that something is wrong. */
export function recoveryAction(number: number): RecoveryAction {
  return RECOVERY_ACTIONS[number] ?? "other";
}

/** By nvidia-smi's words, such as `Drain and Reset`. */
export function recoveryActionNamed(words: string): RecoveryAction {
  const name = words.trim().toLowerCase().replaceAll(/\s+/g, "-");
  return RECOVERY_ACTIONS.find((action) => action === name || `${action}-required` === name) ?? "other";
}

/** `PPPP:BB:DD.F` as sysfs and the kernel log write it, of any driver's spelling; null for something else. */
export function pciAddress(text: string): string | null {
  const match = /^([0-9a-f]{4,8}):([0-9a-f]{2}):([0-9a-f]{2})(?:\.([0-7]))?$/i.exec(text.trim());
  if (match === null) return null;
  const [, domain = "", bus, device, unit = "0"] = match;
  return `${domain.slice(-4)}:${bus}:${device}.${unit}`.toLowerCase();
}

/** The card as it is shown when it can no longer be read: everything that moves is unknown. */
export function faultyCard(last: GpuCard, fault: string): GpuCard {
  const reading: GpuReading = {
    ...last.reading,
    usedBytes: null,
    utilisationRatio: null,
    temperatureC: null,
    powerW: null,
  };
  const unknown = { processes: null, freeBytes: null, reservedBytes: null, throttle: null, recovery: null };
  return { ...last, ...unknown, reading, fault };
}

/** Remembers cards, so that one that can no longer be read stays in sight. */
export interface CardMemory {
  /**
   * The cards just read, and behind them, as faulty, those that are missing among them.
   * @param trouble why cards may be missing; null when the driver has nothing to complain about
   */
  complete(cards: readonly GpuCard[], trouble: string | null): readonly GpuCard[];
}

export function createCardMemory(): CardMemory {
  const seen = new Map<string, GpuCard>();
  return {
    complete: (cards, trouble) => {
      const present = new Set(cards.flatMap(({ reading, parentUuid }) => [reading.uuid, parentUuid]));
      const missing = [...seen.values()].filter(({ reading }) => !present.has(reading.uuid));
      seen.clear();
      for (const card of cards) seen.set(card.reading.uuid, card);
      // Instances are made and unmade, and a GPU that is cut into them is there in their shape.
      const lost = missing.filter(({ parentUuid }) => parentUuid === null || trouble !== null);
      for (const card of lost) seen.set(card.reading.uuid, card);
      return [...cards, ...lost.map((card) => faultyCard(card, trouble ?? "the driver no longer lists it"))];
    },
  };
}

function inRange(value: number | null, min: number, max: number): number | null {
  return value !== null && value >= min && value <= max ? value : null;
}

function isAmount(bytes: number, maxBytes: number): boolean {
  return Number.isSafeInteger(bytes) && bytes >= 0 && bytes <= maxBytes;
}
