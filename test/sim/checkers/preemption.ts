/** Preemption: who has to leave for somebody else, when at the earliest, and how often. */
import { must } from "../../../shared/invariant.ts";
import { PRIORITY_RANK, type Priority } from "../../../shared/model/priority.ts";
import type { Checker } from "../checker.ts";

/** As docs/queue.md says it. */
const MIN_RUNTIME_MS = 60_000;
const TIMES_MAX = 3;

export const preemption: Checker = {
  name: "preemption",
  promise:
    "H6: only less important work that has had its minute is stopped for what waits, three times at most",
  survivesRestore: true,
  watch: (world, violate) => {
    const startedMs = new Map<number, number>();
    const timesLeft = new Map<string, number>();
    return {
      // What was stopped and not yet durable is stopped again by the next hub, or not at all.
      "hub.recovered": ({ run }) => {
        timesLeft.clear();
        for (const { id, preempted } of run.engine.core.state.jobs.values())
          timesLeft.set(id, TIMES_MAX - (preempted?.times ?? 0));
      },
      "hub.appended": ({ run, events }) => {
        const nowMs = world.hub.clock.bootMs();
        const { jobs } = run.engine.core.state;
        const priorityOf = (jobId: string): Priority => {
          const { ordered, spec } = must(jobs.get(jobId), `${jobId} is there`);
          return ordered?.priority ?? spec.priority;
        };
        for (const event of events) {
          if (event.kind === "job.started") startedMs.set(event.token, nowMs);
          if (event.kind === "job.requeued") timesLeft.delete(event.jobId);
          if (event.kind !== "job.preempted" || event.claimant === null) continue;
          const { jobId, claimant, token } = event;
          const [victim, waiting] = [priorityOf(jobId), priorityOf(claimant)];
          if (PRIORITY_RANK[victim] <= PRIORITY_RANK[waiting])
            violate(`${jobId}, which is ${victim}, is stopped for ${claimant}, which is ${waiting}`);
          const ranMs = nowMs - (startedMs.get(token) ?? Number.NEGATIVE_INFINITY);
          if (ranMs < MIN_RUNTIME_MS)
            violate(`${jobId} is stopped for ${claimant} after ${Math.round(ranMs)} ms`);
          const left = (timesLeft.get(jobId) ?? TIMES_MAX) - 1;
          timesLeft.set(jobId, left);
          if (left < 0) violate(`${jobId} is stopped for others once too often`);
        }
      },
    };
  },
};
