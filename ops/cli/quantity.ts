/** Quantity: sizes and times as people type them on a command line. */
import { InvalidArgumentError } from "commander";
import { parseIsoMs, systemClock } from "../../shared/clock.ts";

const BYTES: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};
const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `4GiB`, `512 MiB`, `1073741824`. */
export function parseBytes(text: string): number {
  return parseQuantity(text, BYTES, "a size such as 4GiB, 512MiB or a number of bytes");
}

/** A size as a number of MiB. A bare number would be bytes: budgets are no matter of bytes, so it is refused. */
export function parseMib(text: string): number {
  const mib = parseBytes(text) / 1024 ** 2;
  if (Number.isInteger(mib)) return mib;
  throw new InvalidArgumentError("It must be a whole number of MiB, such as 12GiB or 512MiB.");
}

/** `90s`, `10m`, `2h`, `250ms`. */
export function parseDuration(text: string): number {
  return parseQuantity(text, MILLISECONDS, "a time such as 90s, 10m or 2h");
}

/** `2026-05-01T22:00:00Z`, or a time from now such as `2h`, in milliseconds since the epoch. */
export function parseMoment(text: string): number {
  const wallMs = parseIsoMs(text);
  if (wallMs !== null) return wallMs;
  if (parseIsoMs(`${text}Z`) !== null)
    throw new InvalidArgumentError("It names no zone: add Z, or such as +02:00.");
  const shape = "a moment such as 2026-05-01T22:00:00Z, or a time from now such as 2h";
  return Math.round(systemClock.wallMs()) + parseQuantity(text, MILLISECONDS, shape);
}

/** `a,b`: at least one, none empty. */
export function parseList(text: string): readonly string[] {
  const items = text.split(",").map((item) => item.trim());
  if (items.every((item) => item !== "")) return items;
  throw new InvalidArgumentError("It must be a list such as j_000041,j_000042.");
}

/** A time of 1 ms or more, where none at all would mean something else. */
export function parsePositiveDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms > 0) return ms;
  throw new InvalidArgumentError("It must be more than 0.");
}

/** A reader of times above 0 and up to so many days. */
export function durationUpTo(days: number): (text: string) => number {
  return (text) => {
    const ms = parsePositiveDuration(text);
    if (ms <= days * (MILLISECONDS["d"] ?? 0)) return ms;
    throw new InvalidArgumentError(`It must be at most ${days}d.`);
  };
}

/** A whole number of 0 or more. */
export function parseCount(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number of 0 or more.");
}

/** A whole number of 1 or more, such as a count of attempts, where 0 would mean something else or nothing. */
export function parsePositive(text: string): number {
  if (/^0*[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number of 1 or more.");
}

/** A number of seconds above 0. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError("It must be a number of seconds above 0.");
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>, shape: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  if (digits === undefined || factor === undefined) throw new InvalidArgumentError(`It must be ${shape}.`);
  return Math.round(Number(digits) * factor);
}
