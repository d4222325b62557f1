/**
 * Replay: the state that a hub recovers is the one that the durable events make, event by event, computed here a
 * second time (I11); and a live state with nothing waiting is the same again.
 */
import { apply } from "../../../hub/core/apply.ts";
import { createHubState, type HubState } from "../../../hub/core/state.ts";
import type { Checker } from "../checker.ts";

/** Durable events between two comparisons with the live state. */
const COMPARE_EVERY = 307;

export const replay: Checker = {
  name: "replay",
  promise: "I11: replay gives the state that was lived, counts included",
  watch: (world, violate) => {
    const { disk } = world.hub;
    const shadow = createHubState();
    let seq = 0;
    const compare = (state: HubState, when: string): void => {
      const [ours, theirs] = [textOf(shadow), textOf(state)];
      if (ours !== theirs) violate(`${when}: ${difference(ours, theirs)}`);
      const [counts, found] = [countsOf(shadow), countsOf(state)];
      if (counts !== found) violate(`${when}: counts ${found} instead of ${counts}`);
    };
    return {
      "hub.durable": ({ run, seq: at }) => {
        if (at !== seq + 1) violate(`event ${at} became durable after ${seq}`);
        seq = at;
        // As the disk gives it back: nothing of the live state can be reached through it.
        apply(shadow, JSON.parse(disk.payloads[at - disk.firstSeq] ?? "null"));
        if (at % COMPARE_EVERY === 0 && run.engine.journalSeq === at) compare(run.engine.core.state, "live");
      },
      "hub.recovered": ({ run }) => compare(run.engine.core.state, `life ${run.life}`),
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

/** Everything but the index, in words of its own: what the snapshot's codec forgets has to be seen, too. */
function textOf({ index: _, ...state }: HubState): string {
  return JSON.stringify(state, (_key, value) =>
    value instanceof Map || value instanceof Set ? [...value] : value,
  );
}

function difference(ours: string, theirs: string): string {
  let at = 0;
  while (ours[at] === theirs[at]) at++;
  return `"…${theirs.slice(Math.max(0, at - 60), at + 60)}…" instead of "…${ours.slice(Math.max(0, at - 60), at + 60)}…"`;
}
