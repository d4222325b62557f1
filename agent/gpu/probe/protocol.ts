/**
 * Protocol: what the agent and its probe child say to each other, one JSON object a line. One question at a
 * time; an answer carries the number of its question and is also the sign that the child is alive.
 */
import { isJsonObject, type JsonObject } from "../../../shared/json.ts";
import type { GpuCard } from "../sensor.ts";

export interface ProbeRequest {
  readonly seq: number;
}

export type ProbeMessage =
  /** The child runs and has not touched the driver yet. */
  | { readonly kind: "ready" }
  /** `trouble`: why cards that were there before may be missing. */
  | {
      readonly kind: "cards";
      readonly seq: number;
      readonly cards: readonly GpuCard[];
      readonly trouble: string | null;
    }
  | {
      readonly kind: "failed";
      readonly seq: number;
      readonly isAbsent: boolean;
      readonly reason: string;
    };

/** Cards of the largest box with all their processes stay far below it. */
export const MAX_PROBE_LINE_BYTES = 1024 ** 2;

/** A line of the child, or null for anything else that a library may print: both ends are one build. */
export function parseProbeMessage(line: string): ProbeMessage | null {
  const value = parse(line);
  const isOurs = value !== null && ["ready", "cards", "failed"].includes(String(value["kind"]));
  return isOurs ? (value as unknown as ProbeMessage) : null;
}

/** Null for a line that is not a question. */
export function parseProbeRequest(line: string): ProbeRequest | null {
  const seq = parse(line)?.["seq"];
  return typeof seq === "number" ? { seq } : null;
}

function parse(line: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
