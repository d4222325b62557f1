/** Durable first: nothing that follows from an event leaves the hub before that event is durable (I8, DESIGN 2). */
import type { Checker } from "../checker.ts";

export const durableFirst: Checker = {
  name: "durable-first",
  promise: "I8: grants, welcomes, stops and renames leave only when what they follow from is durable",
  watch: (_world, violate) => {
    const leased = new Set<number>();
    const succeeded = new Set<number>();
    const ended = new Set<number>();
    let epoch = 0;
    let generation = 0;
    return {
      "hub.durable": ({ event }) => {
        if (event.kind === "job.leased") leased.add(event.token);
        if (event.kind === "job.succeeded") succeeded.add(event.token);
        if (event.kind === "attempt.ended") ended.add(event.token);
        if (event.kind === "hub.started") epoch = event.epoch;
        if (event.kind === "desired.changed") generation = event.generation;
      },
      "hub.released": ({ run, effect }) => {
        if (effect.kind === "publish" && !succeeded.has(effect.token))
          violate(`outputs of token ${effect.token} are renamed before its success is durable`);
        if (effect.kind === "discard" && !ended.has(effect.token))
          violate(`staging of token ${effect.token} is discarded before its end is durable`);
        if (effect.kind !== "send") return;
        const { message } = effect;
        if (message.kind === "grants") {
          for (const { token } of message.grants)
            if (!leased.has(token)) violate(`token ${token} is granted before its lease is durable`);
        }
        if (message.kind === "welcome") {
          // On a full disk agents are taken back all the same.
          if (message.epoch !== epoch && run.engine.hasRoom)
            violate(`welcome in epoch ${message.epoch}, durable is ${epoch}`);
        }
        if (message.kind === "desired" && message.state !== "down" && message.generation > generation)
          violate(`generation ${message.generation} is told before it is durable`);
      },
    };
  },
};
