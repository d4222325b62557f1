/** Job list: pages of jobs, the newest first page, each in order of submission. */
import { FleetError } from "../../shared/errors.ts";
import { JOB_STATES, type JobState } from "../../shared/model/job.ts";
import type { OperatorReply, OperatorRequest } from "../../shared/wire/operator-types.ts";
import type { HubState } from "../core/state.ts";
import type { HubCore } from "../core/transaction.ts";
import { viewJob } from "./views.ts";

/** Jobs on one page. */
export const PAGE_MAX = 1_000;

/** Looks at the jobs of the state or campaign that is asked for and at no others. */
export function listJobs(core: HubCore, request: OperatorRequest<"ListJobs">): OperatorReply<"ListJobs"> {
  const { state, campaign, before, limit } = request;
  if (state !== "" && !JOB_STATES.includes(state as JobState))
    throw new FleetError("invalid", `state: must be one of ${JOB_STATES.join(", ")}, got "${state}"`);
  const last = before === "" ? Number.POSITIVE_INFINITY : numberOf(before);
  if (Number.isNaN(last))
    throw new FleetError("invalid", `before: must be a job such as j_000042, got "${before}"`);
  const matching = idsOf(core.state, state, campaign);
  const older = matching.filter((jobId) => numberOf(jobId) < last);
  const page = older.slice(-Math.min(limit || PAGE_MAX, PAGE_MAX));
  const jobs = page.flatMap((jobId) => core.state.jobs.get(jobId) ?? []);
  return {
    jobs: jobs.map((job) => viewJob(core, job)),
    total: matching.length,
    nextBefore: page.length < older.length ? (page[0] ?? "") : "",
  };
}

/** In order of submission. */
function idsOf({ jobs, index }: HubState, state: string, campaign: string): readonly string[] {
  if (campaign !== "") {
    const listed = [...(index.byCampaign.get(campaign) ?? [])];
    return state === "" ? listed : listed.filter((jobId) => jobs.get(jobId)?.state === state);
  }
  if (state === "") return [...jobs.keys()];
  return [...index.byState[state as JobState]].sort((a, b) => numberOf(a) - numberOf(b));
}

/** Jobs are numbered in order of submission; NaN for what is no job. */
function numberOf(jobId: string): number {
  return /^j_\d+$/.test(jobId) ? Number(jobId.slice(2)) : Number.NaN;
}
