/** Attempts: a job is tried so often and no more, and only its own failures burn one; losses are bounded apart (I9). */
import type { Checker } from "../checker.ts";
import type { TrueEnd } from "../happenings.ts";

/** Words of the agent for failures that it decides itself. */
const OWN_BY_RULE = /^(maxRuntime exceeded|stopped for main memory|parameter bad)/;

/** As docs/queue.md promises. */
const SUSPECT_MAX = 8;

export const attempts: Checker = {
  name: "attempts",
  promise: "I9: attempts burn only by a job's own failure, and never more than it may have",
  watch: (_world, violate) => {
    const truth = new Map<number, TrueEnd>();
    const burned = new Map<string, number>();
    const allowed = new Map<string, number>();
    return {
      "process.ended": ({ process, how }) => void truth.set(process.job.token, how),
      "hub.durable": ({ event }) => {
        if (event.kind === "job.submitted") allowed.set(event.jobId, event.spec.maxAttempts);
        if (event.kind !== "attempt.ended") return;
        const { jobId, token, outcome, isBurned, detail } = event;
        if ((event.suspectLosses ?? 0) >= SUSPECT_MAX && event.next.state === "pending")
          violate(`${jobId}: goes on after ${event.suspectLosses} losses that may be its doing`);
        const isOwn = outcome === "own-failure" || outcome === "oom";
        if (isBurned !== isOwn) violate(`${jobId}: an attempt that ended ${outcome} was counted wrongly`);
        if (!isBurned) return;
        const how = truth.get(token);
        if (how !== "exited" && !OWN_BY_RULE.test(detail))
          violate(`${jobId}: token ${token} burned an attempt, but its process was ${how} (${detail})`);
        const count = (burned.get(jobId) ?? 0) + 1;
        burned.set(jobId, count);
        if (count > (allowed.get(jobId) ?? 0))
          violate(`${jobId} burned ${count} of ${allowed.get(jobId)} attempts`);
      },
    };
  },
};
