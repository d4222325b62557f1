/** Telemetry codec: the lossy frame of a node, to the wire and back. What a sensor does not give stays null. */
import type { CardNote__Output, CardNote as WireNote } from "../../proto/gen/fleet/v1/CardNote.ts";
import type {
  TelemetryFrame__Output,
  TelemetryFrame as WireFrame,
} from "../../proto/gen/fleet/v1/TelemetryFrame.ts";
import { type CardNote, MESSAGE_LIMITS, type TelemetryFrame } from "../model/messages.ts";
import { PRIORITIES } from "../model/priority.ts";
import { decodeGpus, encodeGpus } from "./parts-codec.ts";
import {
  clip,
  readId,
  readList,
  readMaybe,
  readName,
  readOptional,
  readRatio,
  readText,
  readUint,
  TEXT_LIMITS,
} from "./values.ts";
import { priorityWords } from "./words.ts";

export type { TelemetryFrame__Output, WireFrame };

/** Member by member, once a second on every node: a spread costs as much as the protobuf of it. */
export function encodeTelemetry(frame: TelemetryFrame): WireFrame {
  const wire: WireFrame = {
    sessionId: frame.sessionId,
    seq: frame.seq,
    gpuAgeMs: frame.gpuAgeMs,
    isGpuStale: frame.isGpuStale,
    gpus: encodeGpus(frame.gpus),
    gpuPressure: frame.gpuPressure,
    gpuLevel: frame.gpuLevel,
    running: frame.running,
    notes: frame.notes.map(encodeNote),
    problem: clip(frame.problem ?? "", TEXT_LIMITS.reason),
  };
  if (frame.cpuRatio !== null) wire.cpuRatio = frame.cpuRatio;
  if (frame.memoryRatio !== null) wire.memoryRatio = frame.memoryRatio;
  return wire;
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
    notes: readList(wire.notes, "telemetry.notes", MESSAGE_LIMITS.gpus, decodeNote),
    problem: readMaybe(wire.problem, "telemetry.problem", (text, field) =>
      readText(text, field, TEXT_LIMITS.reason),
    ),
  };
}

function encodeNote({ unattributedBytes, ...note }: CardNote): WireNote {
  return {
    ...note,
    foreign: note.foreign.map((each) => ({ ...each, name: clip(each.name ?? "", TEXT_LIMITS.id) })),
    starved: note.starved.map((priority) => priorityWords.encode(priority)),
    ...(unattributedBytes === null ? {} : { unattributedBytes }),
  };
}

function decodeNote(wire: CardNote__Output): CardNote {
  return {
    gpu: readId(wire.gpu, "telemetry.notes.gpu"),
    foreign: readList(wire.foreign, "telemetry.notes.foreign", MESSAGE_LIMITS.foreign, (each) => ({
      pid: each.pid,
      name: readMaybe(each.name, "telemetry.notes.foreign.name", (text, field) =>
        readText(text, field, TEXT_LIMITS.id),
      ),
      bytes: readUint(each.bytes, "telemetry.notes.foreign.bytes"),
    })),
    unattributedBytes: readOptional(wire.unattributedBytes, "telemetry.notes.unattributedBytes", readUint),
    leakedBytes: readUint(wire.leakedBytes, "telemetry.notes.leakedBytes"),
    starved: readList(wire.starved, "telemetry.notes.starved", PRIORITIES.length, (priority) =>
      priorityWords.decode(priority, "telemetry.notes.starved"),
    ),
  };
}
