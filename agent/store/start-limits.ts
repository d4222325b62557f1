/**
 * Start limits: the strikes of each runner, kept so that restarting the agent is no way around giving up. The
 * times in them count from boot and mean nothing after the next one; then they are carried over as ages, as
 * if the box had been off for no time at all, which forgives nothing too early. An operator's word is a file too: it
 * needs neither a hub nor a running agent.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileDurable } from "../../shared/durable-file.ts";
import { isJsonObject, type Json } from "../../shared/json.ts";
import { FAILURE_CAUSES, type StartLimit } from "../../shared/policy/start-limit.ts";
import { createSerial } from "../../shared/serial.ts";

export type StartLimits = ReadonlyMap<string, StartLimit>;

/** When limits were written or are read: their times are relative to this. */
export interface Moment {
  readonly bootId: string;
  readonly bootMs: number;
}

export interface StartLimitStore {
  /** What an earlier agent left; a file that is missing or not whole forgives, for it only protects the box. */
  load(now: Moment): Promise<StartLimits>;
  /** Resolves when the limits survive a power cut; the last call wins. */
  save(limits: StartLimits, now: Moment): Promise<void>;
  /** Runners that an operator has forgiven since the last call. Cheap: asked for at each tick. */
  takeForgiven(): readonly string[];
}

/** A node has a handful of runners; past this the file is nonsense. */
const MAX_RUNNERS = 1024;
const FORGIVEN = "forgiven";

export function openStartLimits(nodeDirectory: string): StartLimitStore {
  const path = join(nodeDirectory, "start-limits.json");
  const wishes = join(nodeDirectory, FORGIVEN);
  const inOrder = createSerial();
  return {
    load: async (now) => decodeStartLimits(await readFile(path, "utf8").catch(() => ""), now),
    save: (limits, now) => inOrder(() => writeFileDurable(path, encodeStartLimits(limits, now))),
    takeForgiven: () => takeLines(wishes),
  };
}

/** An operator's word for a runner; the agent of this directory hears it at its next tick or start. */
export function forgiveOnNode(nodeDirectory: string, runner: string): void {
  mkdirSync(nodeDirectory, { recursive: true, mode: 0o700 });
  appendFileSync(join(nodeDirectory, FORGIVEN), `${runner}\n`, { mode: 0o600 });
}

/** Renamed first: what is appended from then on is another file. */
function takeLines(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  try {
    renameSync(path, `${path}.taken`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const lines = readFileSync(`${path}.taken`, "utf8").split("\n");
  rmSync(`${path}.taken`);
  return lines.filter((line) => line !== "");
}

export function encodeStartLimits(limits: StartLimits, now: Moment): string {
  return `${JSON.stringify({ ...now, limits: Object.fromEntries(limits) })}\n`;
}

export function decodeStartLimits(text: string, now: Moment): StartLimits {
  const file = parseJson(text);
  if (!isJsonObject(file) || !isJsonObject(file["limits"]) || typeof file["bootMs"] !== "number") {
    return new Map();
  }
  const shiftMs = file["bootId"] === now.bootId ? 0 : now.bootMs - file["bootMs"];
  const limits = Object.entries(file["limits"])
    .slice(0, MAX_RUNNERS)
    .flatMap(([runner, value]): readonly (readonly [string, StartLimit])[] => {
      const limit = parseLimit(value, shiftMs, now.bootMs);
      return limit === null ? [] : [[runner, limit]];
    });
  return new Map(limits);
}

/** Null when it is not whole, or says what has not happened yet. */
function parseLimit(value: Json | undefined, shiftMs: number, nowMs: number): StartLimit | null {
  if (!isJsonObject(value) || !isJsonObject(value["failures"]) || !Array.isArray(value["strikesAtMs"]))
    return null;
  const { strikesAtMs, notBeforeMs, gaveUpAtMs, failures } = value;
  const strikes = strikesAtMs.filter(isTime).map((at) => at + shiftMs);
  const counts = FAILURE_CAUSES.map((cause) => failures[cause]).filter(isCount);
  const [own = 0, oom = 0, infra = 0, preempted = 0] = counts;
  const isWhole = strikes.length === strikesAtMs.length && counts.length === FAILURE_CAUSES.length;
  const isOrdered = strikes.every((at, index) => at <= (strikes[index + 1] ?? nowMs));
  if (!isWhole || !isOrdered || !isTime(notBeforeMs)) return null;
  if (gaveUpAtMs !== null && !isTime(gaveUpAtMs)) return null;
  return {
    strikesAtMs: strikes,
    notBeforeMs: notBeforeMs + shiftMs,
    gaveUpAtMs: gaveUpAtMs === null ? null : gaveUpAtMs + shiftMs,
    failures: { own, oom, infra, preempted },
  };
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
