/**
 * Arbiter: the one answer to "should we be rendering right now?" (SPEC H4). A pure function of what the hub
 * knows; the first rule that says no is the dominant one. Every grant and every refill passes it, and it
 * gives its evidence and what would change it with the answer.
 */
import type { JsonObject } from "../../../shared/json.ts";
import { rollbackWarning } from "../nodes/rollback.ts";
import { type Campaign, type Job, priorityOf } from "../state.ts";
import type { HubCore, Tx } from "../transaction.ts";
import { type GuardrailState, isTelemetryFresh, redGuardrails } from "./guardrails.ts";
import { conditionText, overrideEvidence, overridesOn } from "./override.ts";
import { windowOn } from "./window.ts";

/** Reasons to say no, in the order in which they are asked; `why` uses the same words. */
export const ARBITER_RULES = [
  "down",
  "safe",
  "disabled",
  "paused",
  "disk-full",
  "guardrail",
  "override",
  "unknown-campaign",
  "converged",
  "stopped",
  "budget",
  "window",
  "deferral",
  "latched",
  "stale-telemetry",
] as const;
export type ArbiterRule = (typeof ARBITER_RULES)[number] | "clear";

export interface Evidence {
  readonly name: string;
  readonly value: string;
  readonly ageMs: number;
}

export interface ArbiterVerdict {
  readonly isYes: boolean;
  readonly rule: ArbiterRule;
  readonly evidence: readonly Evidence[];
  readonly wouldChange: readonly string[];
}

/** What is asked about: a campaign (null = work of no campaign) and a node (null = any). */
export interface ArbiterQuestion {
  readonly campaign: string | null;
  readonly node: string | null;
  /** What is ordered for one job, its owner or its priority counts only where it is asked about. */
  readonly job?: Job | null;
}

/** The fleet's answer for a campaign on a node at a boot time. */
export function arbitrate(core: HubCore, question: ArbiterQuestion, bootMs: number): ArbiterVerdict {
  return (
    judgeDown(core, bootMs) ??
    judgeSafe(core) ??
    judgeDesired(core, bootMs) ??
    judgeDisk(core) ??
    judgeGuardrails(core, bootMs) ??
    judgeHold(core, question) ??
    (question.campaign === null ? null : judgeCampaign(core, question.campaign, question.job)) ??
    judgeHours(core, question) ??
    (question.node === null ? null : judgeNode(core, question.node, bootMs)) ?? {
      isYes: true,
      rule: "clear",
      evidence: [fact("desired", core.state.desired.state)],
      wouldChange: [],
    }
  );
}

/** Whether the node itself stands in the way of nothing; the rest of the answer is the same for all nodes. */
export function isNodeClear(core: HubCore, node: string, bootMs: number): boolean {
  return judgeNode(core, node, bootMs) === null && whyOrderedOff(core, node) === null;
}

/** The rule by which people or the calendar keep all work off a node; null where they do not. */
export function whyOrderedOff(core: HubCore, node: string): ArbiterRule | null {
  const question = { campaign: null, node };
  return (judgeHold(core, question) ?? judgeHours(core, question))?.rule ?? null;
}

/** Whether nothing that is ordered for this job, its owner or its priority holds it back. */
export function isJobClear(core: HubCore, job: Job): boolean {
  if (core.state.overrides.size === 0 && core.soft.windows.length === 0) return true;
  const question = { campaign: job.spec.campaign, node: null, job };
  return judgeHold(core, question) === null && judgeHours(core, question) === null;
}

/** Journals the answer for the fleet and each campaign whenever it has changed. */
export function recordVerdicts(tx: Tx): void {
  const scopes = [null, ...tx.state.campaigns.keys()];
  for (const campaign of scopes) {
    const verdict = arbitrate(tx, { campaign, node: null }, tx.times.bootMs);
    const scope = campaign ?? "fleet";
    if (tx.state.verdicts.get(scope)?.rule === verdict.rule) continue;
    const evidence: JsonObject = Object.fromEntries(verdict.evidence.map((row) => [row.name, row.value]));
    tx.emit({ kind: "arbiter.changed", scope, isYes: verdict.isYes, rule: verdict.rule, evidence });
  }
}

function judgeDown(core: HubCore, bootMs: number): ArbiterVerdict | null {
  return core.state.desired.state === "down" ? judgeDesired(core, bootMs) : null;
}

function judgeSafe(core: HubCore): ArbiterVerdict | null {
  const { safe, lastToken } = core.state;
  const warning = rollbackWarning(core);
  if (safe === null || warning === null) return null;
  const evidence = [
    fact("told by", safe.node),
    fact("newest token at an agent", String(safe.tokenSeen)),
    fact("newest token here", String(lastToken)),
  ];
  return no("safe", evidence, [warning]);
}

function judgeHold(core: HubCore, question: ArbiterQuestion): ArbiterVerdict | null {
  const [hold] = overridesOn(core, "hold", question);
  if (hold === undefined) return null;
  const evidence = [overrideEvidence(hold, core.soft.tickJournalMs)];
  return no("override", evidence, [`it ends, or \`spiral override clear ${hold.id}\``]);
}

/** Windows and deferrals: what an `allow` lets pass. */
function judgeHours(core: HubCore, question: ArbiterQuestion): ArbiterVerdict | null {
  const { node, job = null } = question;
  const window = windowOn(core.soft.windows, { node, priority: job === null ? null : priorityOf(job) });
  const [defer] = overridesOn(core, "defer", question);
  if (window === null && defer === undefined) return null;
  if (overridesOn(core, "allow", question).length > 0) return null;
  const cure = `let it pass: \`spiral override set allow ${subjectOf(question)} --for 1h --reason "…"\``;
  if (window !== null) {
    const hours = `${clockText(window.fromMinute)} to ${clockText(window.toMinute)}`;
    return no("window", [fact(`window ${window.name}`, hours)], [`${clockText(window.toMinute)}`, cure]);
  }
  if (defer === undefined) return null;
  const evidence = [overrideEvidence(defer, core.soft.tickJournalMs)];
  const until = conditionText(defer, core.soft.tickJournalMs);
  return no("deferral", evidence, [`${until}, or its end`, cure, `\`spiral override clear ${defer.id}\``]);
}

/** What an order about what is asked would name. */
function subjectOf({ campaign, node, job = null }: ArbiterQuestion): string {
  if (job !== null) return `job ${job.id}`;
  if (campaign !== null) return `campaign ${campaign}`;
  return node === null ? "fleet" : `node ${node}`;
}

function clockText(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

function judgeDesired(core: HubCore, bootMs: number): ArbiterVerdict | null {
  const { state, actor, reason, generation, sinceMs } = core.state.desired;
  if (state === "up") return null;
  const evidence = [
    since(core, "desired", state, sinceMs),
    fact("generation", String(generation)),
    fact("set by", actor),
    fact("reason", reason),
  ];
  if (state !== "disabled") return no(state, evidence, ["`spiral up`"]);
  const red = redGuardrails(core, bootMs);
  const first = red.length === 0 ? "every guardrail is green" : `once ${namesOf(red)} ${areGreen(red)}`;
  return no(
    "disabled",
    [...evidence, ...railFacts(red)],
    [`\`spiral enable\` (${first}), then \`spiral up\``],
  );
}

/** A lease that cannot become durable would run out unheard, and be followed by the next one. */
function judgeDisk({ soft }: HubCore): ArbiterVerdict | null {
  if (!soft.isJournalFull) return null;
  return no(
    "disk-full",
    [fact("journal", "no room")],
    ["free space where the hub keeps its journal; one that is only slow catches up by itself"],
  );
}

function judgeGuardrails(core: HubCore, bootMs: number): ArbiterVerdict | null {
  const red = redGuardrails(core, bootMs);
  if (red.length === 0) return null;
  const cure = `once ${namesOf(red)} ${areGreen(red)}: \`spiral status\` says what helps`;
  return no("guardrail", railFacts(red), [cure, 'or they are waived: `spiral up --force --reason "…"`']);
}

function railFacts(red: readonly GuardrailState[]): readonly Evidence[] {
  return red.map(({ name, detail }) => fact(name, `red: ${detail}`));
}

function namesOf(red: readonly GuardrailState[]): string {
  return red.map(({ name }) => name).join(", ");
}

function areGreen(red: readonly GuardrailState[]): string {
  return red.length === 1 ? "is green" : "are green";
}

/** Whether a campaign has used up the GPU time that it may have. */
export function isSpent({ gpuSeconds, spec }: Campaign): boolean {
  return gpuSeconds >= spec.stop.budget.maxGpuSeconds;
}

function judgeCampaign(core: HubCore, name: string, job?: Job | null): ArbiterVerdict | null {
  const campaign = core.state.campaigns.get(name);
  if (campaign === undefined)
    return no("unknown-campaign", [fact("campaign", name)], [`arm it: \`spiral converge ${name}\``]);
  if (campaign.state === "converged" || campaign.state === "stopped") {
    const rearm = [`a human re-arms it: \`spiral converge ${name} --rearm --reason …\``];
    const { verdict } = campaign;
    const evidence = [
      since(core, "state", campaign.state, campaign.endedMs),
      fact("rule", verdict?.rule ?? "unknown"),
      fact("cycles", String(campaign.spine.length)),
      ...(verdict?.evidence ?? []).map((row) => fact(row.name, `${figure(row.value)} (limit ${row.limit})`)),
    ];
    return no(campaign.state === "converged" ? "converged" : "stopped", evidence, rearm);
  }
  // What was rendered with the last of it is still scored: that takes no GPU time, and without it no cycle ends.
  if (!isSpent(campaign) || job?.spec.lane === "cpu") return null;
  const { maxGpuSeconds } = campaign.spec.stop.budget;
  return no(
    "budget",
    [fact("GPU-seconds spent", campaign.gpuSeconds.toFixed(1)), fact("budget", String(maxGpuSeconds))],
    ["the cycle ends, the campaign stops by its budget; a larger stop.budget.maxGpuSeconds and a re-arm"],
  );
}

function judgeNode(core: HubCore, node: string, bootMs: number): ArbiterVerdict | null {
  const session = core.soft.sessions.get(node);
  if (session?.isLatchedDown === true)
    return no("latched", [fact("node", node)], [`clear the local latch: \`spiral-agent up\` on ${node}`]);
  if (isTelemetryFresh(core, node, bootMs)) return null;
  const latest = core.soft.telemetry.get(node);
  const ageMs = latest === undefined ? 0 : bootMs - latest.receivedBootMs;
  const value = latest === undefined ? "none since the hub started" : "stale";
  return no(
    "stale-telemetry",
    [{ name: `telemetry of ${node}`, value, ageMs }],
    ["a fresh frame of that node"],
  );
}

function fact(name: string, value: string): Evidence {
  return { name, value, ageMs: 0 };
}

/** What holds since a journal time, where that is known. */
function since({ soft }: HubCore, name: string, value: string, sinceMs: number | undefined): Evidence {
  return { name, value, ageMs: sinceMs === undefined ? 0 : Math.max(0, soft.tickJournalMs - sinceMs) };
}

/** For people: four digits tell a distance from its limit. */
function figure(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
}

function no(
  rule: ArbiterRule,
  evidence: readonly Evidence[],
  wouldChange: readonly string[],
): ArbiterVerdict {
  return { isYes: false, rule, evidence, wouldChange };
}
