/**
 * why: the verdict on a job, a node or a campaign, the one dominant rule, the evidence with ages, and what
 * would change it (SPEC H9). Asks the same functions that decide, so that it cannot tell another story.
 */

import type { Headroom } from "../../../shared/model/messages.ts";
import type { Priority } from "../../../shared/model/priority.ts";
import { type ArbiterQuestion, type ArbiterVerdict, arbitrate, type Evidence } from "../arbiter/arbiter.ts";
import { orderEvidence, overridesOn, unmetEvidence } from "../arbiter/override.ts";
import { isBarren } from "../campaign.ts";
import { cordonEvidence, leasesOn } from "../nodes/cordon.ts";
import { healthCures, healthEvidence, holeOf } from "../nodes/health.ts";
import { reportsOf } from "../nodes/node-reports.ts";
import { isFrozen, panicWarning } from "../nodes/panic.ts";
import { type Hold, holdEvidence, isLeaving, preemptedEvidence, wasPreempted } from "../placement/holds.ts";
import { kindOf, learnedVramBytes, placedVramBytes } from "../placement/vram-peaks.ts";
import { lossEvidence } from "../queue/losses.ts";
import { awaitedEvidence, serviceEvidence, usedServiceEvidence } from "../queue/services.ts";
import type { NodeSession } from "../soft.ts";
import type { Job } from "../state.ts";
import type { HubCore } from "../transaction.ts";
import { tellMisfits } from "./why-misfit.ts";
import { tellWaiting } from "./why-waiting.ts";

export interface Explanation {
  readonly verdict: string;
  readonly rule: string;
  readonly evidence: readonly Evidence[];
  readonly wouldChange: readonly string[];
}

export interface Now {
  readonly bootMs: number;
  readonly journalMs: number;
}

export function whyCampaign(core: HubCore, name: string, now: Now): Explanation {
  const verdict = ask(core, { campaign: name, node: null }, now);
  const campaign = core.state.campaigns.get(name);
  const state = campaign === undefined ? "not armed" : campaign.state;
  const answer = verdict.isYes ? "may render" : "renders nothing";
  return fromArbiter(verdict, `campaign ${name} is ${state}; ${answer}`);
}

/** Whether a node takes work and why not, with what it has decided by itself of late. */
export function whyNode(core: HubCore, node: string, now: Now): Explanation | null {
  const explanation = whyNodeNow(core, node, now);
  if (explanation === null) return null;
  const evidence = [
    ...explanation.evidence,
    ...healthEvidence(core, node, now.journalMs),
    ...reportsOf(core, node, now.bootMs),
  ];
  return { ...explanation, evidence, wouldChange: [...explanation.wouldChange, ...healthCures(core, node)] };
}

function whyNodeNow(core: HubCore, node: string, now: Now): Explanation | null {
  const session = core.soft.sessions.get(node);
  const seenBootMs = core.soft.lastSeenBootMs.get(node);
  if (session === undefined && seenBootMs === undefined) return null;
  if (session === undefined) {
    const ageMs = now.bootMs - (seenBootMs ?? now.bootMs);
    return {
      verdict: `${node} takes no work`,
      rule: "detached",
      evidence: [{ name: "last heard", value: "no session is open", ageMs }],
      wouldChange: [`start its agent: \`spiral agent ${node}\``],
    };
  }
  const verdict = ask(core, { campaign: null, node }, now);
  if (!verdict.isYes) return fromArbiter(verdict, `${node} takes no work`);
  const cordon = core.state.cordons.get(node);
  if (cordon !== undefined) {
    const left = leasesOn(core.state, node).length;
    const evidence = [cordonEvidence(cordon, now.journalMs), fact("still running", `${left} job(s)`)];
    const wouldChange = [`\`spiral uncordon ${node}\``];
    return { verdict: `${node} takes no work`, rule: "cordoned", evidence, wouldChange };
  }
  if (holeOf(core, node) !== null) {
    const wouldChange = ["a job that is tried on it succeeds"];
    return {
      verdict: `${node} takes no work`,
      rule: "quarantined",
      evidence: roomFacts(core, session, now),
      wouldChange,
    };
  }
  const evidence = roomFacts(core, session, now);
  return { verdict: `${node} may take work`, rule: "clear", evidence, wouldChange: [] };
}

export function whyJob(core: HubCore, job: Job, now: Now): Explanation {
  const explanation = whyJobNow(core, job, now);
  const orders = orderEvidence(core, job, now.journalMs);
  return { ...explanation, evidence: [...explanation.evidence, ...lossEvidence(job), ...orders] };
}

function whyJobNow(core: HubCore, job: Job, now: Now): Explanation {
  if (job.state !== "pending") return explainStarted(core, job, now);
  const arbiter = ask(core, { campaign: job.spec.campaign, node: null, job }, now);
  if (!arbiter.isYes) return fromArbiter(arbiter, `${job.id} waits`);
  const waiting = tellWaiting(core.state, job, now.journalMs);
  if (waiting !== null) return waits(job, waiting.rule, waiting.evidence, waiting.wouldChange);
  const hold = core.state.holds.get(job.id);
  return hold === undefined ? explainUnplaced(core, job, now) : explainHold(core, job, hold, now);
}

/** Others leave for it. */
function explainHold({ state }: HubCore, job: Job, hold: Hold, { journalMs }: Now): Explanation {
  const leaving = hold.tokens.flatMap((token) => state.leases.get(token) ?? []);
  const who =
    leaving.map(({ jobId }) => jobId).join(", ") || "nobody any more: its node has to say that it fits";
  const evidence = [fact("waits for", who), holdEvidence(hold, journalMs)];
  return waits(job, "preempting", evidence, [`they leave ${hold.node}, and its gate lets the job in`]);
}

/** Each node's own reason, with what else is known of the job. */
function explainUnplaced(core: HubCore, job: Job, now: Now): Explanation {
  if (core.soft.sessions.size === 0) return waits(job, "no-node", [], ["attach a node: `spiral agent NAME`"]);
  const { dominant, evidence: misfits, wouldChange } = tellMisfits(core, job, now);
  const evidence = [
    ...misfits,
    ...usedServiceEvidence(core.state, job),
    ...awaitedEvidence(core.state, job),
    ...vramFacts(core, job),
    ...preemptedEvidence(job, now.journalMs),
  ];
  if (dominant === null) return waits(job, "next-grant", evidence, ["nothing: it is about to be granted"]);
  const { misfit } = dominant;
  if (misfit.reason === "arbiter") {
    const { verdict } = misfit;
    return waits(job, verdict.rule, [...evidence, ...verdict.evidence], verdict.wouldChange);
  }
  return waits(job, wasPreempted(job) ? "preempted" : misfit.reason, evidence, wouldChange);
}

function explainStarted(core: HubCore, job: Job, now: Now): Explanation {
  const renewed = job.token === null ? undefined : core.soft.renewedBootMs.get(job.token);
  const evidence: Evidence[] = [
    fact("attempts burned", `${job.attempts} of ${job.spec.maxAttempts}`),
    fact("last detail", job.lastDetail || "none"),
    ...vramFacts(core, job),
    ...preemptedEvidence(job, now.journalMs),
  ];
  evidence.push(...serviceEvidence(job));
  if (isBarren(job)) evidence.push(fact("outputs", "none: its campaign counts it as failed"));
  if (job.node !== null) evidence.push(fact("node", job.node));
  if (renewed !== undefined)
    evidence.push({ name: "lease renewed", value: `token ${job.token}`, ageMs: now.bootMs - renewed });
  const holder = core.state.leases.get(job.token ?? 0)?.node;
  const frozen = holder !== undefined && isFrozen(core.soft, holder) ? panicWarning(core) : null;
  if (frozen !== null) {
    const verdict = `${job.id} stays with ${holder}, which has gone silent with much of the fleet`;
    return { verdict, rule: "panic", evidence, wouldChange: [frozen] };
  }
  if (isLeaving(core.state, job)) {
    const cause = job.preempted === undefined ? "by its node being drained" : `for ${job.preempted.by}`;
    const verdict = `${job.id} is told to leave ${job.node} ${cause}; it goes back to the queue, no attempt burned`;
    return { verdict, rule: "preempted", evidence, wouldChange: ["its holder says that it has ended"] };
  }
  const isOver = ["failed", "cancelled", "quarantined"].includes(job.state);
  const wouldChange = isOver ? ["`spiral requeue` gives it another start"] : [];
  if (job.service?.isRestarting === true) {
    const verdict = `${job.id} has ended and is started again on ${job.node}`;
    return { verdict, rule: "restarting", evidence, wouldChange: ["time; `spiral cancel` ends it for good"] };
  }
  return { verdict: `${job.id} is ${job.state}`, rule: job.state, evidence, wouldChange };
}

/** What it declares beside what jobs of its kind were seen to hold, once that is known. */
function vramFacts(core: HubCore, { spec }: Job): readonly Evidence[] {
  const learned = learnedVramBytes(core.state, spec);
  if (learned === null) return [];
  const mib = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
  const isPlacedByIt = placedVramBytes(core, spec) > spec.vramBytes;
  const note = isPlacedByIt
    ? ", placed by it"
    : learned > spec.vramBytes
      ? "; if this one holds as much, `vram: learned` in its runner places it by that"
      : "";
  const held = `one of the latest jobs of its kind (${kindOf(spec)}) held ${mib(learned)}`;
  return [fact("VRAM", `declared ${mib(spec.vramBytes)}; ${held}${note}`)];
}

/** What the node has free, which holds for as long as it says nothing else. */
function roomFacts(core: HubCore, session: NodeSession, { bootMs }: Now): readonly Evidence[] {
  const { claim, offer, node, lastHeardBootMs } = session;
  const ageMs = Math.max(0, bootMs - lastHeardBootMs);
  const slots = claim === null ? "none" : `${claim.gpuSlots} gpu, ${claim.cpuSlots} cpu`;
  const shut = shutGates(offer?.headroom ?? []);
  return [
    { name: "free slots", value: slots, ageMs },
    fact("running", `${leasesOn(core.state, node).length} job(s)`),
    ...[...shut].map(([gpu, gates]) => ({
      name: "shut gates",
      value: `${gates.join(", ")} of ${gpu}`,
      ageMs,
    })),
  ];
}

/** Priorities that a card has no room for, by card. */
function shutGates(headroom: readonly Headroom[]): ReadonlyMap<string, readonly Priority[]> {
  const shut = new Map<string, Priority[]>();
  for (const { gpu, priority, bytes } of headroom)
    if (bytes === 0) shut.set(gpu, [...(shut.get(gpu) ?? []), priority]);
  return shut;
}

function waits(
  job: Job,
  rule: string,
  evidence: readonly Evidence[],
  wouldChange: readonly string[],
): Explanation {
  return { verdict: `${job.id} waits`, rule, evidence, wouldChange };
}

/** The arbiter's answer; for a deferral with where its condition does not hold, which takes a look at every node. */
function ask(core: HubCore, question: ArbiterQuestion, { bootMs }: Now): ArbiterVerdict {
  const verdict = arbitrate(core, question, bootMs);
  const [defer] = verdict.rule === "deferral" ? overridesOn(core, "defer", question) : [];
  if (defer === undefined) return verdict;
  return { ...verdict, evidence: [...verdict.evidence, ...unmetEvidence(core, defer, bootMs)] };
}

function fromArbiter({ rule, evidence, wouldChange }: ArbiterVerdict, verdict: string): Explanation {
  return { verdict, rule, evidence, wouldChange };
}

function fact(name: string, value: string): Evidence {
  return { name, value, ageMs: 0 };
}
