/**
 * GpuSensor: the port through which the truth about the cards comes in. An adapter reports what the driver
 * says and nothing else: what the driver does not say is null, a probe that fails throws, and cards are named
 * by UUID (SPEC N1).
 */
import type { RecoveryAction, ThrottleReason } from "../../shared/model/health.ts";
import type { GpuReading } from "../../shared/model/messages.ts";

/** What config may ask for. */
export const GPU_CHOICES = ["auto", "nvml", "nvidia-smi", "simulated", "none"] as const;
export type GpuChoice = (typeof GPU_CHOICES)[number];

/** One process that holds VRAM; null where the driver knows the process but not its bytes. */
export interface GpuProcess {
  readonly pid: number;
  readonly usedBytes: number | null;
  /** Null when nobody can tell, as for a process of another pid namespace. */
  readonly name: string | null;
}

/** A card that work can be placed on: a GPU, or an instance of one in MIG mode. Null is unknown, never 0. */
export interface GpuCard {
  readonly reading: GpuReading;
  /** Null where the driver does not list processes. */
  readonly processes: readonly GpuProcess[] | null;
  readonly freeBytes: number | null;
  /** What the driver holds for itself; part of what is used. */
  readonly reservedBytes: number | null;
  readonly throttle: readonly ThrottleReason[] | null;
  readonly recovery: RecoveryAction | null;
  /** `os-numa`: its memory is a NUMA node of the host, so used VRAM may be page cache (GH200 in NUMA mode). */
  readonly memoryAccounting: "driver" | "os-numa" | null;
  /** `PPPP:BB:DD.F`, by which the kernel log names it. */
  readonly pciAddress: string | null;
  /** The GPU that this MIG instance is a part of; null for a whole GPU. */
  readonly parentUuid: string | null;
  /** Why it cannot be read although it was before; everything that moves is null then. */
  readonly fault: string | null;
}

export interface GpuSensor {
  /**
   * Reads every card once; calls that overlap share one answer.
   * @throws FleetError `unavailable` when no card can be read; `notFound` when there is none
   */
  read(): Promise<readonly GpuCard[]>;
  /** Final. */
  close(): Promise<void>;
}
