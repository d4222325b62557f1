/** CPU reader: how busy the processors were since this reader last looked; each poller has one of its own. */
import { openKernelFile } from "./kernel-file.ts";
import { type CpuTicks, cpuRatioBetween, parseCpuTicks, parseStalls } from "./kernel-text.ts";

export interface CpuReading {
  /** Share of all processor time, 0…1; null on the first look and where the kernel does not tell. */
  readonly usedRatio: number | null;
  /** PSI `some avg10`, percent: work that waited for a processor. */
  readonly stallPercent: number | null;
}

export interface CpuReader {
  read(): CpuReading;
  close(): void;
}

/** `procRoot` is /proc or a copy of one. */
export function createCpuReader(procRoot: string): CpuReader {
  const stat = openKernelFile(`${procRoot}/stat`);
  const pressure = openKernelFile(`${procRoot}/pressure/cpu`);
  let before: CpuTicks | null = null;
  return {
    read: () => {
      const ticks = parseCpuTicks(stat.text() ?? "");
      const usedRatio = ticks === null || before === null ? null : cpuRatioBetween(before, ticks);
      before = ticks;
      return { usedRatio, stallPercent: parseStalls(pressure.text() ?? "").somePercent };
    },
    close: () => {
      stat.close();
      pressure.close();
    },
  };
}
