/** Parts: the pieces that several messages share, to the wire and back. */
import type { Gpu, Gpu__Output } from "../../proto/gen/fleet/v1/Gpu.ts";
import type { InputFile__Output, InputFile as WireInputFile } from "../../proto/gen/fleet/v1/InputFile.ts";
import { type InputFile, JOB_LIMITS } from "../model/job.ts";
import { GPU_SOURCES, type GpuReading, MESSAGE_LIMITS } from "../model/messages.ts";
import {
  clip,
  invalid,
  readFinite,
  readId,
  readList,
  readOptional,
  readPath,
  readRatio,
  readSha256,
  readText,
  readUint,
  TEXT_LIMITS,
} from "./values.ts";

export function encodeGpus(gpus: readonly GpuReading[]): Gpu[] {
  return gpus.map((gpu) => {
    const wire: Gpu = {
      uuid: gpu.uuid,
      name: clip(gpu.name, TEXT_LIMITS.id),
      totalBytes: gpu.totalBytes,
      source: gpu.source,
    };
    if (gpu.usedBytes !== null) wire.usedBytes = gpu.usedBytes;
    if (gpu.utilisationRatio !== null) wire.utilisationRatio = gpu.utilisationRatio;
    if (gpu.temperatureC !== null) wire.temperatureC = gpu.temperatureC;
    if (gpu.powerW !== null) wire.powerW = gpu.powerW;
    return wire;
  });
}

export function decodeGpus(gpus: readonly Gpu__Output[], field: string): readonly GpuReading[] {
  return readList(gpus, field, MESSAGE_LIMITS.gpus, (gpu) => ({
    uuid: readId(gpu.uuid, `${field}.uuid`),
    name: readText(gpu.name, `${field}.name`, TEXT_LIMITS.id),
    totalBytes: readUint(gpu.totalBytes, `${field}.totalBytes`),
    usedBytes: readOptional(gpu.usedBytes, `${field}.usedBytes`, readUint),
    utilisationRatio: readOptional(gpu.utilisationRatio, `${field}.utilisationRatio`, readRatio),
    temperatureC: readOptional(gpu.temperatureC, `${field}.temperatureC`, readFinite),
    powerW: readOptional(gpu.powerW, `${field}.powerW`, readFinite),
    source: readSource(gpu.source, `${field}.source`),
  }));
}

export function encodeInputs(inputs: readonly InputFile[]): WireInputFile[] {
  return [...inputs];
}

export function decodeInputs(inputs: readonly InputFile__Output[], field: string): readonly InputFile[] {
  return readList(inputs, field, JOB_LIMITS.inputs, (input) => ({
    path: readPath(input.path, `${field}.path`),
    sha256: readSha256(input.sha256, `${field}.sha256`),
    bytes: readUint(input.bytes, `${field}.bytes`),
  }));
}

function readSource(value: string, field: string): GpuReading["source"] {
  const source = GPU_SOURCES.find((known) => known === value);
  if (source === undefined) throw invalid(field, `must be one of ${GPU_SOURCES.join(", ")}`);
  return source;
}
