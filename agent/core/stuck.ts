/**
 * Stuck: whether a job still does anything. A job is stuck when, for its whole set time, it has told no progress,
 * written no output, spent no processor time and used no GPU. A sign that cannot be read counts as life, so that
 * nothing is ended for what nobody saw. Pure.
 */
export const SIGNS = ["progress", "output", "cpu", "gpu"] as const;
export type Sign = (typeof SIGNS)[number];

/** One look at a job; null is unknown. */
export interface Look {
  readonly progressRatio: number | null;
  /** Changes whenever something is written; null while nothing ever was. */
  readonly output: string | null;
  readonly cpuMs: number | null;
  /** One that comes or goes is a sign of life too. */
  readonly processes: number | null;
  readonly isGpuBusy: boolean | null;
}

export interface Watch {
  /** When each sign of life was last seen. */
  readonly lastMs: Readonly<Record<Sign, number>>;
  readonly seen: Look;
  /** Told as stuck, to be ended unless it stirs. */
  readonly suspectedAtMs: number | null;
}

/** Less than this share of one core is what a job burns while it waits. */
const IDLE_CPU_RATIO = 0.01;
const LEAST_CPU_MS = 20;

/** The first look is a sign of life: a job is watched from when it is first seen. */
export function stepWatch(watch: Watch | null, look: Look, nowMs: number): Watch {
  if (watch === null) {
    return {
      lastMs: { progress: nowMs, output: nowMs, cpu: nowMs, gpu: nowMs },
      seen: look,
      suspectedAtMs: null,
    };
  }
  const { lastMs, seen, suspectedAtMs } = watch;
  const hasBurned = isBurning(watch, look, nowMs);
  const isAlive: Readonly<Record<Sign, boolean>> = {
    progress: look.progressRatio !== seen.progressRatio,
    output: look.output !== seen.output,
    cpu: hasBurned,
    gpu: look.isGpuBusy !== false,
  };
  const at = (sign: Sign): number => (isAlive[sign] ? nowMs : lastMs[sign]);
  return {
    lastMs: { progress: at("progress"), output: at("output"), cpu: at("cpu"), gpu: at("gpu") },
    // Processor time is compared with what it was at the last sign of life, so that a trickle is none.
    seen: hasBurned ? look : { ...look, cpuMs: seen.cpuMs },
    suspectedAtMs,
  };
}

function isBurning({ lastMs, seen }: Watch, { cpuMs, processes }: Look, nowMs: number): boolean {
  if (cpuMs === null || seen.cpuMs === null || processes !== seen.processes) return true;
  const burnedMs = cpuMs - seen.cpuMs;
  return burnedMs < 0 || burnedMs >= Math.max(LEAST_CPU_MS, (nowMs - lastMs.cpu) * IDLE_CPU_RATIO);
}

/** How long there has been no sign of life at all. */
export function silentMs({ lastMs }: Watch, nowMs: number): number {
  return nowMs - Math.max(...SIGNS.map((sign) => lastMs[sign]));
}

/** Each sign with its age, for people. */
export function describeWatch({ lastMs }: Watch, nowMs: number): string {
  const words = { progress: "progress", output: "output", cpu: "processor time", gpu: "GPU use" } as const;
  return SIGNS.map((sign) => `no ${words[sign]} for ${Math.round((nowMs - lastMs[sign]) / 1000)} s`).join(
    ", ",
  );
}

/** The age of each sign, for the record. */
export function signAges({ lastMs }: Watch, nowMs: number): Readonly<Record<Sign, number>> {
  const age = (sign: Sign): number => Math.round(nowMs - lastMs[sign]);
  return { progress: age("progress"), output: age("output"), cpu: age("cpu"), gpu: age("gpu") };
}
