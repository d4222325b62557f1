/** Wait: looks at a job again and again until it has ended. */
import { delay } from "../../shared/loop.ts";
import type { HubClient } from "./client.ts";
import { formatShare } from "./format.ts";
import type { Output } from "./output.ts";
import { type Job, readJob } from "./views.ts";

const LOOK_MS = 500;

/** The job as it ended, or as it is when `interrupted` aborts: waiting for it changes nothing. */
export async function waitForJob(
  hub: HubClient,
  out: Output,
  jobId: string,
  interrupted: AbortSignal,
): Promise<Job> {
  for (;;) {
    const job = readJob(await hub.call("GetJob", { jobId }));
    if (isEnded(job.state) || interrupted.aborted) return job;
    out.redraw(
      `${job.jobId} ${job.state}${job.state === "running" ? ` ${formatShare(job.progressRatio)}` : ""}`,
    );
    await delay(LOOK_MS, interrupted);
  }
}

function isEnded(state: string): boolean {
  return ["succeeded", "failed", "cancelled", "quarantined"].includes(state);
}
