/**
 * Log: one JSON line per thing that happened, `{event, …fields}` and a short sentence. Secrets never reach
 * a line; control characters are made visible where a line is shown, not where it is kept.
 */
import { pino, stdTimeFunctions } from "pino";
import type { LogEvent } from "./model/log-events.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogFields {
  readonly event: LogEvent;
  readonly [field: string]: unknown;
}

type Write = (fields: LogFields, sentence: string) => void;

export interface Log {
  /** Each decision with its inputs. */
  readonly debug: Write;
  /** State changes and what operators did. */
  readonly info: Write;
  /** Degraded and healing by itself. */
  readonly warn: Write;
  /** A human should look. */
  readonly error: Write;
  /** The same log with fields that every line carries. */
  child(fields: Readonly<Record<string, unknown>>): Log;
}

/** Where lines go: standard output, a rotated file, a test's list. */
export interface LogDestination {
  write(line: string): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly destination: LogDestination;
}

/** What every line says of itself. A field of that name would stand in for it, since the last one of a line wins. */
const RESERVED = ["level", "time", "msg"] as const;

function keepReserved(fields: Record<string, unknown>): Record<string, unknown> {
  if (!RESERVED.some((name) => name in fields)) return fields;
  const isReserved = (name: string): boolean => RESERVED.some((each) => each === name);
  const renamed = (name: string): string => (isReserved(name) ? `${name}_` : name);
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [renamed(name), value]));
}

export function createLog({ level, destination }: LogOptions): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: keepReserved },
      redact: ["secret", "*.secret"],
    },
    destination,
  );
}
