/**
 * Telemetry: what sensors saw, taken into the ledgers of the cards, and the frame that is told of it once a
 * second. A sensor that goes quiet makes the reading old, never small: its age is judged here and published.
 */
import type { GpuReading, TelemetryFrame } from "../../shared/model/messages.ts";
import { startBudgets } from "../../shared/policy/budget.ts";
import { account, applySample, createLedger, usageOf } from "../../shared/policy/ledger.ts";
import {
  PRESSURE_POLICY,
  pollIntervalMs,
  pressureRatio,
  stepPressure,
} from "../../shared/policy/pressure.ts";
import { vramClaim } from "./admission.ts";
import { consumerId } from "./completion.ts";
import { type AgentCore, type Attached, type HostLoad, isOccupying } from "./state.ts";
import type { Tx } from "./transaction.ts";

/** One card as just read. */
export interface CardSample {
  readonly reading: GpuReading;
  /** VRAM of our attempts by token; null where the driver does not tell it per process. */
  readonly usedByToken: ReadonlyMap<number, number> | null;
}

/** Takes a good probe over; a card that is seen for the first time gets its ledger. */
export function observeGpu(tx: Tx, samples: readonly CardSample[]): void {
  for (const { reading, usedByToken } of samples) {
    const ledger = tx.state.cards.get(reading.uuid) ?? openCard(tx, reading);
    const entries = usedByToken === null ? null : [...usedByToken];
    const byConsumer =
      entries === null ? null : new Map(entries.map(([token, bytes]) => [consumerId(token), bytes]));
    applySample(ledger, { usedBytes: reading.usedBytes, byConsumer, validForMs: 0 }, tx.nowMs);
    for (const [token, bytes] of entries ?? []) notePeak(tx, token, bytes);
  }
  const reading = { kind: "reading", ratio: fullestPressure(tx) } as const;
  tx.state.pressure = stepPressure(PRESSURE_POLICY, tx.state.pressure, reading, tx.nowMs);
  // How long it is believed follows from how soon the next one is due, and that from the level it led to.
  const validForMs = gpuPollMs(tx) + tx.timing.probeDeadlineMs;
  for (const ledger of tx.state.cards.values()) {
    if (ledger.reading.kind === "measured") ledger.reading = { ...ledger.reading, validForMs };
  }
  const readings = samples.map((sample) => sample.reading);
  tx.state.gpu = { kind: "read", atBootMs: tx.nowMs, validForMs, readings };
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
    gpuPressure: gpu.kind === "none" ? 0 : (pressure.ratio ?? 1),
    gpuLevel: gpu.kind === "none" ? "normal" : isStale ? "critical" : pressure.level,
    cpuRatio: host.cpuRatio,
    memoryRatio: host.memoryRatio,
    running: [...attempts.values()].filter(isOccupying).length,
  };
  tx.effect({ kind: "telemetry", frame });
}

export function readingsOf(tx: Tx): readonly GpuReading[] {
  return tx.state.gpu.kind === "read" ? tx.state.gpu.readings : [];
}

/** Work adopted before the first probe is booked past the gates: it is loaded already. */
function openCard(tx: Tx, { uuid, totalBytes }: GpuReading): ReturnType<typeof createLedger> {
  const ledger = createLedger(totalBytes, startBudgets(totalBytes));
  tx.state.cards.set(uuid, ledger);
  for (const attempt of tx.state.attempts.values()) {
    const { job } = attempt;
    if (job.gpu === uuid && isOccupying(attempt)) account(ledger, vramClaim(job, job.vramBytes), 0, tx.nowMs);
  }
  return ledger;
}

function notePeak(tx: Tx, token: number, bytes: number): void {
  const attempt = tx.state.attempts.get(token);
  if (attempt !== undefined) attempt.peakVramBytes = Math.max(attempt.peakVramBytes, bytes);
}

/** The fullest card speaks for the node. */
function fullestPressure(tx: Tx): number {
  const ratios = [...tx.state.cards.values()].map((ledger) => {
    const { usedBytes, usableBytes } = usageOf(ledger);
    return pressureRatio(usedBytes, usableBytes);
  });
  return Math.max(0, ...ratios);
}
