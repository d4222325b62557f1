/** Fenced outputs: what lies in renders/ came from the accepted attempt, and came once (I4, I7). */
import type { Checker } from "../checker.ts";

export const fencedOutputs: Checker = {
  name: "fenced-outputs",
  promise:
    "I4, I7: outputs are published once, from the attempt whose success is durable, which is never undone",
  watch: (_world, violate) => {
    const succeeded = new Map<string, number>();
    const published = new Map<string, number>();
    return {
      "hub.durable": ({ event }) => {
        switch (event.kind) {
          case "job.succeeded":
            if (succeeded.has(event.jobId)) violate(`${event.jobId} succeeded twice`);
            succeeded.set(event.jobId, event.token);
            return;
          case "job.leased":
            if (succeeded.has(event.jobId)) violate(`${event.jobId} is run again after its success`);
            return;
          case "job.published":
            if (published.get(event.jobId) === undefined)
              violate(`${event.jobId} is called published and is not`);
            return;
          default:
            return;
        }
      },
      "outputs.published": ({ jobId, token }) => {
        if (published.has(jobId)) violate(`${jobId} was published twice`);
        if (succeeded.get(jobId) !== token)
          violate(`${jobId}: outputs of token ${token} published, durable is ${succeeded.get(jobId)}`);
        published.set(jobId, token);
      },
    };
  },
};
