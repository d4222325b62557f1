import { describe, expect, it } from "vitest";
import type { GpuCard } from "../../gpu/sensor.ts";
import { seen, unseen } from "../seen.ts";
import {
  type CardModes,
  checkAddressing,
  checkDriver,
  checkFaults,
  checkMig,
  checkPersistence,
  checkRemap,
  type GpuFacts,
} from "./gpu.ts";

const GIB = 1024 ** 3;
const CARD: GpuCard = {
  reading: {
    ...{ uuid: "GPU-a", name: "GH200", totalBytes: 96 * GIB, usedBytes: 0, utilisationRatio: 0 },
    ...{ temperatureC: 40, powerW: 90, source: "nvml" },
  },
  ...{ processes: [], freeBytes: 96 * GIB, reservedBytes: 0, throttle: [], recovery: "none" },
  ...{ memoryAccounting: "driver", pciAddress: null, parentUuid: null, fault: null },
};
const MODES: CardModes = {
  ...{ uuid: "GPU-a", name: "GH200", persistence: "Enabled", addressing: "ATS", mig: "Disabled" },
  remapPending: "No",
};
const FACTS: GpuFacts = {
  pciCards: seen(["PCI 0009:01:00.0: an NVIDIA GPU"]),
  adapter: "nvml",
  tried: ["nvml: reads GH200 (GPU-a)"],
  cards: seen([CARD]),
  modes: seen({ driver: "580.65.06", cards: [MODES] }),
};
const NO_DRIVER: Partial<GpuFacts> = { adapter: null, tried: ["nvml: no library"], cards: seen([]) };

function withModes(modes: Partial<CardModes>): GpuFacts {
  return { ...FACTS, modes: seen({ driver: null, cards: [{ ...MODES, ...modes }] }) };
}

describe("checkDriver", () => {
  it.each<readonly [string, Partial<GpuFacts>, string]>([
    ["is well when an adapter reads a card", {}, "ok"],
    ["notes a box without a GPU", { ...NO_DRIVER, pciCards: seen([]) }, "note"],
    ["notes it too where the bus cannot be seen", { ...NO_DRIVER, pciCards: unseen("no sysfs") }, "note"],
    ["fails when the bus has a GPU and no driver answers", NO_DRIVER, "fail"],
    ["fails when the driver hangs", { cards: unseen("NVML did not answer within 5000 ms") }, "fail"],
    ["fails when the driver reads no card", { cards: seen([]) }, "fail"],
  ])("%s", (_, facts, severity) => expect(checkDriver({ ...FACTS, ...facts }).severity).toBe(severity));

  it("names card, size and driver", () => {
    expect(checkDriver(FACTS).title).toBe("nvml reads GH200 with 96.0 GiB, driver 580.65.06");
  });

  it("shows why the adapters before the one that works did not", () => {
    const tried = ["nvml: no library", "nvidia-smi: reads GH200 (GPU-a)"];
    expect(checkDriver({ ...FACTS, adapter: "nvidia-smi", tried }).evidence).toEqual([
      "GPU-a",
      "nvml: no library",
    ]);
  });
});

describe("checkFaults", () => {
  it("fails for each card that is lost, and for no other", () => {
    const lost = { ...CARD, fault: "GPU is lost" };
    const findings = checkFaults({ ...FACTS, cards: seen([CARD, lost]) });
    expect(findings).toMatchObject([{ severity: "fail", evidence: ["GPU-a", "GPU is lost"] }]);
  });
});

describe("checkPersistence", () => {
  it.each<readonly [string, GpuFacts, readonly string[]]>([
    ["is well when it is on", FACTS, ["ok"]],
    ["warns when it is off", withModes({ persistence: "Disabled" }), ["warn"]],
    ["notes that it is unknown when the driver does not say", withModes({ persistence: null }), ["note"]],
    ["notes that it is unknown without nvidia-smi", { ...FACTS, modes: unseen("not installed") }, ["note"]],
    ["says nothing where there is no card", { ...FACTS, cards: seen([]) }, []],
  ])("%s", (_, facts, severities) => {
    expect(checkPersistence(facts).map(({ severity }) => severity)).toEqual(severities);
  });
});

describe("checkMig", () => {
  it.each([
    ["Enabled", "note", "MIG is on"],
    ["Disabled", "ok", "MIG is off"],
    [null, "ok", "MIG is off"],
  ])("%s", (mig, severity, title) => {
    expect(checkMig(withModes({ mig }))).toMatchObject([{ severity, title: expect.stringContaining(title) }]);
  });
});

describe("checkRemap", () => {
  it("warns of a row that waits for a reset, and is silent otherwise", () => {
    expect(checkRemap(withModes({ remapPending: "Yes" }))).toMatchObject([{ severity: "warn" }]);
    expect(checkRemap(FACTS)).toEqual([]);
  });
});

describe("checkAddressing", () => {
  const hbm = (reclaimableGib: number) => [
    { node: 1, totalBytes: 96 * GIB, reclaimableBytes: reclaimableGib * GIB },
  ];
  it.each([
    ["is well on an ordinary card", "ordinary", 0, "ok"],
    ["is well in CDMM mode", "cdmm", 0, "ok"],
    ["notes NUMA mode, because anybody may be given VRAM", "numa", 1, "note"],
    ["warns when the page cache fills the card", "numa", 80, "warn"],
  ] as const)("%s", (_, mode, cacheGib, severity) => {
    expect(checkAddressing({ mode, addressing: ["ATS"], hbm: hbm(cacheGib) }).severity).toBe(severity);
  });

  it("names the cures that it does not apply", () => {
    const { cure } = checkAddressing({ mode: "numa", addressing: ["ATS"], hbm: hbm(80) });
    expect(cure).toMatch(/drop_caches.*membind=0.*CDMM/);
  });
});
