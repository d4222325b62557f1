/**
 * Replay: the state that a hub recovers is the one that the durable events make, event by event, computed here a
 * second time (I11); and a live state with nothing waiting is the same again.
 */
import { apply } from "../../../hub/core/apply.ts";
import { createHubState, decodeHubState, encodeHubState, type HubState } from "../../../hub/core/state.ts";
import type { Checker } from "../checker.ts";

/** Durable events between two comparisons with the live state. */
const COMPARE_EVERY = 101;

export const replay: Checker = {
  name: "replay",
  promise: "I11: replay gives the state that was lived, counts included",
  watch: (world, violate) => {
    const shadow = createHubState();
    let seq = 0;
    const compare = (state: HubState, when: string): void => {
      const [ours, theirs] = [encodeHubState(shadow), encodeHubState(state)];
      if (ours !== theirs) violate(`${when}: ${difference(ours, theirs)}`);
      const [counts, found] = [countsOf(shadow), countsOf(state)];
      if (counts !== found) violate(`${when}: counts ${found} instead of ${counts}`);
    };
    return {
      "hub.durable": ({ event, seq: at }) => {
        if (at !== seq + 1) violate(`event ${at} became durable after ${seq}`);
        seq = at;
        // As the disk gives it back: nothing of the live state can be reached through it.
        apply(shadow, JSON.parse(JSON.stringify(event)));
      },
      "hub.recovered": ({ run }) => compare(run.engine.core.state, `life ${run.life}`),
      "hub.appended": ({ run, lastSeq, events }) => {
        if (lastSeq - events.length !== seq || lastSeq % COMPARE_EVERY !== 0) return;
        const ahead = createCopy(shadow);
        for (const event of events) apply(ahead, JSON.parse(JSON.stringify(event)));
        const [ours, theirs] = [encodeHubState(ahead), encodeHubState(run.engine.core.state)];
        if (ours !== theirs) violate(`live: ${difference(ours, theirs)}`);
      },
      finished: () => {
        const { run } = world.hub;
        if (run !== null && run.engine.journalSeq === seq) compare(run.engine.core.state, "at the end");
      },
    };
  },
};

function countsOf({ index }: HubState): string {
  const { byState, published, unpublished } = index;
  const sizes = Object.entries(byState).map(([name, jobs]) => `${name} ${jobs.size}`);
  return [...sizes, `published ${published}`, `unpublished ${[...unpublished].sort()}`].join(", ");
}

function createCopy(state: HubState): HubState {
  return decodeHubState(encodeHubState(state));
}

function difference(ours: string, theirs: string): string {
  let at = 0;
  while (ours[at] === theirs[at]) at++;
  return `"…${theirs.slice(Math.max(0, at - 60), at + 60)}…" instead of "…${ours.slice(Math.max(0, at - 60), at + 60)}…"`;
}
