import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, type JobNeeds, parseLimits, planLimits, TASKS_MAX } from "./limits.ts";

const GIB = 1024 ** 3;
const BOX = { memoryBytes: 480 * GIB, cores: 72 };
const BATCH: JobNeeds = { lane: "gpu", priority: "batch", memoryBytes: null, diskBytes: null };

describe("planLimits", () => {
  it("takes the declared memory as it is", () => {
    expect(planLimits({ ...BATCH, memoryBytes: 8 * GIB }, BOX).memoryBytes).toBe(8 * GIB);
  });

  it("leaves a tenth of the box to everybody else when a job declares nothing", () => {
    expect(planLimits(BATCH, BOX).memoryBytes).toBe(432 * GIB);
    expect(planLimits(BATCH, { memoryBytes: 2 * GIB, cores: 2 }).memoryBytes).toBe(1.5 * GIB);
    expect(planLimits(BATCH, { memoryBytes: GIB / 2, cores: 2 }).memoryBytes).toBe(GIB / 2);
  });

  it("gives the CPU lane half of the cores, at least one, and the GPU lane all", () => {
    expect(planLimits({ ...BATCH, lane: "cpu" }, BOX).cpuCores).toBe(36);
    expect(planLimits({ ...BATCH, lane: "cpu" }, { ...BOX, cores: 1 }).cpuCores).toBe(1);
    expect(planLimits(BATCH, BOX).cpuCores).toBeNull();
  });

  it("weighs by priority and lets only batch yield the disk", () => {
    const plans = (["realtime", "interactive", "background", "batch"] as const).map((priority) =>
      planLimits({ ...BATCH, priority }, BOX),
    );
    expect(plans.map(({ cpuWeight }) => cpuWeight)).toEqual([400, 200, 50, 20]);
    expect(plans.map(({ yieldsDisk }) => yieldsDisk)).toEqual([false, false, false, true]);
  });
});

describe("parseLimits", () => {
  it("reads back what was written", () => {
    const limits = planLimits({ ...BATCH, lane: "cpu", diskBytes: GIB }, BOX);
    expect(parseLimits(JSON.parse(JSON.stringify(limits)))).toEqual(limits);
  });

  it.each([undefined, null, 7, [], "x"])("falls to the defaults for %j", (value) => {
    expect(parseLimits(value)).toEqual(DEFAULT_LIMITS);
  });

  it("never lets nonsense lift the bound on tasks", () => {
    for (const tasks of [0, -1, null, "many", true]) expect(parseLimits({ tasks }).tasks).toBe(TASKS_MAX);
    expect(parseLimits({ memoryBytes: -1, diskBytes: "x", cpuCores: 0, yieldsDisk: 1 })).toEqual(
      DEFAULT_LIMITS,
    );
  });
});
