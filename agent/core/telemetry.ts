/**
 * Telemetry: what sensors saw, taken into the ledgers of the cards, and the frame that is told of it once a
 * second. A sensor that goes quiet makes the reading old, never small: its age is judged here and published.
 */
import {
  type CardNote,
  type ForeignProcess,
  type GpuReading,
  MESSAGE_LIMITS,
  type TelemetryFrame,
} from "../../shared/model/messages.ts";
import { applySample, type Ledger, usageOf } from "../../shared/policy/ledger.ts";
import {
  LEVELS,
  type PressureInput,
  type PressureState,
  pollIntervalMs,
  pressureRatio,
  stepPressure,
} from "../../shared/policy/pressure.ts";
import { observeCondition } from "./card-health.ts";
import { followDeclared, noteFacts, openCard } from "./cards.ts";
import { consumerId } from "./completion.ts";
import { governCards } from "./governor.ts";
import type { CardCondition } from "./health.ts";
import { tellPoll } from "./report.ts";
import { type AgentCore, type Attached, type HostLoad, isOccupying } from "./state.ts";
import type { Tx } from "./transaction.ts";
import { checkReturns } from "./vram-proof.ts";

/** One card as just read. */
export interface CardSample {
  readonly reading: GpuReading;
  /** VRAM of consumers by their id; null where the driver does not tell it per process. */
  readonly byConsumer: ReadonlyMap<string, number> | null;
  /** Processes that belong to nobody we know. */
  readonly foreign: readonly ForeignProcess[];
  /** Used, and neither a process nor the driver answers for it; null where shares are unknown. */
  readonly unattributedBytes: number | null;
  /** What the driver says of the state of the card. */
  readonly condition: CardCondition;
}

/** Takes a good probe over; a card that is seen for the first time gets its ledger. */
export function observeGpu(tx: Tx, samples: readonly CardSample[]): void {
  for (const sample of samples) {
    const { reading, byConsumer } = sample;
    const ledger = tx.state.cards.get(reading.uuid) ?? openCard(tx, reading);
    applySample(ledger, { usedBytes: usedOf(tx, reading), byConsumer, validForMs: 0 }, tx.nowMs);
    notePeaks(tx, byConsumer ?? new Map());
    followDeclared(tx, ledger);
    noteFacts(tx, sample, ledger);
    observeCondition(tx, reading.uuid, sample.condition);
    checkReturns(tx, sample);
  }
  for (const [gpu, ledger] of tx.state.cards) takeLevel(tx, gpu, ledger);
  followFullest(tx);
  // How long it is believed follows from how soon the next one is due, and that from the level it led to.
  const validForMs = gpuPollMs(tx) + tx.timing.probeDeadlineMs;
  for (const ledger of tx.state.cards.values()) {
    if (ledger.reading.kind === "measured") ledger.reading = { ...ledger.reading, validForMs };
  }
  const readings = samples.map((sample) => sample.reading);
  tx.state.gpu = { kind: "read", atBootMs: tx.nowMs, validForMs, readings };
  governCards(tx);
}

/** On unified memory whatever the host holds is gone from the card as well; unknown stays unknown. */
function usedOf({ state }: Tx, { usedBytes, totalBytes }: GpuReading): number | null {
  if (state.governance.memoryModel === "discrete" || usedBytes === null) return usedBytes;
  const { reading } = state.hostMemory;
  if (reading === null) return null;
  return Math.min(totalBytes, Math.max(usedBytes, reading.totalBytes - reading.availableBytes));
}

/** A card that is not seen any more is critical, once the last word of it is too old. */
export function noteSilence(tx: Tx): void {
  const silent = [...tx.state.cards].filter(
    ([gpu, ledger]) => tx.state.cardFacts.get(gpu)?.pressure.level !== "critical" && isOld(tx, ledger),
  );
  for (const [gpu, ledger] of silent) takeLevel(tx, gpu, ledger);
  if (silent.length > 0) followFullest(tx);
}

function isOld(tx: Tx, { reading }: Ledger): boolean {
  return reading.kind === "measured" && tx.nowMs - reading.atMs > reading.validForMs;
}

/** Folds what is known of a card into its level and tells the poll. */
function takeLevel(tx: Tx, gpu: string, ledger: Ledger): void {
  const facts = tx.state.cardFacts.get(gpu);
  if (facts === undefined) return;
  // Before the first reading the level was a precaution and no fact to cross from.
  const from = facts.pressure.readAtMs === null ? "normal" : facts.pressure.level;
  const policy = tx.state.governance.pressure.gpu;
  facts.pressure = stepPressure(policy, facts.pressure, inputOf(tx, ledger), tx.nowMs);
  const { level, ratio } = facts.pressure;
  facts.calmSinceMs = level === "normal" ? (facts.calmSinceMs ?? tx.nowMs) : null;
  tellPoll(tx, { watched: "gpu", from, level, ratio, gpu });
}

/** VRAM that cannot be known is no reading: the level fails closed. */
function inputOf(tx: Tx, ledger: Ledger): PressureInput {
  if (ledger.reading.kind === "unknown" || isOld(tx, ledger)) return { kind: "reading", ratio: Number.NaN };
  const { usedBytes, usableBytes } = usageOf(ledger);
  return { kind: "reading", ratio: pressureRatio(usedBytes, usableBytes) };
}

/** The card that is worst off speaks for the node. */
function followFullest(tx: Tx): void {
  const states = [...tx.state.cardFacts.values()].map(({ pressure }) => pressure);
  const rank = ({ level }: PressureState): number => LEVELS.indexOf(level);
  const [worst] = states.sort((a, b) => rank(b) - rank(a) || (b.ratio ?? 1) - (a.ratio ?? 1));
  if (worst === undefined) return;
  const isKnown = [...tx.state.cards.values()].every(
    (ledger) => ledger.reading.kind === "measured" && !isOld(tx, ledger),
  );
  tx.state.pressure = { ...worst, ratio: isKnown ? worst.ratio : 1 };
}

/** How long the sensor may rest at the present pressure. */
export function gpuPollMs({ state, timing }: AgentCore): number {
  return pollIntervalMs("gpu", state.pressure.level) * timing.scale;
}

export function observeHost(tx: Tx, host: HostLoad): void {
  tx.state.host = host;
}

/** Age of the last good probe; null when there is no sensor to go quiet. */
export function gpuAgeMs(tx: Tx): number | null {
  const { gpu } = tx.state;
  if (gpu.kind === "none") return null;
  return tx.nowMs - (gpu.kind === "read" ? gpu.atBootMs : gpu.sinceBootMs);
}

/** Sends the next frame; only the latest counts, so none is ever repeated. */
export function sendTelemetry(tx: Tx, session: Attached): void {
  session.nextTelemetryMs = tx.nowMs + tx.timing.telemetryMs;
  const { gpu, pressure, host, attempts } = tx.state;
  const ageMs = gpuAgeMs(tx);
  const isStale = ageMs !== null && (gpu.kind !== "read" || ageMs > gpu.validForMs);
  const frame: TelemetryFrame = {
    sessionId: session.sessionId,
    seq: ++tx.state.lastTelemetrySeq,
    gpuAgeMs: Math.round(ageMs ?? 0),
    isGpuStale: isStale,
    gpus: readingsOf(tx),
    gpuPressure: gpu.kind === "none" ? 0 : isStale ? 1 : (pressure.ratio ?? 1),
    gpuLevel: gpu.kind === "none" ? "normal" : isStale ? "critical" : pressure.level,
    cpuRatio: host.cpuRatio,
    memoryRatio: host.memoryRatio,
    running: [...attempts.values()].filter(isOccupying).length,
    notes: cardNotes(tx),
    problem: tx.state.documentProblem,
  };
  tx.effect({ kind: "telemetry", frame });
}

/** Only what people should know: a card that is as it should be is not mentioned. */
function cardNotes({ state }: Tx): readonly CardNote[] {
  const notes = [...state.cardFacts].map(([gpu, { foreign, unattributedBytes, starved }]) => {
    const leaked = [...state.owed.values()].filter((owed) => owed.gpu === gpu && owed.isLeaked);
    const leakedBytes = leaked.reduce((sum, { owedBytes }) => sum + owedBytes, 0);
    return {
      gpu,
      foreign: foreign.slice(0, MESSAGE_LIMITS.foreign),
      unattributedBytes,
      leakedBytes,
      starved,
    };
  });
  return notes.filter(
    ({ foreign, unattributedBytes, leakedBytes, starved }) =>
      foreign.length + starved.length > 0 || (unattributedBytes ?? 0) + leakedBytes > 0,
  );
}

export function readingsOf(tx: Tx): readonly GpuReading[] {
  return tx.state.gpu.kind === "read" ? tx.state.gpu.readings : [];
}

function notePeaks(tx: Tx, byConsumer: ReadonlyMap<string, number>): void {
  for (const attempt of tx.state.attempts.values()) {
    const bytes = byConsumer.get(consumerId(attempt.job.token)) ?? 0;
    attempt.peakVramBytes = Math.max(attempt.peakVramBytes, bytes);
  }
}
