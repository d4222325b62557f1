/** Dependencies: nothing is leased before all that it comes after has succeeded and lies in renders/. */
import type { HubState } from "../../../hub/core/state.ts";
import type { Checker } from "../checker.ts";

export const dependencies: Checker = {
  name: "dependencies",
  promise: "a job begins only when what it comes after has succeeded and its outputs can be read",
  survivesRestore: true,
  watch: (_world, violate) => {
    const needs = new Map<string, readonly string[]>();
    const done = new Set<string>();
    const recall = ({ jobs }: HubState): void => {
      done.clear();
      for (const { id, state, manifestSha256, isPublished } of jobs.values())
        if (state === "succeeded" && (manifestSha256 === null || isPublished)) done.add(id);
    };
    return {
      "hub.recovered": ({ run }) => recall(run.engine.core.state),
      "hub.appended": ({ events }) => {
        for (const event of events) {
          if (event.kind === "job.submitted") needs.set(event.jobId, event.spec.after ?? []);
          if (event.kind === "job.succeeded" && event.manifestSha256 === null) done.add(event.jobId);
          if (event.kind === "job.published") done.add(event.jobId);
          if (event.kind !== "job.leased") continue;
          for (const needed of needs.get(event.jobId) ?? [])
            if (!done.has(needed)) violate(`${event.jobId} is leased before ${needed}, which it comes after`);
        }
      },
    };
  },
};
