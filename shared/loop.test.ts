import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLoop, delay } from "./loop.ts";
import { createRng } from "./rng.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const fail = (error: unknown): never => {
  throw error;
};

describe("createLoop", () => {
  it("runs at once and then every interval", async () => {
    const run = vi.fn();
    const loop = createLoop({ everyMs: 100, run, onError: fail });
    await vi.advanceTimersByTimeAsync(350);
    expect(run).toHaveBeenCalledTimes(4);
    await loop.stop();
  });

  it("runs together with other loops of its period, whenever they were begun", async () => {
    const ranAtMs: number[][] = [[], []];
    const begin = (which: number) =>
      createLoop({ everyMs: 100, run: () => void ranAtMs[which]?.push(performance.now()), onError: fail });
    const first = begin(0);
    await vi.advanceTimersByTimeAsync(70);
    const second = begin(1);
    await vi.advanceTimersByTimeAsync(430);
    expect(ranAtMs[1]?.slice(1)).toEqual(ranAtMs[0]?.slice(-4));
    await Promise.all([first.stop(), second.stop()]);
  });

  it("waits at least half its interval and less than one and a half", async () => {
    const endedAtMs: number[] = [];
    const waitsMs: number[] = [];
    const run = async (): Promise<void> => {
      waitsMs.push(performance.now() - (endedAtMs.at(-1) ?? performance.now()));
      await delay(37);
      endedAtMs.push(performance.now());
    };
    const loop = createLoop({ everyMs: 100, run, onError: fail });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(waitsMs.length).toBeGreaterThan(10);
    for (const waitMs of waitsMs.slice(1)) {
      expect(waitMs).toBeGreaterThanOrEqual(50);
      expect(waitMs).toBeLessThan(150);
    }
    const stopped = loop.stop();
    await vi.advanceTimersByTimeAsync(100);
    await stopped;
  });

  it("never overlaps itself, however long a run takes", async () => {
    let running = 0;
    let worst = 0;
    let runs = 0;
    const run = async () => {
      worst = Math.max(worst, ++running);
      runs++;
      await delay(250);
      running--;
    };
    const loop = createLoop({ everyMs: 100, run, onError: fail });
    for (let i = 0; i < 20; i++) {
      await vi.advanceTimersByTimeAsync(50);
      loop.wake();
    }
    expect(worst).toBe(1);
    expect(runs).toBeGreaterThanOrEqual(4);
    const stopped = loop.stop();
    await vi.advanceTimersByTimeAsync(300);
    await stopped;
  });

  it("runs once more when it is woken during a run, however often", async () => {
    const releases: (() => void)[] = [];
    const run = vi.fn(() => new Promise<void>((resolve) => releases.push(resolve)));
    const loop = createLoop({ everyMs: 1e6, run, onError: fail });
    await vi.advanceTimersByTimeAsync(1);
    loop.wake();
    loop.wake();
    releases[0]?.();
    await vi.advanceTimersByTimeAsync(1);
    expect(run).toHaveBeenCalledTimes(2);
    releases[1]?.();
    await vi.advanceTimersByTimeAsync(1000);
    expect(run).toHaveBeenCalledTimes(2);
    await loop.stop();
  });

  it("reports a failed run and goes on", async () => {
    const errors: unknown[] = [];
    let runs = 0;
    const run = () => {
      if (++runs === 1) throw new Error("once");
    };
    const loop = createLoop({ everyMs: 10, run, onError: (error) => errors.push(error) });
    await vi.advanceTimersByTimeAsync(25);
    expect(errors).toEqual([new Error("once")]);
    expect(runs).toBe(3);
    await loop.stop();
  });

  it("does nothing more after stop, not even when it is woken", async () => {
    const run = vi.fn();
    const loop = createLoop({ everyMs: 10, run, onError: fail });
    await loop.stop();
    loop.wake();
    await vi.advanceTimersByTimeAsync(100);
    expect(run).not.toHaveBeenCalled();
  });

  it("tells the run that it is stopping and waits for it", async () => {
    let isCut = false;
    const run = async (stopping: AbortSignal) => {
      await delay(1e9, stopping);
      isCut = true;
    };
    const loop = createLoop({ everyMs: 10, run, onError: fail });
    await vi.advanceTimersByTimeAsync(1);
    await loop.stop();
    expect(isCut).toBe(true);
  });

  it("spreads its waits by the jitter and no further", async () => {
    const startsMs: number[] = [];
    const loop = createLoop({
      everyMs: 1000,
      jitter: { ratio: 0.1, rng: createRng("loop") },
      run: () => void startsMs.push(performance.now()),
      onError: fail,
    });
    await vi.advanceTimersByTimeAsync(50_000);
    const waits = startsMs.slice(1).map((at, index) => at - (startsMs[index] ?? 0));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(900);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1101);
    expect(new Set(waits).size).toBeGreaterThan(10);
    await loop.stop();
  });
});

describe("delay", () => {
  it("resolves early when its signal aborts, and at once when it already has", async () => {
    const stop = new AbortController();
    const waiting = delay(1e9, stop.signal);
    stop.abort();
    await waiting;
    await delay(1e9, stop.signal);
    expect(vi.getTimerCount()).toBe(0);
  });
});
