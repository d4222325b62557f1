/**
 * NVML sensor: the cards through the driver's own library, asked by a probe child with a deadline. An answer
 * that is late makes the read fail and ends the child (see guarded-child); a later good answer heals it.
 */
import type { Clock } from "../../../shared/clock.ts";
import { FleetError } from "../../../shared/errors.ts";
import type { Timing } from "../../../shared/model/timing.ts";
import { createCardMemory } from "../probe/card.ts";
import { type Command, clip, createGuardedChild } from "../probe/guarded-child.ts";
import { MAX_PROBE_LINE_BYTES, type ProbeMessage, parseProbeMessage } from "../probe/protocol.ts";
import { createHappening, restartPolicy, shareRuns, within } from "../probe/waiting.ts";
import type { GpuCard, GpuSensor } from "../sensor.ts";

export interface NvmlSensorOptions {
  /** The built probe, `gpu-probe.mjs`. */
  readonly probePath: string;
  /** Name or path of the driver's library. */
  readonly library: string;
  readonly clock: Clock;
  readonly timing: Timing;
}

/** For a Node process to start on a busy box; the driver is not asked before it has. */
const START_DEADLINE_MS = 10_000;
/** The probe holds a few kilobytes; Node's defaults would reserve for a server. */
const SMALL_NODE = ["--jitless", "--max-old-space-size=32", "--max-semi-space-size=1", "--v8-pool-size=0"];

export function createNvmlSensor({ probePath, library, clock, timing }: NvmlSensorOptions): GpuSensor {
  const messages = createHappening<ProbeMessage>();
  const memory = createCardMemory();
  let isReady = false;
  let seq = 0;
  let complaint = "";
  const child = createGuardedChild({
    name: "the NVML probe",
    command: (): Command => ({ file: process.execPath, args: [...SMALL_NODE, probePath, library] }),
    clock,
    restart: restartPolicy(timing),
    maxLineBytes: MAX_PROBE_LINE_BYTES,
    onLine: (line) => {
      const message = parseProbeMessage(line);
      if (message !== null) messages.happen(message);
    },
    onComplaint: (line) => {
      complaint = clip(line) || complaint;
    },
    onEnd: (reason) => {
      isReady = false;
      messages.fail(new FleetError("unavailable", complaint === "" ? reason : `${reason}: ${complaint}`));
      complaint = "";
    },
  });
  const expect = async (ms: number, what: string): Promise<ProbeMessage> => {
    const message = await within(ms, messages.next());
    if (message !== null) return message;
    const reason = `${what} within ${ms} ms`;
    child.condemn(reason);
    isReady = false;
    throw new FleetError("unavailable", reason);
  };
  const read = async (): Promise<readonly GpuCard[]> => {
    child.ensure();
    if (!isReady) await expect(START_DEADLINE_MS, "the NVML probe did not start");
    isReady = true;
    seq += 1;
    child.send(JSON.stringify({ seq }));
    const message = await expect(timing.probeDeadlineMs, "NVML did not answer");
    if (message.kind === "cards") return memory.complete(message.cards, message.trouble);
    if (message.kind === "ready") throw new FleetError("internal", "the NVML probe lost count");
    throw new FleetError(message.isAbsent ? "notFound" : "unavailable", `NVML: ${message.reason}`);
  };
  return {
    read: shareRuns(read),
    close: async () => {
      messages.fail(new FleetError("unavailable", "the NVML sensor is closed"));
      await child.stop();
    },
  };
}
