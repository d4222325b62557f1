/** Fate: what jobs are like, drawn when they are submitted, and what becomes of each attempt, drawn when it starts. */
import type { HeldJob } from "../../agent/core/state.ts";
import type { JsonObject } from "../../shared/json.ts";
import type { JobSpec } from "../../shared/model/job.ts";
import { PRIORITIES } from "../../shared/model/priority.ts";
import type { SimBox } from "./box.ts";
import { GIB } from "./documents.ts";
import type { Fate } from "./process.ts";
import type { World } from "./world.ts";

export function isBad(params: JsonObject): boolean {
  return params["bad"] === true;
}

/** Renders of a campaign always leave frames; of the others those that said so. */
function hasOutputs(runner: string, params: JsonObject): boolean {
  return runner === "render" || params["outputs"] === true;
}

export function drawSpec(world: World): JobSpec {
  const { jobs } = world.options;
  const { rng } = world;
  const isCpu = world.may(jobs.cpu);
  const params: Record<string, boolean> = {};
  if (world.may(jobs.poison)) params["poison"] = true;
  if (world.may(jobs.badParams)) params["bad"] = true;
  if (world.may(jobs.outputs)) params["outputs"] = true;
  const maxRuntimeMs = Math.round(jobs.durationMs * world.between(1, jobs.patience));
  const isService = world.may(jobs.services);
  return {
    kind: isService ? "service" : "task",
    runner: "sleep",
    params,
    priority: PRIORITIES[rng.below(4)] ?? "batch",
    lane: isCpu ? "cpu" : "gpu",
    vramBytes: isCpu ? 0 : Math.round(world.between(0.1, 8)) * GIB,
    subsystem: ["rendering", "inference", "tts"][rng.below(3)] ?? "rendering",
    producer: "people",
    campaign: null,
    node: world.may(0.05) ? (world.boxes[rng.below(world.options.boxes)]?.name ?? null) : null,
    maxRuntimeMs: isService ? null : maxRuntimeMs,
    maxAttempts: 1 + rng.below(4),
    delayMs: world.may(jobs.delayed) ? Math.round(world.between(0, 30_000)) : 0,
    onHubLoss: !isService && world.may(jobs.finishes) ? "finish" : "stop",
    inputs: world.may(jobs.inputs) ? [{ path: "in", sha256: "00".repeat(32), bytes: 1 }] : [],
  };
}

export function drawFate(world: World, box: SimBox, job: HeldJob, params: JsonObject): Fate {
  const { jobs } = world.options;
  const isCalm = world.isHealed;
  const may = (chance: number): boolean => !isCalm && world.may(chance);
  const fails = params["poison"] === true || may(jobs.failure);
  const isGpu = job.lane === "gpu";
  const overBytes = isGpu && may(jobs.overclaims) ? Math.round(world.between(0, 4)) * GIB : 0;
  const vramBytes = isGpu ? job.vramBytes + overBytes : 0;
  return {
    runsMs: Math.min(world.around(isCalm ? 2_000 : jobs.durationMs), 4 * jobs.durationMs) / box.clock.rate,
    exitCode: fails ? 1 : 0,
    ignoresTerm: may(jobs.ignoresTerm),
    wedgedMs: may(jobs.unkillable) ? world.between(1_000, 120_000) : 0,
    vramBytes,
    leakedBytes: may(jobs.leaks) ? Math.round(vramBytes / 2) : 0,
    hasOutputs: hasOutputs(job.runner, params),
  };
}
