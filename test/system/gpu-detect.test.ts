import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ChooseOptions, chooseGpu } from "../../agent/gpu/choose.ts";
import { findProgram } from "../../agent/gpu/detect.ts";
import type { GpuSensor } from "../../agent/gpu/sensor.ts";
import { systemClock } from "../../shared/clock.ts";
import { createLog } from "../../shared/log.ts";
import { entry } from "../helpers/bundle.ts";
import {
  compileStub,
  createNvmlRig,
  createSmiRig,
  type DriverRig,
  FIXTURES,
  RIG_TIMING,
} from "../helpers/gpu-rig.ts";

const CARD = { uuid: "GPU-a", name: "GH200", total: 100, used: 0, free: 100 };
const SMI = join(FIXTURES, "smi-stub/nvidia-smi");
const MISSING = "libnowhere.so.1";

let stubDirectory = "";
let library = "";
let probePath = "";
beforeAll(async () => {
  stubDirectory = await mkdtemp(join(tmpdir(), "spiral-nvml-stub-"));
  library = await compileStub(stubDirectory);
  probePath = await entry("gpu-probe");
});
afterAll(() => rm(stubDirectory, { recursive: true }));

const rigs: DriverRig[] = [];
const sensors: GpuSensor[] = [];
const logged: string[] = [];
afterEach(async () => {
  for (const sensor of sensors.splice(0)) await sensor.close();
  for (const rig of rigs.splice(0)) await rig.close();
  logged.length = 0;
});

async function choose(
  options: Partial<ChooseOptions>,
): Promise<{ source: string; sensor: GpuSensor | null }> {
  const log = createLog({ level: "info", destination: { write: (line) => logged.push(line) } });
  const { source, createSensor } = await chooseGpu({
    ...{
      wanted: "auto",
      node: "alpha",
      probePath,
      nvmlLibrary: MISSING,
      nvidiaSmi: SMI,
      searchPath: "",
      simulatedPath: "",
    },
    ...{ clock: systemClock, timing: RIG_TIMING, log },
    ...options,
  });
  const sensor =
    createSensor?.(
      () => [],
      () => {},
    ) ?? null;
  if (sensor !== null) sensors.push(sensor);
  return { source, sensor };
}
const findings = (): readonly { adapter: string; finding: string }[] =>
  logged.map((line) => JSON.parse(line)).find(({ event }) => event === "gpu.chosen").findings;

async function withNvml(): Promise<DriverRig> {
  const rig = await createNvmlRig(library);
  rigs.push(rig);
  await rig.set([CARD]);
  return rig;
}

async function withSmi(): Promise<DriverRig> {
  const rig = await createSmiRig();
  rigs.push(rig);
  await rig.set([CARD]);
  return rig;
}

describe("chooseGpu", () => {
  it("takes NVML where it works and looks no further", async () => {
    await withNvml();
    const { source, sensor } = await choose({ nvmlLibrary: library });
    expect(source).toBe("nvml");
    expect((await sensor?.read())?.[0]?.reading.uuid).toBe("GPU-a");
    expect(findings()).toEqual([{ adapter: "nvml", finding: "reads GH200 (GPU-a)" }]);
  });

  it("takes nvidia-smi where there is no NVML, and says why not", async () => {
    await withSmi();
    expect((await choose({})).source).toBe("nvidia-smi");
    expect(findings()).toEqual([
      { adapter: "nvml", finding: expect.stringContaining(MISSING) },
      { adapter: "nvidia-smi", finding: "reads GH200 (GPU-a)" },
    ]);
  });

  it("has no GPU where neither is installed, and never a simulated one", async () => {
    expect(await choose({ nvidiaSmi: "nvidia-smi" })).toEqual({ source: "none", sensor: null });
    expect(findings()[1]).toEqual({ adapter: "nvidia-smi", finding: "nvidia-smi is not installed" });
  });

  it("has no GPU where both drivers find no device", async () => {
    await (await withNvml()).set([]);
    await (await withSmi()).trouble("no-devices");
    expect((await choose({ nvmlLibrary: library })).source).toBe("none");
    expect(findings().map(({ finding }) => finding)).toEqual([
      "NVML: the driver knows no GPU",
      expect.stringContaining("No devices were found"),
    ]);
  });

  it("keeps a driver that hangs: the box has a GPU that cannot be read", async () => {
    await withSmi();
    await (await withNvml()).trouble("hang");
    const { source, sensor } = await choose({ nvmlLibrary: library });
    expect(source).toBe("nvml");
    await expect(sensor?.read()).rejects.toMatchObject({ code: "unavailable" });
  });

  it("refuses a named adapter that this box does not have", async () => {
    await expect(choose({ wanted: "nvidia-smi", nvidiaSmi: "nvidia-smi" })).rejects.toMatchObject({
      code: "config",
      message: "gpu nvidia-smi: nvidia-smi: nvidia-smi is not installed",
    });
  });

  it("simulates and does without only where it is told to", async () => {
    expect((await choose({ wanted: "simulated" })).source).toBe("simulated");
    expect(await choose({ wanted: "none" })).toEqual({ source: "none", sensor: null });
  });
});

describe("findProgram", () => {
  it("looks where a shell would, and takes only what can be run", () => {
    expect(findProgram("sh", "/nowhere:/bin")).toBe("/bin/sh");
    expect(findProgram("passwd", "/etc")).toBeNull();
    expect(findProgram("/bin/sh", "")).toBe("/bin/sh");
  });
});
