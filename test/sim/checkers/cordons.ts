/** Cordons: a node that a person keeps new work off gets none, over every restart, until that person lets it. */
import type { Checker } from "../checker.ts";

export const cordons: Checker = {
  name: "cordons",
  promise: "nothing is leased to a cordoned or draining node",
  survivesRestore: true,
  watch: (_world, violate) => {
    const cordoned = new Set<string>();
    return {
      "hub.recovered": ({ run }) => {
        // What was said and not yet durable is lost with the hub that heard it.
        cordoned.clear();
        for (const node of run.engine.core.state.cordons.keys()) cordoned.add(node);
      },
      "hub.appended": ({ events }) => {
        for (const event of events) {
          if (event.kind === "node.cordoned") cordoned.add(event.node);
          if (event.kind === "node.uncordoned") cordoned.delete(event.node);
          if (event.kind === "job.leased" && cordoned.has(event.node))
            violate(`token ${event.token} leased to ${event.node}, which is cordoned`);
        }
      },
    };
  },
};
