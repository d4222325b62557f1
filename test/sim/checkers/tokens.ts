/** Tokens: the fence of every lease (I1, I2). It watches the journal and remembers over every restart of the hub. */
import type { Checker } from "../checker.ts";

export const tokens: Checker = {
  name: "tokens",
  promise: "I1, I2: a fencing token only grows, is never given out twice, and a job has one lease at a time",
  watch: (_world, violate) => {
    let lastDurable = 0;
    const told = new Set<number>();
    const holders = new Map<string, number>();
    return {
      "hub.durable": ({ event }) => {
        if (event.kind === "job.leased") {
          if (event.token <= lastDurable) violate(`token ${event.token} after ${lastDurable}`);
          lastDurable = Math.max(lastDurable, event.token);
          const held = holders.get(event.jobId);
          if (held !== undefined) violate(`${event.jobId} leased as ${event.token} while ${held} lives`);
          holders.set(event.jobId, event.token);
        }
        if (event.kind === "job.succeeded" || event.kind === "attempt.ended") {
          if (holders.get(event.jobId) !== event.token)
            violate(`token ${event.token} ended ${event.jobId}, which ${holders.get(event.jobId)} holds`);
          holders.delete(event.jobId);
        }
      },
      "hub.released": ({ effect }) => {
        if (effect.kind !== "send" || effect.message.kind !== "grants") return;
        for (const { token } of effect.message.grants) {
          if (told.has(token)) violate(`token ${token} was granted twice`);
          told.add(token);
        }
      },
    };
  },
};
