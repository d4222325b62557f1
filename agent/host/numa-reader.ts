/**
 * NUMA reader: the memory nodes of this box. The list of nodes is looked up seldom, because it changes only
 * when the GPU driver brings its memory online; what the nodes hold is read each time.
 */
import { type KernelFile, openKernelFile, readKernelFile } from "./kernel-file.ts";
import { type NodeMemory, parseNodeList, parseNodeMemory } from "./kernel-text.ts";
import type { NumaTopology } from "./memory-mode.ts";

export interface NumaReading {
  /** Null where this kernel shows no nodes. */
  readonly topology: NumaTopology | null;
  /** Memory nodes that could be read, whether empty or not. */
  readonly nodes: readonly NodeMemory[];
}

export interface NumaReader {
  read(nowMs: number): NumaReading;
  close(): void;
}

const LOOK_UP_MS = 60_000;
/** Reading more of them would cost more than a sample may. */
const MAX_READ_NODES = 64;

/** `sysRoot` is /sys or a copy of one. */
export function createNumaReader(sysRoot: string): NumaReader {
  const folder = `${sysRoot}/devices/system/node`;
  const files = new Map<number, KernelFile>();
  let topology: NumaTopology | null = null;
  let lookUpAtMs = Number.NEGATIVE_INFINITY;
  const close = (): void => {
    for (const file of files.values()) file.close();
    files.clear();
  };
  const lookUp = (nowMs: number): void => {
    if (nowMs < lookUpAtMs) return;
    lookUpAtMs = nowMs + LOOK_UP_MS;
    topology = readTopology(folder);
    close();
    for (const node of (topology?.memoryNodes ?? []).slice(0, MAX_READ_NODES)) {
      files.set(node, openKernelFile(`${folder}/node${node}/meminfo`));
    }
  };
  return {
    read: (nowMs) => {
      lookUp(nowMs);
      const nodes = [...files].map(([node, file]) => parseNodeMemory(node, file.text() ?? ""));
      return { topology, nodes: nodes.filter((memory) => memory !== null) };
    },
    close,
  };
}

function readTopology(folder: string): NumaTopology | null {
  const listOf = (name: string): readonly number[] | null => {
    const text = readKernelFile(`${folder}/${name}`);
    return text === null ? null : parseNodeList(text);
  };
  const cpuNodes = listOf("has_cpu");
  const memoryNodes = listOf("has_memory");
  return cpuNodes === null || memoryNodes === null ? null : { cpuNodes, memoryNodes };
}
