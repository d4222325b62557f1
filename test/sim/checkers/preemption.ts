/**
 * Preemption: who is stopped for somebody else, judged from what was journaled: only strictly less important work, which
 * has run for a while, on a fleet that is up and a node that nobody keeps work off, and each job only so often.
 */
import { PRIORITY_RANK, type Priority } from "../../../shared/model/priority.ts";
import type { Checker } from "../checker.ts";

/** As docs/queue.md promises. */
const MIN_RUNTIME_MS = 30_000;
const TIMES_MAX = 3;

export const preemption: Checker = {
  name: "preemption",
  promise: "only less important work that has run for 30 s is stopped for a job, three times at most",
  watch: (_world, violate) => {
    const submitted = new Map<string, Priority>();
    const orders = new Map<string, { readonly jobId: string; readonly priority: Priority }>();
    const startedMs = new Map<number, number>();
    const times = new Map<string, number>();
    const cordoned = new Set<string>();
    let isUp = false;
    const rankOf = (jobId: string): number => {
      const ordered = [...orders.values()].findLast((order) => order.jobId === jobId);
      return PRIORITY_RANK[ordered?.priority ?? submitted.get(jobId) ?? "batch"];
    };
    return {
      "hub.durable": ({ event }) => {
        switch (event.kind) {
          case "job.submitted":
            return void submitted.set(event.jobId, event.spec.priority);
          case "job.requeued":
            return void times.delete(event.jobId);
          case "job.started":
            if (!startedMs.has(event.token)) startedMs.set(event.token, event.at.journalMs);
            return;
          case "desired.changed":
            isUp = event.state === "up";
            return;
          case "node.cordoned":
            return void cordoned.add(event.node);
          case "node.uncordoned":
            return void cordoned.delete(event.node);
          case "override.set":
            if (event.effect === "priority")
              orders.set(event.id, { jobId: event.name, priority: event.value as Priority });
            return;
          case "override.ended":
            return void orders.delete(event.id);
          case "job.preempted":
            break;
          default:
            return;
        }
        const { jobId, token, node, claimant, at } = event;
        if (claimant === null) return;
        if (rankOf(jobId) <= rankOf(claimant))
          violate(`${jobId} was stopped for ${claimant}, no more important`);
        const ranMs = at.journalMs - (startedMs.get(token) ?? at.journalMs);
        if (ranMs < MIN_RUNTIME_MS)
          violate(`${jobId} was stopped for ${claimant} after ${Math.round(ranMs)} ms`);
        if (!isUp || cordoned.has(node)) violate(`${jobId} was stopped on ${node}, which takes no work`);
        const count = (times.get(jobId) ?? 0) + 1;
        times.set(jobId, count);
        if (count > TIMES_MAX) violate(`${jobId} was stopped ${count} times for others`);
      },
    };
  },
};
