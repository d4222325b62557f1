import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLog } from "../../shared/log.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { PRESSURE_POLICY } from "../../shared/policy/pressure.ts";
import { createHostWatch } from "./host-watch.ts";

const FIXTURE = new URL("../../test/fixtures/sysfs/gh200-numa", import.meta.url).pathname;
let box = "";
beforeEach(() => {
  box = mkdtempSync(join(tmpdir(), "host-"));
  cpSync(FIXTURE, box, { recursive: true });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setImmediate", "Date"], now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(box, { recursive: true });
});

function watchBox() {
  const names: string[] = [];
  const watch = createHostWatch({
    policies: () => ({ cpu: PRESSURE_POLICY, memory: PRESSURE_POLICY }),
    osFloorBytes: () => 0,
    roots: { proc: join(box, "proc"), sys: join(box, "sys") },
    clock: { bootMs: () => Date.now(), wallMs: () => Date.now() },
    timing: createTiming(),
    log: createLog({ level: "silent", destination: { write: () => {} } }),
  });
  watch.cpu.subscribe(({ name }) => names.push(name));
  watch.memory.subscribe(({ name }) => names.push(name));
  return { watch, names };
}

describe("createHostWatch", () => {
  it("calls a full HBM no memory pressure, and the filling of main memory one", async () => {
    const { watch, names } = watchBox();
    await vi.advanceTimersByTimeAsync(500);
    expect(watch.memory.state().level).toBe("normal");
    expect(watch.memory.latest()?.hbmNodes).toHaveLength(1);
    const full = "Node 0 MemTotal: 1000 kB\nNode 0 MemFree: 30 kB\nNode 0 Active(file): 0 kB\n";
    writeFileSync(join(box, "sys/devices/system/node/node0/meminfo"), `${full}Node 0 Inactive(file): 0 kB\n`);
    await vi.advanceTimersByTimeAsync(10_500);
    expect(names.filter((name) => name.startsWith("memory") && !name.endsWith("update"))).toEqual([
      "memory:pressure:normal",
      "memory:pressure:critical",
    ]);
    watch.stop();
  });

  it("knows the processor's level from the second look on, a second after the first", async () => {
    const { watch, names } = watchBox();
    await vi.advanceTimersByTimeAsync(500);
    expect(watch.cpu.state()).toMatchObject({ level: "critical", ratio: null });
    writeFileSync(join(box, "proc/stat"), "cpu  4085 100 1000 20015 400 0 50 0 0 0\n");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(watch.cpu.state()).toMatchObject({ level: "high", ratio: 0.85 });
    expect(names).toContain("cpu:pressure:high");
    watch.stop();
  });
});
