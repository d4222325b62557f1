/**
 * GpuSensor: the port through which the truth about the cards comes in. An adapter reports what the driver
 * says and nothing else: what the driver does not say is null, a probe that fails throws, and cards are named
 * by UUID (SPEC N1).
 */
import type { GpuReading } from "../../shared/model/messages.ts";

/** One process that holds VRAM; null where the driver knows the process but not its bytes. */
export interface GpuProcess {
  readonly pid: number;
  readonly usedBytes: number | null;
}

export interface GpuCard {
  readonly reading: GpuReading;
  /** Null where the driver does not list processes. */
  readonly processes: readonly GpuProcess[] | null;
}

export interface GpuSensor {
  /** Reads every card once. May take long or never come back; it is not called again before it has. */
  read(): Promise<readonly GpuCard[]>;
  /** Final. */
  close(): Promise<void>;
}
