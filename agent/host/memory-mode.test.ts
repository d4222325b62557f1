import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NodeMemory } from "./kernel-text.ts";
import {
  cpulessNodes,
  detectMemoryMode,
  hostMemoryBytes,
  matchHbmNodes,
  vramUsedWithoutReclaimable,
} from "./memory-mode.ts";

const GIB = 1024 ** 3;

function memory(node: number, totalGib: number, freeGib = 0, reclaimableGib = 0): NodeMemory {
  return {
    node,
    totalBytes: totalGib * GIB,
    freeBytes: freeGib * GIB,
    reclaimableBytes: reclaimableGib * GIB,
  };
}

const GRACE = { cpuNodes: [0], memoryNodes: [0, 1, 2] };
const GRACE_MEMORY = [memory(0, 480, 300, 100), memory(1, 96, 6, 60), memory(2, 0)];

describe("cpulessNodes", () => {
  it("are the memory nodes without processors, whatever their number", () => {
    expect(cpulessNodes({ cpuNodes: [0, 1], memoryNodes: [0, 1, 9, 17] })).toEqual([9, 17]);
  });
});

describe("detectMemoryMode", () => {
  const silent = { isAts: null, driverParams: null };
  const plain = { cpuNodes: [0], memoryNodes: [0] };
  it.each([
    ["a memory node without processors", GRACE, GRACE_MEMORY, silent, "numa"],
    ["only empty ones", GRACE, [memory(0, 480), memory(1, 0)], silent, "ordinary"],
    [
      "a memory expander beside a discrete card",
      GRACE,
      GRACE_MEMORY,
      { ...silent, isAts: false },
      "ordinary",
    ],
    ["ATS and no such node", plain, [memory(0, 480)], { ...silent, isAts: true }, "cdmm"],
    [
      "a driver that keeps the memory to itself",
      plain,
      [memory(0, 480)],
      { ...silent, driverParams: 'EnableMSI: 1\nCoherentGPUMemoryMode: "driver"\n' },
      "cdmm",
    ],
    ["one node and a driver without a preference", plain, [memory(0, 64)], silent, "ordinary"],
    ["a kernel without NUMA", null, [], silent, "ordinary"],
  ] as const)("with %s", (_case, topology, nodes, evidence, mode) => {
    expect(detectMemoryMode(topology, nodes, evidence)).toBe(mode);
  });
});

describe("hostMemoryBytes", () => {
  const meminfo = {
    totalBytes: 576 * GIB,
    availableBytes: 470 * GIB,
    swapTotalBytes: null,
    swapUsedBytes: null,
  };

  it("leaves the HBM out on a coherent box", () => {
    expect(hostMemoryBytes(GRACE, GRACE_MEMORY, meminfo)).toEqual({
      totalBytes: 480 * GIB,
      availableBytes: 400 * GIB,
    });
  });

  it("believes the kernel where every memory node has processors, even if the sums do not match", () => {
    const plain = { cpuNodes: [0], memoryNodes: [0] };
    expect(hostMemoryBytes(plain, [memory(0, 6, 5)], meminfo)).toEqual({
      totalBytes: 576 * GIB,
      availableBytes: 470 * GIB,
    });
    expect(hostMemoryBytes(plain, [], null)).toBeNull();
  });

  it("is unknown when a node that counts cannot be read", () => {
    expect(hostMemoryBytes(GRACE, [memory(1, 96)], meminfo)).toBeNull();
  });
});

describe("vramUsedWithoutReclaimable", () => {
  const hbmNode = memory(1, 96, 6, 60);

  it("takes the page cache of the HBM node off what the driver calls used", () => {
    const use = { deviceUsedBytes: 90 * GIB, processBytes: 20 * GIB, hbmNode };
    expect(vramUsedWithoutReclaimable(use)).toEqual({
      usedBytes: 30 * GIB,
      reclaimableBytes: 60 * GIB,
      memoryAccounting: "os-numa",
    });
  });

  it("takes nothing off where the driver keeps the books", () => {
    const use = { deviceUsedBytes: 90 * GIB, processBytes: null, hbmNode: null };
    expect(vramUsedWithoutReclaimable(use)).toEqual({
      usedBytes: 90 * GIB,
      reclaimableBytes: 0,
      memoryAccounting: "driver",
    });
  });

  it("stays between what its processes hold and what the driver says", () => {
    const bytes = fc.integer({ min: 0, max: 200 * GIB });
    fc.assert(
      fc.property(bytes, fc.option(bytes), bytes, (deviceUsedBytes, processBytes, reclaimableBytes) => {
        const use = { deviceUsedBytes, processBytes, hbmNode: { ...hbmNode, reclaimableBytes } };
        const result = vramUsedWithoutReclaimable(use);
        expect(result.usedBytes).toBeLessThanOrEqual(deviceUsedBytes);
        expect(result.usedBytes).toBeGreaterThanOrEqual(Math.min(deviceUsedBytes, processBytes ?? 0));
        expect(result.usedBytes + result.reclaimableBytes).toBe(deviceUsedBytes);
      }),
    );
  });
});

describe("matchHbmNodes", () => {
  const card = (uuid: string, numaNode: number | null, totalGib = 95) => ({
    uuid,
    numaNode,
    totalBytes: totalGib * GIB,
  });

  it("believes the node that the driver names", () => {
    const nodes = [memory(2, 96), memory(10, 96)];
    const matches = matchHbmNodes(nodes, [card("GPU-a", 10), card("GPU-b", 2)]);
    expect([...matches].map(([uuid, { node }]) => [uuid, node])).toEqual([
      ["GPU-a", 10],
      ["GPU-b", 2],
    ]);
  });

  it("pairs the only node with the only card when their sizes agree", () => {
    expect(matchHbmNodes([memory(1, 96)], [card("GPU-a", null)]).get("GPU-a")?.node).toBe(1);
    expect(matchHbmNodes([memory(1, 512)], [card("GPU-a", null)]).size).toBe(0);
  });

  it("guesses nothing between several", () => {
    const nodes = [memory(2, 96), memory(10, 96)];
    expect(matchHbmNodes(nodes, [card("GPU-a", null), card("GPU-b", null)]).size).toBe(0);
  });
});
