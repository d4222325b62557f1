/**
 * Rollback: an older copy of the journal was put back. No token of the time that it has forgotten is ever given again,
 * and nothing is granted while somebody who is attached still holds work of that time, unless a person gave it up.
 */
import type { Checker } from "../checker.ts";

export const rollback: Checker = {
  name: "rollback",
  promise:
    "H7: a restored journal gives no number twice, and grants nothing while agents know more than it does",
  survivesRestore: true,
  watch: (world, violate) => {
    const told = new Set<number>();
    let forgotten = new Set<number>();
    return {
      "hub.restored": ({ lastToken }) => {
        forgotten = new Set([...told].filter((token) => token > lastToken));
      },
      "hub.released": ({ effect }) => {
        if (effect.kind !== "send" || effect.message.kind !== "grants") return;
        for (const { token } of effect.message.grants) {
          if (told.has(token)) violate(`token ${token} was given twice`);
          told.add(token);
        }
      },
      "hub.appended": ({ run, events }) => {
        for (const event of events) {
          if (event.kind === "rollback.accepted") forgotten.clear();
          if (event.kind !== "job.leased") continue;
          for (const { name, agent } of world.boxes) {
            if (
              run.engine.core.soft.sessions.get(name)?.hello.agentInstance !==
              agent?.core.config.agentInstance
            )
              continue;
            for (const token of agent?.core.state.attempts.keys() ?? [])
              if (forgotten.has(token))
                violate(`token ${event.token} leased while ${name} holds ${token}, which is forgotten`);
          }
        }
      },
    };
  },
};
