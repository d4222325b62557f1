/** Wait: looks at a job again and again until it has ended, and is told so durably. */
import { FleetError } from "../../shared/errors.ts";
import { delay } from "../../shared/loop.ts";
import type { HubClient } from "./client.ts";
import { formatShare } from "./format.ts";
import type { Output } from "./output.ts";
import { type Job, readJob } from "./views.ts";

const LOOK_MS = 500;

/**
 * The job as it ended, or as it is when `interrupted` aborts: waiting for it changes nothing. A hub with a full disk is
 * waited for as well: it tells of no end that it might yet forget.
 */
export async function waitForJob(
  hub: HubClient,
  out: Output,
  jobId: string,
  interrupted: AbortSignal,
): Promise<Job> {
  for (;;) {
    const job = await lookAt(hub, jobId).catch((error: unknown) => {
      if (interrupted.aborted || !isUntold(error)) throw error;
      return error;
    });
    if (!(job instanceof FleetError) && (isEnded(job.state) || interrupted.aborted)) return job;
    out.redraw(job instanceof FleetError ? job.message : describe(job));
    await delay(LOOK_MS, interrupted);
  }
}

async function lookAt(hub: HubClient, jobId: string): Promise<Job> {
  return readJob(await hub.call("GetJob", { jobId }));
}

function describe({ jobId, state, progressRatio }: Job): string {
  return `${jobId} ${state}${state === "running" ? ` ${formatShare(progressRatio)}` : ""}`;
}

function isUntold(error: unknown): error is FleetError {
  return error instanceof FleetError && error.code === "resourceExhausted";
}

function isEnded(state: string): boolean {
  return ["succeeded", "failed", "cancelled", "quarantined"].includes(state);
}
