import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { GpuCard, GpuSensor } from "../../agent/gpu/sensor.ts";
import { delay } from "../../shared/loop.ts";
import {
  type CardFacts,
  compileStub,
  createNvmlRig,
  createSimulatedRig,
  createSmiRig,
  type DriverRig,
  eventually,
  type NvmlRig,
  RIG_TIMING,
  type SmiRig,
} from "../helpers/gpu-rig.ts";

const MIB = 1024 ** 2;
const GH200: CardFacts = {
  uuid: "GPU-6f0c1f4e-0d7a-4c57-9d0c-0a1b2c3d4e5f",
  name: "NVIDIA GH200 480GB",
  pci: "00000009:01:00.0",
  total: 97_871,
  used: 40_000,
  free: 57_271,
  reserved: 600,
  utilisation: 87,
  temperature: 61,
  watts: 512.5,
  throttle: 0x44,
  recovery: [0, "None"],
  processes: [
    { pid: process.pid, mib: 34_000, name: "python" },
    { pid: 4_194_304, mib: null, name: "comfy" },
  ],
};
const SECOND: CardFacts = { uuid: "GPU-second", name: "NVIDIA H200", total: 1_000, used: 0, free: 1_000 };
/** Long enough for a probe to start on a busy box, to hang for its deadline and to wait its backoff out. */
const PATIENT = 60_000;

let stubDirectory = "";
let library = "";
beforeAll(async () => {
  stubDirectory = await mkdtemp(join(tmpdir(), "spiral-nvml-stub-"));
  library = await compileStub(stubDirectory);
});
afterAll(() => rm(stubDirectory, { recursive: true }));

const one = async (sensor: GpuSensor): Promise<GpuCard> => {
  const [card] = await sensor.read();
  if (card === undefined) throw new Error("no card");
  return card;
};
const uuids = (cards: readonly GpuCard[]): readonly string[] => cards.map(({ reading }) => reading.uuid);
const faults = (cards: readonly GpuCard[]): readonly (string | null)[] => cards.map(({ fault }) => fault);

/** A blocked loop stands still for the whole deadline; a busy box makes single ticks late. */
function expectFlowing(lag: IntervalHistogram): void {
  expect(lag.percentile(90) / 1e6).toBeLessThan(50);
  expect(lag.max / 1e6).toBeLessThan(RIG_TIMING.probeDeadlineMs / 3);
}

const DRIVERS = [
  ["nvml", (): Promise<DriverRig> => createNvmlRig(library)],
  ["nvidia-smi", (): Promise<DriverRig> => createSmiRig()],
] as const;

describe.each([
  ...DRIVERS.map(
    ([name, create]) =>
      [
        name,
        async () => {
          const rig = await create();
          await rig.set([GH200]);
          return { sensor: rig.sensor, close: rig.close };
        },
      ] as const,
  ),
  ["simulated", async () => ({ sensor: createSimulatedRig(), close: async () => {} })],
] as const)("every sensor: %s", (name, create) => {
  let rig: { sensor: GpuSensor; close: () => Promise<void> };
  beforeEach(async () => {
    rig = await create();
    await eventually(rig.sensor.read);
  });
  afterEach(() => rig.close());

  it("names the card by the same UUID on every read, and itself as the source", async () => {
    const first = await one(rig.sensor);
    const second = await one(rig.sensor);
    expect(first.reading).toMatchObject({ uuid: expect.stringMatching(/^GPU-/), source: name });
    expect(second.reading.uuid).toBe(first.reading.uuid);
  });

  it("keeps used, free and reserved inside the total", async () => {
    const { reading, freeBytes, reservedBytes } = await one(rig.sensor);
    expect((reading.usedBytes ?? 0) + (freeBytes ?? 0)).toBe(reading.totalBytes);
    expect(reservedBytes).toBeLessThanOrEqual(reading.usedBytes ?? 0);
  });

  it("answers overlapping reads", async () => {
    const [first, second] = await Promise.all([rig.sensor.read(), rig.sensor.read()]);
    expect(uuids(first)).toEqual(uuids(second));
  });

  it("is closed for good", async () => {
    await rig.sensor.close();
    await expect(rig.sensor.read()).rejects.toMatchObject({ code: "unavailable" });
    await rig.sensor.close();
  });
});

describe.each(DRIVERS)("every driver: %s", (name, create) => {
  let rig: DriverRig;
  beforeEach(async () => {
    rig = await create();
    await rig.set([GH200]);
  });
  afterEach(() => rig.close());
  const good = (): Promise<readonly GpuCard[]> =>
    eventually(
      rig.sensor.read,
      (cards) => cards.length > 0 && faults(cards).every((fault) => fault === null),
    );

  it("reports what the driver says in bytes, ratios and degrees", async () => {
    const [card] = await eventually(rig.sensor.read, ([first]) => first?.processes?.length === 2);
    expect(card).toMatchObject({
      reading: {
        uuid: GH200.uuid,
        name: GH200.name,
        totalBytes: 97_871 * MIB,
        usedBytes: 40_600 * MIB,
        utilisationRatio: 0.87,
        temperatureC: 61,
        powerW: 512.5,
        source: name,
      },
      freeBytes: 57_271 * MIB,
      reservedBytes: 600 * MIB,
      throttle: ["power-cap", "hw-thermal"],
      recovery: "none",
      pciAddress: "0009:01:00.0",
      parentUuid: null,
      fault: null,
    });
    expect(card?.processes).toEqual([
      { pid: process.pid, usedBytes: 34_000 * MIB, name: expect.any(String) },
      { pid: 4_194_304, usedBytes: null, name: name === "nvml" ? null : "comfy" },
    ]);
  });

  it("calls a field unknown that the driver does not give, and an idle card idle", async () => {
    await rig.set([{ uuid: GH200.uuid, total: 97_871, used: 0, free: 97_871, utilisation: 0 }]);
    const [card] = await eventually(rig.sensor.read, ([first]) => first?.reading.usedBytes === 0);
    expect(card).toMatchObject({
      reading: {
        name: GH200.uuid,
        usedBytes: 0,
        utilisationRatio: 0,
        temperatureC: null,
        powerW: null,
      },
      reservedBytes: null,
      throttle: null,
      recovery: null,
      pciAddress: null,
    });
  });

  it("lists no process of a card that nobody uses", async () => {
    await rig.set([{ ...GH200, processes: [] }]);
    const [card] = await eventually(rig.sensor.read, ([first]) => first?.processes !== null);
    expect(card?.processes).toEqual([]);
  });

  it.each([
    { lie: "used above total", facts: { used: 97_872 } },
    { lie: "free above total", facts: { free: 97_872 } },
  ])("takes $lie for no figure at all", async ({ facts }) => {
    await rig.set([{ ...GH200, ...facts }]);
    const [card] = await eventually(rig.sensor.read, ([first]) => first?.reading.usedBytes === null);
    expect(card?.reading).toMatchObject({ usedBytes: null, totalBytes: 97_871 * MIB });
  });

  it("rejects when the only card names no total", async () => {
    const { total: _, ...facts } = GH200;
    await rig.set([facts]);
    await expect(rig.sensor.read()).rejects.toMatchObject({ code: "unavailable" });
  });

  it("keeps a lost card in sight with its reason while the other one is read", async () => {
    await rig.set([GH200, SECOND]);
    await eventually(rig.sensor.read, (cards) => cards.length === 2);
    await rig.set([GH200, { ...SECOND, isLost: true }]);
    const cards = await eventually(rig.sensor.read, (all) => faults(all).some((fault) => fault !== null));
    expect(faults(cards)).toEqual([null, expect.stringContaining("GPU is lost")]);
    expect(cards[1]?.reading).toMatchObject({ uuid: SECOND.uuid, usedBytes: null });
    await rig.set([GH200, SECOND]);
    expect(uuids(await good())).toEqual([GH200.uuid, SECOND.uuid]);
  });

  it(
    "rejects while every card is lost and reads again when they are back",
    async () => {
      await rig.trouble("lost");
      await expect(rig.sensor.read()).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("GPU is lost"),
      });
      await rig.trouble("none");
      expect(uuids(await good())).toEqual([GH200.uuid]);
    },
    PATIENT,
  );

  it("tells that there is no device from a failure", async () => {
    await rig.trouble("no-devices");
    await expect(rig.sensor.read()).rejects.toMatchObject({ code: "notFound" });
  });

  it(
    "survives the death of its probe",
    async () => {
      await good();
      for (const pid of await rig.probes()) process.kill(pid, "SIGKILL");
      await eventually(rig.probes, (pids) => pids.length === 0);
      expect(uuids(await good())).toEqual([GH200.uuid]);
    },
    PATIENT,
  );

  it(
    "fails at its deadline while the driver hangs, never blocks the event loop, and heals",
    async () => {
      await good();
      const before = await rig.probes();
      await rig.trouble("hang");
      const lag = monitorEventLoopDelay({ resolution: 5 });
      lag.enable();
      const failure = await hung(rig.sensor);
      await delay(RIG_TIMING.probeDeadlineMs);
      lag.disable();
      expect(failure).toMatch(/did not answer|printed nothing/);
      expectFlowing(lag);
      await eventually(
        async () => {
          await rig.sensor.read().catch(() => {});
          return (await rig.probes()).filter((pid) => before.includes(pid));
        },
        ({ length }) => length === 0,
      );
      await rig.trouble("none");
      expect(uuids(await good())).toEqual([GH200.uuid]);
    },
    PATIENT,
  );

  it(
    "neither kills nor doubles a probe that ignores SIGTERM, and heals when it has let go",
    async () => {
      await good();
      const before = await rig.probes();
      await rig.trouble("deaf");
      await hung(rig.sensor);
      for (let look = 0; look < 20; look++) {
        await expect(rig.sensor.read()).rejects.toMatchObject({ code: "unavailable" });
        expect(await rig.probes()).toEqual(before);
        await delay(100);
      }
      await rig.trouble("none");
      expect(uuids(await good())).toEqual([GH200.uuid]);
      expect(await rig.probes()).toHaveLength(before.length);
      expect(await rig.probes()).not.toEqual(before);
    },
    PATIENT,
  );

  it("does not wait for a hanging probe when it is closed", async () => {
    await good();
    await rig.trouble("deaf");
    await hung(rig.sensor);
    const reading = rig.sensor.read().catch(() => "failed");
    await rig.sensor.close();
    expect(await reading).toBe("failed");
  });
});

/** Reads until the driver's silence is noticed: rows that came before it may serve for a moment. */
async function hung(sensor: GpuSensor): Promise<string> {
  for (;;) {
    const failure = await sensor.read().then(
      () => null,
      (error: Error) => error.message,
    );
    if (failure !== null) return failure;
    await delay(50);
  }
}

describe("NVML", () => {
  let rig: NvmlRig;
  beforeEach(async () => {
    rig = await createNvmlRig(library);
  });
  afterEach(() => rig.close());
  const CARD = ["count=1", "0.uuid=GPU-a", "0.name=A", "0.total=1000", "0.temperature=50", "0.power=70000"];

  it.each([
    { code: 1, what: "not initialised", is: "unavailable" },
    { code: 9, what: "driver is not loaded", is: "notFound" },
    { code: 18, what: "versions differ", is: "unavailable" },
    { code: 4, what: "no permission", is: "unavailable" },
  ])("tells init code $code as $what", async ({ code, what, is }) => {
    await rig.write([`init=${code}`]);
    await expect(rig.sensor.read()).rejects.toMatchObject({
      code: is,
      message: expect.stringContaining(what),
    });
  });

  it.each([
    { lines: ["0.free=900", "0.used=60", "0.reserved=40"], used: 100, why: "used without reserved" },
    { lines: ["0.free=900", "0.used=100", "0.reserved=40"], used: 100, why: "used with reserved" },
    { lines: ["0.used=60", "0.reserved=40"], used: 100, why: "no free" },
    { lines: ["0.free=900", "0.used=150"], used: 150, why: "used above total - free" },
    { lines: ["0.free=900", "0.used=60", "0.memory.code=25"], used: 100, why: "the first memory call only" },
    { lines: ["0.free=900", "0.used=0x1000000000000000"], used: null, why: "a used amount of 2^60" },
    { lines: [], used: null, why: "neither" },
  ])("takes $used bytes as used from a driver that says $why", async ({ lines, used }) => {
    await rig.write([...CARD, ...lines]);
    expect((await one(rig.sensor)).reading.usedBytes).toBe(used);
  });

  it.each([
    { code: 3, memoryAccounting: "driver" },
    { code: 999, memoryAccounting: null },
  ])("reads who accounts the memory from NUMA answer $code", async ({ code, memoryAccounting }) => {
    await rig.write([...CARD, `0.numa.code=${code}`]);
    expect(await one(rig.sensor)).toMatchObject({ memoryAccounting });
    await rig.write([...CARD, "0.numa=1"]);
    expect(await one(rig.sensor)).toMatchObject({ memoryAccounting: "os-numa" });
  });

  it("counts a process once that computes and draws, and lists hundreds", async () => {
    const many = Array.from({ length: 300 }, (_, at) => `0.process=compute:${at + 100_000_000}:1`);
    await rig.write([...CARD, ...many, "0.process=graphics:100000007:3", "0.process=graphics:5:2000"]);
    const { processes } = await one(rig.sensor);
    expect(processes).toHaveLength(301);
    expect(processes?.[7]).toMatchObject({ pid: 100_000_007, usedBytes: 3 });
    expect(processes?.[300]).toMatchObject({ pid: 5, usedBytes: null });
  });

  it("knows no processes where it may not list them", async () => {
    await rig.write([...CARD, "0.process.code=4"]);
    expect((await one(rig.sensor)).processes).toBeNull();
  });

  it("shows MIG instances by their own UUID and memory in place of the GPU", async () => {
    await rig.write([
      ...CARD,
      "0.mig=1",
      "0.memory.code=4",
      ...["0.mig.0.uuid=MIG-x", "0.mig.0.total=100", "0.mig.0.free=40", "0.mig.0.process=compute:9:30"],
      ...["0.mig.3.uuid=MIG-y", "0.mig.3.total=200", "0.mig.3.free=200", "0.mig.3.utilisation=7"],
    ]);
    const [x, y] = await rig.sensor.read();
    expect(x).toMatchObject({
      reading: {
        uuid: "MIG-x",
        name: "A",
        totalBytes: 100,
        usedBytes: 60,
        utilisationRatio: null,
        powerW: 70,
      },
      parentUuid: "GPU-a",
    });
    expect(x?.processes).toMatchObject([{ pid: 9, usedBytes: 30 }]);
    expect(y).toMatchObject({ reading: { uuid: "MIG-y", usedBytes: 0, temperatureC: 50 }, processes: [] });
  });

  it("cannot place anything on a GPU in MIG mode without an instance", async () => {
    await rig.write([...CARD, "0.mig=1"]);
    await expect(rig.sensor.read()).rejects.toThrow("MIG mode without an instance");
  });

  it("says that there is nothing to ask where the library is missing", async () => {
    const missing = await createNvmlRig(join(stubDirectory, "libnowhere.so.1"));
    await expect(missing.sensor.read()).rejects.toMatchObject({ code: "notFound" });
    await missing.close();
  });
});

describe("nvidia-smi", () => {
  let rig: SmiRig;
  beforeEach(async () => {
    rig = await createSmiRig();
    await rig.set([GH200]);
  });
  afterEach(() => rig.close());
  const setMode = (mode: string): Promise<void> => writeFile(join(rig.directory, "mode"), mode);
  const starts = async (): Promise<readonly string[]> =>
    (await readFile(join(rig.directory, "starts"), "utf8")).trim().split("\n");

  it.each(["-1", "NaN", "ERR!x", "0.3"])("takes `%s` used for no figure at all", async (used) => {
    await rig.set([{ ...GH200, used }]);
    expect((await one(rig.sensor)).reading.usedBytes).toBeNull();
  });

  it.each(["[N/A]", "[Not Supported]", "[Insufficient Permissions]", "ERR!", "N/A"])(
    "reads `%s` as not given",
    async (used) => {
      await rig.set([{ ...GH200, used }]);
      expect((await one(rig.sensor)).reading.usedBytes).toBe((97_871 - 57_271) * MIB);
    },
  );

  it("takes a card that needs a reset for a faulty one", async () => {
    await rig.set([GH200, { ...SECOND, used: "[GPU requires reset]" }]);
    expect(uuids(await rig.sensor.read())).toEqual([GH200.uuid]);
  });

  it("does not tell MIG instances apart and says so", async () => {
    await appendFile(join(rig.directory, "gpu.0"), "mig.mode.current=Enabled\n");
    await expect(rig.sensor.read()).rejects.toThrow("it is in MIG mode");
  });

  it("does without the fields that an older driver refuses, and prefers their older names", async () => {
    const refused = ["clocks_event_reasons.active", "gpu_recovery_action", "memory.reserved"];
    await writeFile(join(rig.directory, "refused"), refused.join("\n"));
    await appendFile(join(rig.directory, "gpu.0"), "clocks_throttle_reasons.active=0x0000000000000008\n");
    const card = await eventually(() => one(rig.sensor));
    expect(card).toMatchObject({ throttle: ["hw-slowdown"], recovery: null, reservedBytes: null });
  });

  it("starts one program for the cards and one for the processes, however often it is read", async () => {
    for (let read = 0; read < 20; read++) await eventually(rig.sensor.read);
    expect((await starts()).map((line) => line.split(" ")[0]).sort()).toEqual(["apps", "gpu"]);
  });

  it.each(["garbage", "broken"])(
    "rejects on %s and reads again after it",
    async (mode) => {
      await setMode(mode);
      await expect(rig.sensor.read()).rejects.toMatchObject({ code: "unavailable" });
      await setMode("normal");
      expect(uuids(await eventually(rig.sensor.read))).toEqual([GH200.uuid]);
    },
    PATIENT,
  );

  it("waits longer after each end of a program that cannot stay", async () => {
    await setMode("broken");
    for (let read = 0; read < 40; read++) {
      await rig.sensor.read().catch(() => {});
      await delay(20);
    }
    const count = (await starts()).filter((line) => line.startsWith("gpu")).length;
    expect(count).toBeGreaterThan(1);
    expect(count).toBeLessThan(8);
  });

  it.each([
    { what: "one endless line", filler: "x" },
    { what: "a hundred million lines", filler: "\\n" },
  ])(
    "bears 100 MB of $what in bounded memory without blocking",
    async ({ filler }) => {
      await eventually(rig.sensor.read);
      const beforeBytes = process.memoryUsage().rss;
      await writeFile(join(rig.directory, "filler"), filler);
      const lag = monitorEventLoopDelay({ resolution: 5 });
      lag.enable();
      await setMode("flood");
      await hung(rig.sensor);
      await delay(RIG_TIMING.probeDeadlineMs);
      lag.disable();
      expect(process.memoryUsage().rss - beforeBytes).toBeLessThan(64 * MIB);
      expectFlowing(lag);
      await setMode("normal");
      expect(uuids(await eventually(rig.sensor.read))).toEqual([GH200.uuid]);
    },
    PATIENT,
  );

  it("calls the processes unknown, and not none, while only their program hangs", async () => {
    await eventually(rig.sensor.read, ([card]) => card?.processes !== null);
    const line = (await starts()).find((start) => start.startsWith("apps"));
    process.kill(Number(line?.split(" ")[1]), "SIGSTOP");
    const [card] = await eventually(rig.sensor.read, ([first]) => first?.processes === null);
    process.kill(Number(line?.split(" ")[1]), "SIGCONT");
    expect(card?.reading.usedBytes).toBe(40_600 * MIB);
    await eventually(rig.sensor.read, ([first]) => first?.processes?.length === 2);
  });
});
