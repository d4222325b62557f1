/**
 * nvidia-smi sensor: the cards through two nvidia-smi processes that never end, one for the cards and one for
 * who uses them. A read samples their latest rows and spawns nothing. When rows stop coming it fails at its
 * deadline and the program is asked to end (see guarded-child).
 */
import type { Clock } from "../../../shared/clock.ts";
import type { Timing } from "../../../shared/model/timing.ts";
import { settleProcessBytes } from "../probe/card.ts";
import { shareRuns } from "../probe/waiting.ts";
import type { GpuCard, GpuProcess, GpuSensor } from "../sensor.ts";
import { createSmiApps } from "./apps.ts";
import type { AppRow } from "./fields.ts";
import { createSmiGpuRows } from "./gpu-rows.ts";

export interface SmiSensorOptions {
  /** Path of nvidia-smi. */
  readonly program: string;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly gpuEveryMs?: number;
  readonly appsEveryMs?: number;
}

export function createSmiSensor(options: SmiSensorOptions): GpuSensor {
  const { gpuEveryMs = 500, appsEveryMs = 2_000 } = options;
  const rows = createSmiGpuRows({ ...options, everyMs: gpuEveryMs });
  const apps = createSmiApps({ ...options, everyMs: appsEveryMs });
  return {
    read: shareRuns(async () => {
      const listed = apps.read();
      const cards = await rows.read();
      return cards.map((card) => (card.fault === null ? withProcesses(card, listed) : card));
    }),
    close: async () => {
      await Promise.all([rows.close(), apps.close()]);
    },
  };
}

function withProcesses(card: GpuCard, listed: readonly AppRow[] | null): GpuCard {
  if (listed === null) return card;
  const { uuid, totalBytes } = card.reading;
  const processes = listed
    .filter((row) => row.uuid === uuid)
    .map(({ pid, usedBytes, name }): GpuProcess => {
      return { pid, usedBytes: settleProcessBytes(usedBytes, totalBytes), name };
    });
  return { ...card, processes };
}
