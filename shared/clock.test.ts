import { describe, expect, it } from "vitest";
import { createClock, RECHECK_MS } from "./clock.ts";

/** A machine whose clocks the test moves; counts how often the file is read. */
class FakeMachine {
  monotonic = 5_000;
  boot = 5_000;
  wall = 1_700_000_000_000;
  reads = 0;
  waitAfterFileMs = 0;
  readonly clock = createClock({
    monotonicMs: () => this.monotonic,
    wallMs: () => this.wall,
    uptimeMs: () => {
      this.reads += 1;
      const uptimeMs = Math.floor(this.boot / 10) * 10;
      this.run(this.waitAfterFileMs);
      return uptimeMs;
    },
  });

  run(ms: number): void {
    this.monotonic += ms;
    this.boot += ms;
    this.wall += ms;
  }

  suspend(ms: number): void {
    this.boot += ms;
    this.wall += ms;
  }
}

describe("bootMs", () => {
  it("advances with the monotonic clock, finer than the file", () => {
    const machine = new FakeMachine();
    const startMs = machine.clock.bootMs();
    machine.run(0.25);
    expect(machine.clock.bootMs() - startMs).toBeCloseTo(0.25, 6);
  });

  it("reads the file once a second, however often it is asked", () => {
    const machine = new FakeMachine();
    for (let call = 0; call < 10_000; call++) {
      machine.clock.bootMs();
      machine.run(1);
    }
    expect(machine.reads).toBe(10_000 / RECHECK_MS);
  });

  it.each([30, 1_000, 8 * 3_600_000])("sees a suspend of %i ms at the first call after it", (sleptMs) => {
    const machine = new FakeMachine();
    const beforeMs = machine.clock.bootMs();
    machine.run(3);
    machine.suspend(sleptMs);
    expect(machine.clock.bootMs() - beforeMs).toBeGreaterThanOrEqual(sleptMs - 10);
    machine.suspend(sleptMs);
    expect(machine.clock.bootMs() - beforeMs).toBeGreaterThanOrEqual(2 * sleptMs - 10);
  });

  it("sees a suspend within a second although the calendar was set back by as much", () => {
    const machine = new FakeMachine();
    const beforeMs = machine.clock.bootMs();
    machine.suspend(60_000);
    machine.wall -= 60_000;
    machine.run(RECHECK_MS);
    expect(machine.clock.bootMs() - beforeMs).toBeGreaterThanOrEqual(60_000 + RECHECK_MS - 10);
  });

  it("does not move when somebody sets the calendar", () => {
    const machine = new FakeMachine();
    const startMs = machine.clock.bootMs();
    machine.wall += 86_400_000;
    expect(machine.clock.bootMs()).toBe(startMs);
    machine.wall -= 2 * 86_400_000;
    expect(machine.clock.bootMs()).toBe(startMs);
    const reads = machine.reads;
    machine.clock.bootMs();
    expect(machine.reads).toBe(reads);
  });

  it("does not go back after a reading during which the thread had to wait", () => {
    const machine = new FakeMachine();
    let lastMs = machine.clock.bootMs();
    for (let step = 0; step < 200; step++) {
      machine.run(RECHECK_MS / 2);
      machine.waitAfterFileMs = step % 3 === 0 ? 75 : 0;
      const nowMs = machine.clock.bootMs();
      expect(nowMs).toBeGreaterThanOrEqual(lastMs);
      lastMs = nowMs;
    }
  });

  it("never goes back between readings", () => {
    const machine = new FakeMachine();
    let lastMs = machine.clock.bootMs();
    for (let step = 0; step < 3_000; step++) {
      machine.run(3.7);
      const nowMs = machine.clock.bootMs();
      expect(nowMs).toBeGreaterThanOrEqual(lastMs);
      lastMs = nowMs;
    }
  });
});
