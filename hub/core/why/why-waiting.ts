/** Why of a job that waits for something of its own: its time, other jobs, a sub-budget, a condition. */
import { momentWords } from "../../../shared/model/moment-words.ts";
import type { Evidence } from "../arbiter/arbiter.ts";
import { dependencyEvidence } from "../queue/dependency.ts";
import { holdings, overOwnerBudget, ownerOf } from "../queue/fair-share.ts";
import type { HubState, Job } from "../state.ts";

/** A rule with what it rests on and what would change it. */
export interface Waiting {
  readonly rule: "dependency" | "not-before" | "backing-off" | "owner-budget";
  readonly evidence: readonly Evidence[];
  readonly wouldChange: readonly string[];
}

/** The first of them that holds the job back; null when none does. */
export function tellWaiting(state: HubState, job: Job, journalMs: number): Waiting | null {
  return tellDependency(state, job, journalMs) ?? tellTime(job, journalMs) ?? tellOwner(state, job);
}

function tellDependency(state: HubState, job: Job, journalMs: number): Waiting | null {
  const [first] = job.blockedBy ?? [];
  if (first === undefined) return null;
  const cure = `each of them succeeds: \`spiral why job ${first}\`; if one ends otherwise, this job is cancelled`;
  return { rule: "dependency", evidence: dependencyEvidence(state, job, journalMs), wouldChange: [cure] };
}

/** A job that nobody has tried waits for the moment it was given; one that has failed is kept from failing at once. */
function tellTime(job: Job, journalMs: number): Waiting | null {
  if (job.notBeforeMs <= journalMs) return null;
  const seconds = Math.ceil((job.notBeforeMs - journalMs) / 1000);
  if (job.ends === undefined) return tellMoment(job, seconds);
  const { attempts, spec, lastDetail, node, ends } = job;
  const isLast = attempts + 1 >= spec.maxAttempts;
  const left = isLast ? ": the next failure of its own quarantines it" : "";
  const counts = Object.entries(ends).map(([outcome, times]) => `${times} ${outcome}`);
  return {
    rule: "backing-off",
    evidence: [
      fact("not before", `${seconds} s to go`),
      fact("attempts burned", `${attempts} of ${spec.maxAttempts}${left}`),
      fact("ended so far", counts.join(", ")),
      fact("last attempt", `${lastDetail || "no detail"}${node === null ? "" : ` on ${node}`}`),
    ],
    wouldChange: [`time: it is tried again in ${seconds} s`],
  };
}

/** The moment that was asked for, as a person writes it; a delay as it was asked for. */
function tellMoment({ spec }: Job, seconds: number): Waiting {
  const moment = momentWords(spec.notBeforeWallMs ?? 0);
  const left = moment === null ? `${seconds} s to go` : `${moment}, ${leftText(seconds)} to go`;
  return {
    rule: "not-before",
    evidence: [fact("not before", left)],
    wouldChange: [`time: it may be granted ${moment === null ? `in ${seconds} s` : `at ${moment}`}`],
  };
}

function leftText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

function tellOwner(state: HubState, job: Job): Waiting | null {
  const over = overOwnerBudget(state, holdings(state), job);
  if (over === null) return null;
  const owner = ownerOf(job);
  const cures = ["a job of that owner ends", `a larger bound: owners.${owner} in control.json`];
  return {
    rule: "owner-budget",
    evidence: [fact("owner", over), fact("held by", heldBy(state, owner))],
    wouldChange: cures,
  };
}

/** Jobs that are named. */
const NAMED = 3;

function heldBy({ leases, jobs }: HubState, owner: string): string {
  const held = [...leases.values()].filter(({ jobId }) => {
    const job = jobs.get(jobId);
    return job !== undefined && ownerOf(job) === owner;
  });
  const names = held.slice(0, NAMED).map(({ jobId, node }) => `${jobId} on ${node}`);
  const more = held.length > NAMED ? ` and ${held.length - NAMED} more` : "";
  return held.length === 0 ? "nobody: it asks for more than the bound" : `${names.join(", ")}${more}`;
}

function fact(name: string, value: string): Evidence {
  return { name, value, ageMs: 0 };
}
