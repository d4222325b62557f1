/**
 * Choose: the GPU of this node as config wants it. `auto` takes what the box has; `simulated` is never chosen by
 * itself; a driver that is named is used even while it does not answer.
 */
import type { Clock } from "../../shared/clock.ts";
import { FleetError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { Timing } from "../../shared/model/timing.ts";
import { type Detection, detectGpu } from "./detect.ts";
import { followKernelLog } from "./probe/kernel-log.ts";
import type { GpuChoice, GpuSensor } from "./sensor.ts";
import { createSimulatedGpu, type RunningJob } from "./simulated.ts";
import { readSimulatedPlay } from "./simulated-play.ts";
import type { XidReport } from "./xid.ts";

export interface ChooseOptions {
  readonly wanted: GpuChoice;
  /** The node's name, which makes a simulated card its own. */
  readonly node: string;
  readonly probePath: string;
  readonly nvmlLibrary: string;
  readonly nvidiaSmi: string;
  readonly searchPath: string;
  /** What a simulated card plays: simulated.json in the agent's directory. */
  readonly simulatedPath: string;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
}

/** `jobs` is who holds VRAM, for a card that is only simulated. */
export type CreateSensor = (
  jobs: () => readonly RunningJob[],
  onXid: (report: XidReport) => void,
) => GpuSensor;

export interface ChosenGpu {
  readonly source: Exclude<GpuChoice, "auto">;
  /** Null: this node has no GPU. */
  readonly createSensor: CreateSensor | null;
}

const KERNEL_LOG = "/dev/kmsg";
const KERNEL_LOG_MS = 1_000;

/** @throws FleetError `config` when an adapter is named that this box does not have */
export async function chooseGpu(options: ChooseOptions): Promise<ChosenGpu> {
  const { wanted, node, clock, log, simulatedPath } = options;
  if (wanted === "none") return { source: "none", createSensor: null };
  if (wanted === "simulated") {
    const createSensor: CreateSensor = (jobs, onXid) =>
      createSimulatedGpu({ seed: node, clock, jobs, onXid, play: () => readSimulatedPlay(simulatedPath) });
    return { source: wanted, createSensor };
  }
  const detection = await detectGpu({ ...options, wanted: wanted === "auto" ? null : wanted });
  const { chosen, findings } = detection;
  log.info({ event: "gpu.chosen", wanted, chosen, findings }, "looked for the GPUs of this box");
  if (detection.sensor === null || chosen === null) {
    if (wanted !== "auto") throw new FleetError("config", `gpu ${wanted}: ${describeFindings(detection)}`);
    return { source: "none", createSensor: null };
  }
  const { sensor } = detection;
  return { source: chosen, createSensor: (_, onXid) => withKernelLog(sensor, onXid, log) };
}

function describeFindings({ findings }: Detection): string {
  return findings.map(({ adapter, finding }) => `${adapter}: ${finding}`).join("; ");
}

/** The kernel log speaks of cards whose driver has fallen silent, so it is read beside the probe and not in it. */
function withKernelLog(sensor: GpuSensor, onXid: (report: XidReport) => void, log: Log): GpuSensor {
  const kernelLog = followKernelLog({
    path: KERNEL_LOG,
    everyMs: KERNEL_LOG_MS,
    onXid,
    onUnavailable: (reason) =>
      log.info({ event: "kernel-log.refused", reason }, "Xid reports cannot be read here"),
  });
  return {
    read: () => sensor.read(),
    close: async () => {
      await Promise.all([sensor.close(), kernelLog.stop()]);
    },
  };
}
