/**
 * why: the verdict on a job, a node or a campaign, the one dominant rule, the evidence with ages, and what
 * would change it (SPEC H9). Asks the same functions that decide, so that it cannot tell another story.
 */

import { type ArbiterVerdict, arbitrate, type Evidence } from "./arbiter.ts";
import { type Offer, offerOf, type Unfit, whyUnfit } from "./placement.ts";
import type { NodeSession } from "./soft.ts";
import type { Job } from "./state.ts";
import type { HubCore } from "./transaction.ts";

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
  const verdict = arbitrate(core, { campaign: name, node: null }, now.bootMs);
  const campaign = core.state.campaigns.get(name);
  const state = campaign === undefined ? "not armed" : campaign.state;
  return fromArbiter(verdict, `campaign ${name} is ${state}`);
}

export function whyNode(core: HubCore, node: string, now: Now): Explanation | null {
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
  const verdict = arbitrate(core, { campaign: null, node }, now.bootMs);
  if (!verdict.isYes) return fromArbiter(verdict, `${node} takes no work`);
  return { verdict: `${node} may take work`, rule: "clear", evidence: [claimOf(session)], wouldChange: [] };
}

export function whyJob(core: HubCore, job: Job, now: Now): Explanation {
  if (job.state !== "pending") return explainStarted(core, job, now);
  const arbiter = arbitrate(core, { campaign: job.spec.campaign, node: null }, now.bootMs);
  if (!arbiter.isYes) return fromArbiter(arbiter, `${job.id} waits`);
  if (job.notBeforeMs > now.journalMs) {
    const value = `${Math.ceil((job.notBeforeMs - now.journalMs) / 1000)} s to go`;
    const evidence = [fact("not before", value), fact("last attempt", job.lastDetail || "none")];
    return { verdict: `${job.id} waits`, rule: "backing-off", evidence, wouldChange: ["time"] };
  }
  return explainUnplaced(core, job, now);
}

/** Each node's own reason; the dominant one is what the node nearest to taking the job lacks. */
function explainUnplaced(core: HubCore, job: Job, now: Now): Explanation {
  const offers = [...core.soft.sessions.values()].map(offerOf);
  if (offers.length === 0) return waits(job, "no-node", [], ["attach a node: `spiral agent NAME`"]);
  const rows = offers.map((offer) => ({ offer, unfit: whyUnfit(core, offer, job, now.bootMs) ?? "no-slot" }));
  const evidence = rows.map(({ offer, unfit }) => fact(offer.session.node, describe(unfit, offer, job)));
  const rule = NEARNESS.find((unfit) => rows.some((row) => row.unfit === unfit)) ?? "no-slot";
  return waits(job, rule, evidence, [CURES[rule]]);
}

/** From the node that lacks least to the one that never could. */
const NEARNESS: readonly Unfit[] = ["no-slot", "gate", "arbiter", "other-node", "no-runner"];

const CURES: Readonly<Record<Unfit, string>> = {
  "no-slot": "a running job ends, or a node is given more slots",
  gate: "VRAM is freed, the job asks for less, or it is given a higher priority",
  arbiter: "see `spiral why node NAME`",
  "other-node": "the node that the job names attaches",
  "no-runner": "define the runner on a node: runners/NAME.json in the agent's directory",
};

function describe(unfit: Unfit, offer: Offer, job: Job): string {
  if (unfit !== "gate") return unfit;
  const mib = (bytes: number): string => `${Math.floor(bytes / 1024 / 1024)} MiB`;
  const room = mib(offer.headroom.get(job.spec.priority) ?? 0);
  return `gate ${job.spec.priority}: asks ${mib(job.spec.vramBytes)}, room ${room}`;
}

function explainStarted(core: HubCore, job: Job, now: Now): Explanation {
  const renewed = job.token === null ? undefined : core.soft.renewedBootMs.get(job.token);
  const evidence: Evidence[] = [
    fact("attempts burned", `${job.attempts} of ${job.spec.maxAttempts}`),
    fact("last detail", job.lastDetail || "none"),
  ];
  if (job.node !== null) evidence.push(fact("node", job.node));
  if (renewed !== undefined)
    evidence.push({ name: "lease renewed", value: `token ${job.token}`, ageMs: now.bootMs - renewed });
  const isOver = ["failed", "cancelled", "quarantined"].includes(job.state);
  const wouldChange = isOver ? ["submit it again under another key"] : [];
  return { verdict: `${job.id} is ${job.state}`, rule: job.state, evidence, wouldChange };
}

function claimOf(session: NodeSession): Evidence {
  const { claim } = session;
  const value = claim === null ? "none open" : `${claim.gpuSlots} gpu, ${claim.cpuSlots} cpu slot(s)`;
  return fact("claim", value);
}

function waits(
  job: Job,
  rule: string,
  evidence: readonly Evidence[],
  wouldChange: readonly string[],
): Explanation {
  return { verdict: `${job.id} waits`, rule, evidence, wouldChange };
}

function fromArbiter(verdict: ArbiterVerdict, subject: string): Explanation {
  const answer = verdict.isYes ? "may render" : "renders nothing";
  return {
    verdict: `${subject}; ${answer}`,
    rule: verdict.rule,
    evidence: verdict.evidence,
    wouldChange: verdict.wouldChange,
  };
}

function fact(name: string, value: string): Evidence {
  return { name, value, ageMs: 0 };
}
