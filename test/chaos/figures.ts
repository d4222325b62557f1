/** Figures: plain statistics over what the meter has seen. Pure. */
import type { Life, Sample } from "./meter.ts";

/** A process grows while it warms up; that says nothing of what it does for ever. */
const WARM_UP_MS = 20_000;
const MEASURED_MS = 20_000;

export interface Growth {
  readonly name: string;
  /** Lives that were long enough to be measured, and their length without the warm-up. */
  readonly lives: number;
  readonly seconds: number;
  /** Least squares, weighted by the length of the lives; null where no life was long enough. */
  readonly rssMibPerMinute: number | null;
  readonly rssMaxMib: number;
  readonly descriptorsPerMinute: number | null;
  readonly descriptorsMax: number;
}

/** One row per name, in the order of their first life. */
export function growthOf(lives: readonly Life[]): readonly Growth[] {
  const names = [...new Set(lives.map(({ name }) => name))];
  return names.map((name) => {
    const own = lives.filter((life) => life.name === name);
    const all = own.flatMap(({ samples }) => samples);
    const settled = own
      .map(({ samples }) => settledPart(samples))
      .filter((part) => spanMs(part) >= MEASURED_MS);
    return {
      name,
      lives: settled.length,
      seconds: Math.round(settled.reduce((sum, part) => sum + spanMs(part), 0) / 1000),
      rssMibPerMinute: meanSlope(settled, ({ rssMib }) => rssMib),
      rssMaxMib: Math.max(...all.map(({ rssMib }) => rssMib)),
      descriptorsPerMinute: meanSlope(settled, ({ descriptors }) => descriptors),
      descriptorsMax: Math.max(...all.map(({ descriptors }) => descriptors)),
    };
  });
}

function settledPart(samples: readonly Sample[]): readonly Sample[] {
  const startMs = samples[0]?.atMs ?? 0;
  return samples.filter(({ atMs }) => atMs - startMs >= WARM_UP_MS);
}

function spanMs(samples: readonly Sample[]): number {
  return (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0);
}

function meanSlope(parts: readonly (readonly Sample[])[], value: (sample: Sample) => number): number | null {
  const totalMs = parts.reduce((sum, part) => sum + spanMs(part), 0);
  if (totalMs === 0) return null;
  return parts.reduce((sum, part) => sum + slopePerMinute(part, value) * spanMs(part), 0) / totalMs;
}

function slopePerMinute(samples: readonly Sample[], value: (sample: Sample) => number): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const meanAt = mean(({ atMs }) => atMs);
  const meanValue = mean(value);
  let above = 0;
  let below = 0;
  for (const sample of samples) {
    above += (sample.atMs - meanAt) * (value(sample) - meanValue);
    below += (sample.atMs - meanAt) ** 2;
  }
  return below === 0 ? 0 : (above / below) * 60_000;
}

/** The value below which `ratio` of them lie; null of none. */
export function quantile(values: readonly number[], ratio: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))] ?? null;
}
