/** Telemetry codec: the lossy frame of a node, to the wire and back. What a sensor does not give stays null. */
import type {
  TelemetryFrame__Output,
  TelemetryFrame as WireFrame,
} from "../../proto/gen/fleet/v1/TelemetryFrame.ts";
import type { TelemetryFrame } from "../model/messages.ts";
import { decodeGpus, encodeGpus } from "./parts-codec.ts";
import { readId, readName, readOptional, readRatio, readUint } from "./values.ts";

export type { TelemetryFrame__Output, WireFrame };

export function encodeTelemetry({ cpuRatio, memoryRatio, ...frame }: TelemetryFrame): WireFrame {
  return {
    ...frame,
    gpus: encodeGpus(frame.gpus),
    ...(cpuRatio === null ? {} : { cpuRatio }),
    ...(memoryRatio === null ? {} : { memoryRatio }),
  };
}

/** Throws FleetError "invalid" naming the field. */
export function decodeTelemetry(wire: TelemetryFrame__Output): TelemetryFrame {
  return {
    sessionId: readId(wire.sessionId, "telemetry.sessionId"),
    seq: readUint(wire.seq, "telemetry.seq"),
    gpuAgeMs: readUint(wire.gpuAgeMs, "telemetry.gpuAgeMs"),
    isGpuStale: wire.isGpuStale,
    gpus: decodeGpus(wire.gpus, "telemetry.gpus"),
    gpuPressure: readRatio(wire.gpuPressure, "telemetry.gpuPressure"),
    gpuLevel: readName(wire.gpuLevel, "telemetry.gpuLevel"),
    cpuRatio: readOptional(wire.cpuRatio, "telemetry.cpuRatio", readRatio),
    memoryRatio: readOptional(wire.memoryRatio, "telemetry.memoryRatio", readRatio),
    running: wire.running,
  };
}
