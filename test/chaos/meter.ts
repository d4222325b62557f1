/** Meter: what the processes take while they are tormented, and how fast the hub answers. */
import { readdirSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { systemClock } from "../../shared/clock.ts";
import { createLoop } from "../../shared/loop.ts";
import type { World } from "./world.ts";

export interface Sample {
  readonly atMs: number;
  readonly rssMib: number;
  readonly descriptors: number;
}

/** One process from its start to its end. */
export interface Life {
  readonly name: string;
  readonly pid: number;
  readonly samples: readonly Sample[];
}

export interface Meter {
  readonly lives: () => readonly Life[];
  /** Round trips of `GetStatus` in ms, while nothing was done to the hub. */
  readonly answersMs: readonly number[];
  readonly loads: readonly number[];
  stop(): Promise<void>;
}

const EVERY_MS = 1_000;

/** No process of ours has a use for so much: one that takes it is ended before the whole machine suffers. */
const RSS_MAX_MIB = 512;

/** `endGreedy` is told, once for each, of a process that has taken far too much memory. */
export function startMeter(
  world: World,
  isHubDisturbed: () => boolean,
  endGreedy: (name: string, pid: number, rssMib: number) => Promise<void>,
): Meter {
  const lives = new Map<number, { name: string; pid: number; samples: Sample[] }>();
  const answersMs: number[] = [];
  const loads: number[] = [];
  const look = async (): Promise<void> => {
    loads.push(loadavg()[0] ?? 0);
    for (const name of world.crew.names()) {
      const pid = world.crew.pid(name);
      const sample = pid === null ? null : sampleOf(pid);
      if (pid === null || sample === null) continue;
      const life = lives.get(pid) ?? { name, pid, samples: [] };
      lives.set(pid, life);
      life.samples.push(sample);
      if (sample.rssMib > RSS_MAX_MIB) await endGreedy(name, pid, sample.rssMib);
    }
    if (isHubDisturbed()) return;
    const startMs = systemClock.bootMs();
    await world.isServing();
    if (!isHubDisturbed()) answersMs.push(systemClock.bootMs() - startMs);
  };
  // A hub that does not answer is no news here.
  const loop = createLoop({ everyMs: EVERY_MS, run: look, onError: () => {} });
  return { lives: () => [...lives.values()], answersMs, loads, stop: () => loop.stop() };
}

function sampleOf(pid: number): Sample | null {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    if (kib === undefined) return null;
    const descriptors = readdirSync(`/proc/${pid}/fd`).length;
    return { atMs: systemClock.bootMs(), rssMib: Number(kib) / 1024, descriptors };
  } catch {
    return null; // it has ended meanwhile
  }
}
