import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLog } from "../../shared/log.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { createPressureWatcher, type Look, MAX_LISTENERS, type PressureEvent } from "./pressure-watcher.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setImmediate", "Date"], now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

type Looker = (nowMs: number) => Look<number> | Promise<Look<number>>;

/** A watcher of memory on the fake clock, with everything it said and logged. */
function watch(look: Looker) {
  const lines: string[] = [];
  const looks: number[] = [];
  const events: PressureEvent<number>[] = [];
  const clock = { bootMs: () => Date.now(), wallMs: () => Date.now() };
  const watcher = createPressureWatcher<number>({
    watched: "memory",
    look: (nowMs) => {
      looks.push(nowMs);
      return look(nowMs);
    },
    clock,
    timing: createTiming(),
    log: createLog({ level: "debug", destination: { write: (line) => void lines.push(line) } }),
  });
  watcher.subscribe((event) => events.push(event));
  return { watcher, lines, looks, events, names: () => events.map(({ name }) => name) };
}

const at = (ratio: number): Look<number> => ({ ratio, reading: ratio });

describe("createPressureWatcher", () => {
  it("polls memory at 10, 5, 2 and 1 s by its level", async () => {
    for (const [ratio, everyMs] of [
      [0.1, 10_000],
      [0.6, 5_000],
      [0.8, 2_000],
      [0.95, 1_000],
    ] as const) {
      const rig = watch(() => at(ratio));
      await vi.advanceTimersByTimeAsync(30_500);
      const gaps = rig.looks.slice(1).map((lookMs, index) => lookMs - (rig.looks[index] ?? 0));
      for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(everyMs);
      for (const gap of gaps) expect(gap).toBeLessThan(everyMs + 300);
      rig.watcher.stop();
    }
  });

  it("tells a crossing under the name of its new level, before the update of that poll", async () => {
    let ratio = 0.1;
    const rig = watch(() => at(ratio));
    await vi.advanceTimersByTimeAsync(500);
    expect(rig.names()).toEqual(["memory:pressure:normal", "memory:pressure:update"]);
    ratio = 0.82;
    await vi.advanceTimersByTimeAsync(10_500);
    expect(rig.names().slice(2)).toEqual(["memory:pressure:high", "memory:pressure:update"]);
    expect(rig.events[2]).toMatchObject({
      from: "normal",
      level: "high",
      ratio: 0.82,
      reading: 0.82,
      seq: 3,
    });
    rig.watcher.stop();
  });

  it("goes critical when looks fail until the last good one is too old, and says so once in the log", async () => {
    let isBroken = false;
    const rig = watch(() => {
      if (isBroken) throw new Error("no such file");
      return at(0.1);
    });
    await vi.advanceTimersByTimeAsync(500);
    isBroken = true;
    await vi.advanceTimersByTimeAsync(10_500);
    expect(rig.watcher.state().level).toBe("normal");
    await vi.advanceTimersByTimeAsync(10_500);
    expect(rig.watcher.state().level).toBe("critical");
    expect(rig.watcher.latest()).toBe(0.1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(rig.lines.filter((line) => line.includes("cannot be read"))).toHaveLength(1);
    rig.watcher.stop();
  });

  it("does not ask again while a look hangs, yet counts the silence", async () => {
    let release: (look: Look<number>) => void = () => {};
    const hang = (): Promise<Look<number>> => new Promise((resolve) => (release = resolve));
    let isHanging = false;
    const rig = watch(() => (isHanging ? hang() : at(0.1)));
    await vi.advanceTimersByTimeAsync(500);
    isHanging = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(rig.looks).toHaveLength(2);
    expect(rig.watcher.state().level).toBe("critical");
    isHanging = false;
    release(at(0.2));
    await vi.advanceTimersByTimeAsync(500);
    expect(rig.watcher.state()).toMatchObject({ level: "normal", ratio: 0.2 });
    rig.watcher.stop();
  });

  it("takes a ratio that is not told for silence and not for calm", async () => {
    const rig = watch(() => ({ ratio: null, reading: 1 }));
    await vi.advanceTimersByTimeAsync(500);
    expect(rig.watcher.state()).toMatchObject({ level: "critical", ratio: null });
    expect(rig.names()).toEqual(["memory:pressure:update"]);
    rig.watcher.stop();
  });

  it("looks at once and every second while it is stirred", async () => {
    const rig = watch(() => at(0.1));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(rig.looks).toHaveLength(1);
    rig.watcher.stir(3_000);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(rig.looks.length).toBeGreaterThanOrEqual(4);
    await vi.advanceTimersByTimeAsync(8_000);
    expect(rig.looks.length).toBeLessThanOrEqual(6);
    rig.watcher.stop();
  });

  it("lets no listener spoil the others, and bounds their number", async () => {
    const rig = watch(() => at(0.1));
    const silent = vi.fn();
    rig.watcher.subscribe(silent)();
    rig.watcher.subscribe(() => {
      throw new Error("a bad listener");
    });
    const last = vi.fn();
    rig.watcher.subscribe(last);
    for (let count = 3; count < MAX_LISTENERS; count++) rig.watcher.subscribe(() => {});
    expect(() => rig.watcher.subscribe(() => {})).toThrow("listeners already");
    await vi.advanceTimersByTimeAsync(500);
    expect(last).toHaveBeenCalledTimes(2);
    expect(silent).not.toHaveBeenCalled();
    rig.watcher.stop();
  });

  it("is silent after stop, even when a look still answers", async () => {
    let release: (look: Look<number>) => void = () => {};
    const rig = watch(() => new Promise((resolve) => (release = resolve)));
    await vi.advanceTimersByTimeAsync(500);
    rig.watcher.stop();
    release(at(0.99));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(rig.events).toEqual([]);
    expect(rig.looks).toHaveLength(1);
  });
});
