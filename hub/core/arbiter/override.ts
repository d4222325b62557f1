/**
 * Override: what an operator orders beside the rules, for a time and with a reason: to hold work back, to let it
 * pass windows and deferrals, to defer it until a condition holds, to give a job another priority or node, an owner
 * another bound. It wins over what the fleet decides by itself and never over down, a guardrail or a node's own gate
 * (SPEC H4). Each has an end, so that none is forgotten.
 */
import { boundWords } from "../../../shared/model/bound-words.ts";
import type { TelemetryFrame } from "../../../shared/model/messages.ts";
import { PRIORITIES, type Priority } from "../../../shared/model/priority.ts";
import type { Actor, HubEvent } from "../event.ts";
import { readBound } from "../queue/bounds.ts";
import { ownerOf } from "../queue/fair-share.ts";
import { type HubState, indexJob, isFinished, type Job, priorityOf, unindexJob } from "../state.ts";
import type { HubCore, Tx } from "../transaction.ts";
import type { Evidence } from "./arbiter.ts";

export const OVERRIDE_EFFECTS = ["hold", "allow", "defer", "priority", "pin", "budget"] as const;
export type OverrideEffect = (typeof OVERRIDE_EFFECTS)[number];

export const OVERRIDE_SUBJECTS = ["fleet", "node", "campaign", "owner", "priority", "job"] as const;
export type OverrideSubject = (typeof OVERRIDE_SUBJECTS)[number];

/** What a deferral waits for. */
export type DeferCondition =
  | { readonly kind: "pressure"; readonly resource: "gpu" | "cpu" | "memory"; readonly below: number }
  | { readonly kind: "time"; readonly wallMs: number };

export interface Override {
  readonly id: string;
  readonly effect: OverrideEffect;
  readonly subject: OverrideSubject;
  /** Of the subject; empty for the fleet. */
  readonly name: string;
  /** Of a deferral, as it was asked for; else empty. */
  readonly until: string;
  /** Of a priority its word, of a pin its node, of a budget `slots:N` or `vram:BYTES`; else absent or empty. */
  readonly value?: string;
  readonly by: string;
  readonly reason: string;
  readonly sinceMs: number;
  readonly sinceWallMs: number;
  /** Journal time at which it ends by itself. */
  readonly endMs: number;
}

export const OVERRIDE_LIMITS = { count: 256, longestMs: 30 * 24 * 3_600_000 } as const;

export interface OverrideRequest extends Actor {
  readonly effect: OverrideEffect;
  readonly subject: OverrideSubject;
  readonly name: string;
  readonly until: string;
  readonly value?: string;
  readonly forMs: number;
}

/** Why it could not be carried out whatever the state of the fleet; null when it is well formed. */
export function whyMalformed({ effect, subject, until, value = "" }: OverrideRequest): string | null {
  if ((effect === "defer") !== (until !== ""))
    return "--until: a deferral has a condition, and nothing else has one";
  if (until !== "" && readCondition(until) === null) return CONDITIONS;
  return whyNoValue(effect, value) ?? whyNoSubject(effect, subject);
}

/** Sets it; answers with its id, or why not. */
export function setOverride(tx: Tx, request: OverrideRequest): { id: string } | { refusal: string } {
  if (tx.state.overrides.size >= OVERRIDE_LIMITS.count)
    return { refusal: `there are ${OVERRIDE_LIMITS.count} overrides, which is the most: clear some` };
  const isOrder = request.effect === "priority" || request.effect === "pin";
  const refusal = whyMalformed(request) ?? (isOrder ? whyNoJob(tx.state, request.name) : null);
  if (refusal !== null) return { refusal };
  if (request.until !== "" && isMet(tx, request, tx.times.wallMs))
    return { refusal: "--until: the condition holds already; nothing is deferred" };
  const { forMs, ...rest } = request;
  const id = `o_${tx.state.lastOverride + 1}`;
  tx.emit({ kind: "override.set", id, endMs: tx.times.journalMs + forMs, ...rest });
  return { id };
}

function whyNoValue(effect: OverrideEffect, value: string): string | null {
  switch (effect) {
    case "hold":
    case "allow":
    case "defer":
      return value === "" ? null : `--to: ${effect} has no value`;
    case "budget": {
      const bound = readBound(value);
      if (bound === null) return "--to: must be a number of slots or a size, such as 4slots or 32GiB";
      const isNothing = "slots" in bound && bound.slots === 0;
      return isNothing ? "--to: must be 1 slot or more; `override set hold owner NAME` gives none" : null;
    }
    case "priority":
      if (RAISABLE.some((each) => each === value)) return null;
      return `--to: must be ${RAISABLE.join(", ")}; realtime is what was submitted as such and nothing else`;
    case "pin":
      return value === "" ? "--to: must be a node" : null;
  }
}

function whyNoSubject(effect: OverrideEffect, subject: OverrideSubject): string | null {
  if (effect === "budget")
    return subject === "owner" ? null : "a budget is that of an owner: say `owner NAME`";
  if (effect !== "priority" && effect !== "pin") return null;
  return subject === "job" ? null : "a priority or a pin is that of a job: say `job ID`";
}

/** Nothing is ordered among the render loop and audio, which nobody may keep waiting. */
const RAISABLE = PRIORITIES.filter((priority) => priority !== "realtime");

function whyNoJob(state: HubState, name: string): string | null {
  const job = state.jobs.get(name);
  if (job === undefined) return `there is no job ${name}`;
  return isFinished(job) ? `${name} is ${job.state}` : null;
}

export function applyOverride(
  state: HubState,
  event: Extract<HubEvent, { kind: "override.set" | "override.ended" }>,
): void {
  if (event.kind === "override.ended") {
    const ended = state.overrides.get(event.id);
    state.overrides.delete(event.id);
    if (ended?.subject === "job") order(state, ended.name);
    return;
  }
  const { id, effect, subject, name, until, value = "", endMs, actor: by, reason, at } = event;
  const since = { sinceMs: at.journalMs, sinceWallMs: at.wallMs };
  state.overrides.set(id, { id, effect, subject, name, until, value, by, reason, ...since, endMs });
  state.lastOverride++;
  if (subject === "job") order(state, name);
}

/** Puts a job where the orders about it say; of two that contradict each other the newer one holds. */
function order(state: HubState, jobId: string): void {
  const job = state.jobs.get(jobId);
  if (job === undefined) return;
  const about = [...state.overrides.values()].filter((each) => each.subject === "job" && each.name === jobId);
  const priority = about.findLast(({ effect }) => effect === "priority")?.value as Priority | undefined;
  const node = about.findLast(({ effect }) => effect === "pin")?.value;
  if (priority === job.ordered?.priority && node === job.ordered?.node) return;
  unindexJob(state.index, job);
  job.ordered = { ...(priority === undefined ? {} : { priority }), ...(node === undefined ? {} : { node }) };
  indexJob(state.index, job);
}

/** Ends one before its time; false when there is none of this id. */
export function clearOverride(tx: Tx, id: string, by: Actor): boolean {
  if (!tx.state.overrides.has(id)) return false;
  tx.emit({ kind: "override.ended", id, ...by });
  return true;
}

/** Ends those whose time is over, and deferrals whose condition holds. */
export function endOverrides(tx: Tx): void {
  for (const override of tx.state.overrides.values()) {
    if (tx.times.journalMs >= override.endMs)
      tx.emit({ kind: "override.ended", id: override.id, actor: "hub", reason: "its time is over" });
    else if (override.effect === "defer" && isMet(tx, override, tx.times.wallMs))
      tx.emit({ kind: "override.ended", id: override.id, actor: "hub", reason: `${override.until} holds` });
  }
}

const CONDITIONS =
  "--until: must be gpu_pressure_below_0.5 (or cpu_, memory_), or a moment such as 2026-05-01T22:00:00Z";
const PRESSURE = /^(gpu|cpu|memory)_pressure_below_(0?\.\d{1,4}|0|1)$/;

/** A condition, or null for a text that says none. A moment arrives as `at:MS`. */
export function readCondition(text: string): DeferCondition | null {
  const [, resource, below] = PRESSURE.exec(text) ?? [];
  if (resource !== undefined)
    return { kind: "pressure", resource: resource as "gpu" | "cpu" | "memory", below: Number(below) };
  const [, wallMs] = /^at:(\d{1,15})$/.exec(text) ?? [];
  return wallMs === undefined ? null : { kind: "time", wallMs: Number(wallMs) };
}

type Condition = Pick<Override, "subject" | "name" | "until">;

/** Whether the pressure of every node that it is about is known and low enough, or the moment has come. */
function isMet(core: HubCore, override: Condition, wallMs: number): boolean {
  const condition = readCondition(override.until);
  if (condition === null) return true;
  if (condition.kind === "time") return wallMs >= condition.wallMs;
  const nodes = nodesOf(core, override);
  return nodes.length > 0 && nodes.every((node) => isBelow(core, node, condition));
}

function nodesOf({ soft }: HubCore, { subject, name }: Condition): readonly string[] {
  return subject === "node" ? [name] : [...soft.sessions.keys()];
}

function isBelow({ soft }: HubCore, node: string, condition: PressureCondition): boolean {
  const frame = soft.telemetry.get(node)?.frame;
  const ratio = frame === undefined ? null : ratioOf(frame, condition);
  return ratio !== null && ratio < condition.below;
}

type PressureCondition = Extract<DeferCondition, { kind: "pressure" }>;

function ratioOf(frame: TelemetryFrame, { resource }: PressureCondition): number | null {
  return { gpu: frame.gpuPressure, cpu: frame.cpuRatio, memory: frame.memoryRatio }[resource];
}

/** What is asked about; a part that is null says nothing of itself. */
export interface OverrideQuestion {
  readonly campaign: string | null;
  readonly node: string | null;
  readonly job?: Job | null;
}

/** The overrides of an effect that are about this, the oldest first. */
export function overridesOn(
  { state }: HubCore,
  effect: OverrideEffect,
  question: OverrideQuestion,
): readonly Override[] {
  if (state.overrides.size === 0) return [];
  return [...state.overrides.values()].filter((each) => each.effect === effect && isAbout(each, question));
}

function isAbout({ subject, name }: Override, { campaign, node, job = null }: OverrideQuestion): boolean {
  switch (subject) {
    case "fleet":
      return true;
    case "node":
      return node === name;
    case "campaign":
      return campaign === name;
    case "owner":
      return job !== null && ownerOf(job) === name;
    case "priority":
      return job !== null && priorityOf(job) === (name as Priority);
    case "job":
      return job?.id === name;
  }
}

/** What a deferral waits for, in words; empty for what is none. */
export function conditionText({ until, sinceMs, sinceWallMs }: Override, journalMs: number): string {
  const condition = readCondition(until);
  if (condition?.kind !== "time") return until;
  // The calendar of the moment when it was set, and the hub's own time since then.
  const left = Math.ceil((condition.wallMs - sinceWallMs - (journalMs - sinceMs)) / 1000);
  return `a moment in ${Math.max(0, left)} s`;
}

/** Nodes that are named. */
const NAMED = 3;

/** Where the condition of a deferral does not hold yet: the pressure there, with its age. */
export function unmetEvidence(core: HubCore, override: Override, bootMs: number): readonly Evidence[] {
  const condition = readCondition(override.until);
  if (condition?.kind !== "pressure") return [];
  const unmet = nodesOf(core, override).filter((node) => !isBelow(core, node, condition));
  return unmet.slice(0, NAMED).map((node) => {
    const telemetry = core.soft.telemetry.get(node);
    const ratio = telemetry === undefined ? null : ratioOf(telemetry.frame, condition);
    const ageMs = Math.max(0, bootMs - (telemetry?.receivedBootMs ?? bootMs));
    const name = `${condition.resource} pressure of ${node}`;
    return { name, value: ratio === null ? "unknown, which is not low" : ratio.toFixed(2), ageMs };
  });
}

/** What there is to say of one, for people. */
export function overrideEvidence(override: Override, journalMs: number): Evidence {
  const { id, effect, subject, name, until, value = "", by, reason, sinceMs, endMs } = override;
  const about = subject === "fleet" ? "the fleet" : `${subject} ${name}`;
  const left = Math.max(0, Math.ceil((endMs - journalMs) / 1000));
  const condition = until === "" ? "" : ` until ${conditionText(override, journalMs)}`;
  const what = `${effect}${value === "" ? "" : ` ${boundWords(value)} for`}`;
  const text = `${what} ${about}${condition} by ${by}: ${reason}; ${left} s left`;
  return { name: `override ${id}`, value: text, ageMs: Math.max(0, journalMs - sinceMs) };
}

/** The orders about a job that change how it is queued and bounded, for people. */
export function orderEvidence(core: HubCore, job: Job, journalMs: number): readonly Evidence[] {
  const question = { campaign: null, node: null, job };
  return (["priority", "pin", "budget"] as const)
    .flatMap((effect) => overridesOn(core, effect, question))
    .map((override) => overrideEvidence(override, journalMs));
}
