/**
 * Memory mode: where a GH200's HBM is accounted, and what follows for the two figures that gates live on.
 *
 * In NUMA mode the kernel owns the HBM as a memory node without processors. Then host figures must leave that
 * node out, because /proc/meminfo has it in, and VRAM figures must leave out the page cache that the kernel
 * keeps there, because the driver counts it as used: one large file read would close every gate of an idle
 * box. In CDMM mode, and on ordinary cards, the driver owns the memory and both figures are right as they are.
 * Nothing here throws: a sum that does not match is a box we do not know yet.
 */
import type { Meminfo, NodeMemory } from "./kernel-text.ts";

/** Lists of /sys/devices/system/node. */
export interface NumaTopology {
  readonly cpuNodes: readonly number[];
  readonly memoryNodes: readonly number[];
}

export type MemoryMode = "numa" | "cdmm" | "ordinary";

/** What the driver says about coherence, each null where it does not say. */
export interface CoherenceEvidence {
  /** `Addressing Mode: ATS` of the card. */
  readonly isAts: boolean | null;
  /** /proc/driver/nvidia/params. */
  readonly driverParams: string | null;
}

/** Nodes with memory and without processors; never a node of a fixed number. */
export function cpulessNodes({ cpuNodes, memoryNodes }: NumaTopology): readonly number[] {
  return memoryNodes.filter((node) => !cpuNodes.includes(node));
}

/**
 * NUMA where a memory node without processors exists on a coherent platform, CDMM where the platform is coherent
 * and no such node exists. Without a word from the driver such a node is taken for HBM: a box that we serve has
 * it far more often than it has memory expanders.
 */
export function detectMemoryMode(
  topology: NumaTopology | null,
  nodes: readonly NodeMemory[],
  evidence: CoherenceEvidence,
): MemoryMode {
  const cpuless = topology === null ? [] : cpulessNodes(topology);
  const hasHbmNode = nodes.some(({ node, totalBytes }) => totalBytes > 0 && cpuless.includes(node));
  const isDriverOwned = /^CoherentGPUMemoryMode: "?driver"?$/m.test(evidence.driverParams ?? "");
  if (hasHbmNode && !isDriverOwned && evidence.isAts !== false) return "numa";
  return isDriverOwned || evidence.isAts === true ? "cdmm" : "ordinary";
}

/** Main memory as the host gates see it, in bytes. */
export interface HostMemoryBytes {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

/**
 * On a box with memory nodes without processors: free and reclaimable over the nodes that have some, because
 * nothing else is main memory. Everywhere else the kernel's own MemAvailable. Null when a node that counts
 * cannot be read: leaving it out would invent or hide memory.
 */
export function hostMemoryBytes(
  topology: NumaTopology | null,
  nodes: readonly NodeMemory[],
  meminfo: Meminfo | null,
): HostMemoryBytes | null {
  if (topology === null || cpulessNodes(topology).length === 0) {
    return meminfo && { totalBytes: meminfo.totalBytes, availableBytes: meminfo.availableBytes };
  }
  const wanted = topology.memoryNodes.filter((node) => topology.cpuNodes.includes(node));
  const found = nodes.filter(({ node }) => wanted.includes(node));
  if (found.length < wanted.length || found.length === 0) return null;
  return {
    totalBytes: found.reduce((sum, { totalBytes }) => sum + totalBytes, 0),
    availableBytes: found.reduce((sum, node) => sum + node.freeBytes + node.reclaimableBytes, 0),
  };
}

/** Who keeps the books of a card's memory. */
export type MemoryAccounting = "os-numa" | "driver";

export interface DeviceUse {
  /** Used on the device, as the driver says. */
  readonly deviceUsedBytes: number;
  /** Σ over its processes; null where the driver does not tell. */
  readonly processBytes: number | null;
  /** The HBM node of this card; null outside NUMA mode or where no node can be told to be this card's. */
  readonly hbmNode: NodeMemory | null;
}

export interface VramUse {
  readonly usedBytes: number;
  /** What was taken off because the kernel gives it up on demand. */
  readonly reclaimableBytes: number;
  readonly memoryAccounting: MemoryAccounting;
}

/**
 * What counts as used on a card: the driver's figure without the reclaimable pages of its HBM node. Never less
 * than its processes hold by name, and never capped at them either: managed memory appears in no process.
 */
export function vramUsedWithoutReclaimable(use: DeviceUse): VramUse {
  const { deviceUsedBytes, processBytes, hbmNode } = use;
  if (hbmNode === null) {
    return { usedBytes: deviceUsedBytes, reclaimableBytes: 0, memoryAccounting: "driver" };
  }
  const floorBytes = Math.min(deviceUsedBytes, processBytes ?? 0);
  const usedBytes = Math.max(floorBytes, deviceUsedBytes - hbmNode.reclaimableBytes);
  return { usedBytes, reclaimableBytes: deviceUsedBytes - usedBytes, memoryAccounting: "os-numa" };
}

/** A card as far as its node can be told: `numaNode` is the driver's "GPU NUMA ID", null where it has none. */
export interface CardPlace {
  readonly uuid: string;
  readonly totalBytes: number;
  readonly numaNode: number | null;
}

/** A node may be smaller than its card by what the driver keeps, and a reading is in binary units at that. */
const SIZE_TOLERANCE = 0.15;

/**
 * The HBM node of each card: the one that the driver names, else the only node and the only card when their
 * sizes agree. A card without an entry keeps the driver's figure.
 */
export function matchHbmNodes(
  hbmNodes: readonly NodeMemory[],
  cards: readonly CardPlace[],
): ReadonlyMap<string, NodeMemory> {
  const [onlyNode] = hbmNodes;
  const isSingle = hbmNodes.length === 1 && cards.length === 1;
  const matches = new Map<string, NodeMemory>();
  for (const { uuid, totalBytes, numaNode } of cards) {
    const named = hbmNodes.find(({ node }) => node === numaNode);
    const single = isSingle && numaNode === null ? onlyNode : undefined;
    const isAlike = Math.abs((single?.totalBytes ?? 0) - totalBytes) <= totalBytes * SIZE_TOLERANCE;
    const match = named ?? (isAlike ? single : undefined);
    if (match !== undefined) matches.set(uuid, match);
  }
  return matches;
}
