/** What an agent tells a hub that it has seen. */
import { describe, expect, it } from "vitest";
import { AgentWorld } from "../../test/helpers/agent-world.ts";
import { recallSeen } from "./witness.ts";

const seenOf = ({ hubId, maxTokenSeen, maxJobSeen, hubEpochSeen }: ReturnType<AgentWorld["attach"]>) => ({
  hubId,
  maxTokenSeen,
  maxJobSeen,
  hubEpochSeen,
});

describe("hello", () => {
  it("tells what an earlier agent has seen, with what is new since", () => {
    const world = new AgentWorld();
    world.do((tx) => recallSeen(tx, { hubId: "hub", maxTokenSeen: 41, maxJobSeen: 12, hubEpochSeen: 4 }));
    world.attach({ hubId: "hub", epoch: 5 });
    world.grant({ token: 50, jobId: "j_000009" });
    expect(seenOf(world.attach())).toEqual({
      hubId: "hub",
      maxTokenSeen: 50,
      maxJobSeen: 12,
      hubEpochSeen: 5,
    });
  });

  it("forgets the numbers of another hub", () => {
    const world = new AgentWorld();
    world.do((tx) => recallSeen(tx, { hubId: "old", maxTokenSeen: 41, maxJobSeen: 12, hubEpochSeen: 4 }));
    world.attach({ hubId: "new", epoch: 1 });
    expect(seenOf(world.attach())).toEqual({ hubId: "new", maxTokenSeen: 0, maxJobSeen: 0, hubEpochSeen: 1 });
  });
});
