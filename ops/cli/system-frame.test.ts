import pc from "picocolors";
import { describe, expect, it } from "vitest";
import type { SystemResources } from "../../shared/wire/local-types.ts";
import type { NodeReply } from "./nodes.ts";
import { drawEvent, drawPressures, drawResources } from "./system-frame.ts";

const plain = pc.createColors(false);
const GIB = 1024 ** 3;

const reply = <Answer>(answer: Answer): NodeReply<Answer> => ({
  node: "alpha",
  via: "local",
  ageMs: 1_200,
  problem: null,
  answer,
});

const UNKNOWN: SystemResources = {
  cpuCores: 72,
  cpuRatio: null,
  memoryTotalBytes: null,
  memoryAvailableBytes: null,
  swapTotalBytes: null,
  swapUsedBytes: null,
  memoryStallPercent: null,
  processes: [{ pid: 7, name: "", rssBytes: null, vramBytes: null, cpuMs: 1_000 }],
};

describe("drawResources", () => {
  it("calls what no sensor gave unknown, never 0", () => {
    const lines = drawResources([reply(UNKNOWN)], plain);
    expect(lines[1]).toMatch(/^alpha +unknown +72 +unknown +unknown +unknown +unknown +unknown +1\.2 s$/);
    expect(lines.at(-1)).toMatch(/ 7 {2}\(has ended\) +unknown +unknown +1\.0 s$/);
  });

  it("shows what is used of what there is", () => {
    const known = {
      ...UNKNOWN,
      cpuRatio: 0.374,
      memoryTotalBytes: 480 * GIB,
      memoryAvailableBytes: 400 * GIB,
      swapTotalBytes: 0,
      swapUsedBytes: 0,
      memoryStallPercent: 0.25,
      processes: [],
    };
    expect(drawResources([reply(known)], plain)[1]).toMatch(
      /^alpha +37 % +72 +80\.0 GiB +480\.0 GiB +400\.0 GiB +no swap +0\.3 % /,
    );
  });
});

const EVENT = {
  kind: "pressure",
  name: "gpu:pressure:high",
  level: "high",
  ratio: 0.85,
  gpu: "GPU-sim-1",
} as const;

describe("drawPressures and drawEvent", () => {
  it("show what is watched, its level and the card", () => {
    const [, row] = drawPressures([reply({ pressures: [EVENT] })], plain);
    expect(row).toMatch(/^alpha {2}gpu +█+ +0\.85 +high +GPU-sim-1 \(simulated\) +1\.2 s$/);
    expect(drawEvent({ ...EVENT, wallMs: 0, node: "alpha" }, plain)).toMatch(
      /alpha {2}gpu:pressure:high +█+ +0\.85 {2}GPU-sim-1 \(simulated\)$/,
    );
  });

  it("name a node that tells nothing", () => {
    expect(drawPressures([reply({ pressures: [] })], plain)).toEqual(["alpha tells no pressure yet"]);
  });
});
