import { describe, expect, it } from "vitest";
import type { HubEvent } from "../../hub/core/event.ts";
import { recordedPolicy } from "../../hub/core/replay/policy.ts";
import { replay } from "../../hub/core/replay/replay.ts";
import { createHubState } from "../../hub/core/state.ts";
import type { Checker } from "./checker.ts";
import { PROFILES, profileOf } from "./options.ts";
import { runSeed } from "./run-seed.ts";

/** Writes the journal of a world down as it becomes durable. */
function recorder(events: HubEvent[]): Checker {
  const watch: Checker["watch"] = () => ({ "hub.durable": ({ event }) => void events.push(event) });
  return { name: "recorder", promise: "none: it only listens", watch };
}

async function historyOf(seed: number): Promise<readonly HubEvent[]> {
  const events: HubEvent[] = [];
  await runSeed({ seed, profile: profileOf(seed), steps: 1_000, checkers: [recorder(events)] });
  return events;
}

/**
 * A restored copy is another history from there on: what was durable after it is no journal's. Of several sites each
 * has a journal of its own, and a checker is not told whose events it hears.
 */
const UNBROKEN = PROFILES.filter((profile) => profile !== "restored" && profile !== "sites");

describe("a replay of what a simulated hub has recorded", () => {
  it.each(UNBROKEN)("makes every decision again as it was made, in %s worlds", async (profile) => {
    const judged: Record<string, number> = {};
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((each) => profileOf(each) === profile)) {
      const records = (await historyOf(seed)).map((event, index) => ({ seq: index + 1, event }));
      const options = { policy: recordedPolicy(), hasJournalTime: true };
      const report = replay(createHubState(), records, options);
      expect({ seed, differences: report.differences }).toEqual({ seed, differences: [] });
      for (const [decision, count] of Object.entries(report.judged))
        judged[decision] = (judged[decision] ?? 0) + count;
    }
    expect(judged["grant"]).toBeGreaterThan(10);
    expect(judged["retry"]).toBeGreaterThan(0);
  });
});
