/**
 * Expiry: a lease is given up by its age only after a whole window in which the hub was awake and heard nothing of
 * its holder. The time is counted here a second time, from what the hub was told and from when it stood still.
 */
import type { Checker } from "../checker.ts";

export const expiry: Checker = {
  name: "expiry",
  promise: "I3, H7: a lease expires only after a whole silent window, which a stall or a restart begins anew",
  watch: (world, violate) => {
    const heardMs = new Map<number, number>();
    const grace = new Map<number, number>();
    let begunMs = 0;
    const now = (): number => world.hub.clock.bootMs();
    return {
      "hub.recovered": () => {
        begunMs = now();
      },
      "hub.resumed": () => {
        begunMs = now();
      },
      "hub.heard": ({ message }) => {
        if (message.kind !== "renew") return;
        for (const token of message.tokens) heardMs.set(token, now());
      },
      "hub.appended": ({ events }) => {
        for (const event of events) {
          if (event.kind === "job.leased") {
            heardMs.set(event.token, now());
            grace.set(event.token, event.offlineGraceMs);
          }
          if (event.kind !== "attempt.ended" || !event.detail.startsWith("no renewal")) continue;
          const silentMs = now() - Math.max(begunMs, heardMs.get(event.token) ?? 0);
          // What a clock at +1 % counts while the one at -1 % counts the grace.
          const graceMs = ((grace.get(event.token) ?? 0) * 101) / 99;
          const windowMs = world.timing.regrantAfterMs + graceMs;
          if (silentMs < windowMs - 1)
            violate(`token ${event.token} expired after ${Math.round(silentMs)} of ${windowMs} ms`);
        }
      },
    };
  },
};
