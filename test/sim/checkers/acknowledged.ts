/**
 * Acknowledged: what somebody was told stays true whatever happens to the hub (I5, I6, I7, I8). Answers are checked
 * when they leave against what is durable at that moment, and again whenever a hub has recovered.
 */
import type { HubState } from "../../../hub/core/state.ts";
import type { Checker } from "../checker.ts";
import type { HubRun } from "../hub.ts";

const ENDED = ["succeeded", "failed", "cancelled", "quarantined"];

export const acknowledged: Checker = {
  name: "acknowledged",
  promise: "I5–I8: an acknowledged submit, end or reading is durable before it is told and never lost",
  watch: (world, violate) => {
    const jobByKey = new Map<string, string>();
    const ended = new Map<string, string>();
    const accepted = new Set<number>();
    const durableJobs = new Set<string>();
    const durableEnds = new Set<number>();
    const durableStates = new Map<string, string>();
    let generation = 0;
    let durableGeneration = 0;
    const verify = (state: HubState): void => {
      for (const [key, jobId] of jobByKey)
        if (state.keys.get(key) !== jobId) violate(`submit ${key} was acknowledged as ${jobId} and is lost`);
      for (const [jobId, end] of ended)
        if (state.jobs.get(jobId)?.state !== end) violate(`${jobId} was read as ${end} and is not any more`);
      for (const token of accepted)
        if (state.leases.has(token)) violate(`the end of token ${token} was acknowledged and is lost`);
      if (state.desired.generation < generation) violate(`generation ${generation} was told and is lost`);
    };
    const verifyRun = (run: HubRun | null): void => {
      if (run !== null) verify(run.engine.core.state);
    };
    return {
      "hub.durable": ({ event }) => {
        if (event.kind === "job.submitted") durableJobs.add(event.jobId);
        if (event.kind === "job.forgotten") for (const jobId of event.jobIds) ended.delete(jobId);
        if (event.kind === "desired.changed") durableGeneration = event.generation;
        if (event.kind === "job.succeeded" || event.kind === "attempt.ended") durableEnds.add(event.token);
        if (event.kind === "job.succeeded") durableStates.set(event.jobId, "succeeded");
        if (event.kind === "job.cancelled") durableStates.set(event.jobId, "cancelled");
        if (event.kind === "attempt.ended") durableStates.set(event.jobId, event.next.state);
      },
      "hub.released": ({ effect }) => {
        if (effect.kind !== "send" || effect.message.kind !== "completeAck") return;
        for (const { token, status } of effect.message.verdicts) {
          if (status !== "accepted") continue;
          if (!durableEnds.has(token))
            violate(`the end of token ${token} is acknowledged before it is durable`);
          accepted.add(token);
        }
      },
      "hub.recovered": ({ run }) => verifyRun(run),
      told: ({ told }) => {
        if (told.kind === "submitted") {
          if (!durableJobs.has(told.jobId)) violate(`${told.jobId} is acknowledged before it is durable`);
          const known = jobByKey.get(told.key);
          if (known !== undefined && known !== told.jobId)
            violate(`key ${told.key} was ${known} and is ${told.jobId}`);
          jobByKey.set(told.key, told.jobId);
        }
        if (told.kind === "read") {
          if (!durableJobs.has(told.jobId)) violate(`${told.jobId} is shown before it is durable`);
          if (!ENDED.includes(told.state)) return;
          if (durableStates.get(told.jobId) !== told.state)
            violate(`${told.jobId} is shown as ${told.state} before that is durable`);
          ended.set(told.jobId, told.state);
        }
        if (told.kind === "desired" && told.state !== "down") {
          if (told.generation > durableGeneration)
            violate(`generation ${told.generation} told before durable`);
          generation = Math.max(generation, told.generation);
        }
      },
      finished: () => verifyRun(world.hub.run),
    };
  },
};
