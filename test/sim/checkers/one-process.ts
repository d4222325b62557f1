/**
 * One process: of each job there is at most one process that can do anything, at any instant of true time (I3), and a
 * lease that is given up for its age has no process any more: its holder ended it first. What
 * cannot be killed and what lay frozen with its box is out of everybody's reach and is excused for as long as that
 * and a shim's tick last; fencing keeps what it leaves from counting.
 */
import type { Checker } from "../checker.ts";
import type { SimProcess } from "../process.ts";

export const oneProcess: Checker = {
  name: "one-process",
  promise: "I3: a job never has two live processes, nor a lapsed lease one, at up to 1 % of drift",
  watch: (world, violate) => {
    const live = new Map<string, Set<SimProcess>>();
    const { shimTickMs, proofMs } = world.timing;
    const excuseMs = 1.02 * (shimTickMs + proofMs);
    const isExcused = ({ box, isWedged }: SimProcess): boolean =>
      isWedged || world.nowMs < box.thawedMs + excuseMs;
    /** Looks again once both have been awake for long enough. */
    const compare = (process: SimProcess, other: SimProcess): false => {
      if (!process.isAlive || !other.isAlive) return false;
      if (!isExcused(process) && !isExcused(other)) {
        const { jobId, token } = process.job;
        const when = `deadline in ${Math.round(other.box.clock.untilMs(other.deadlineBootMs))} ms`;
        violate(
          `${jobId}: token ${token} runs on ${process.box.name}, token ${other.job.token} still on ${other.box.name}, ${when}`,
        );
      } else if (!process.isWedged && !other.isWedged) {
        const awakeMs = Math.max(process.box.thawedMs, other.box.thawedMs) + excuseMs;
        world.after(awakeMs - world.nowMs + 1, "look", "checker", () => compare(process, other));
      }
      return false;
    };
    return {
      "process.started": ({ process }) => {
        const { jobId } = process.job;
        const others = live.get(jobId) ?? new Set();
        live.set(jobId, others);
        for (const other of others) compare(process, other);
        others.add(process);
      },
      "hub.appended": ({ events }) => {
        for (const event of events) {
          if (event.kind !== "attempt.ended" || !event.detail.startsWith("no renewal")) continue;
          for (const process of live.get(event.jobId) ?? []) {
            if (process.job.token === event.token && !isExcused(process))
              violate(`token ${event.token} is given up and its process still runs on ${event.node}`);
          }
        }
      },
      "process.ended": ({ process }) => {
        live.get(process.job.jobId)?.delete(process);
      },
    };
  },
};
