import { describe, expect, it } from "vitest";
import { frameOf } from "../test/helpers/hub-world.ts";
import type { HubEvent } from "./core/event.ts";
import { createPressureFeed, type Told } from "./pressure-feed.ts";
import { createRecentEvents } from "./recent-events.ts";

const at = { journalMs: 1, wallMs: 1 };
const CROSSED: HubEvent = {
  kind: "node.crossed",
  node: "alpha",
  crossing: 1,
  resource: "memory",
  level: "high",
  ratio: 0.7,
  gpu: null,
  missed: 0,
  at,
};

function watched() {
  const recent = createRecentEvents([], 0);
  const feed = createPressureFeed(recent);
  const told: Told[] = [];
  const stop = feed.follow((each) => told.push(each));
  let seq = 0;
  const happen = (event: HubEvent): void => {
    recent.add(++seq, [event]);
    recent.announce(seq);
  };
  return { feed, told, stop, happen };
}

describe("a pressure feed", () => {
  it("tells a crossing when it is durable, and the end of a session", () => {
    const { told, happen } = watched();
    happen(CROSSED);
    happen({ kind: "node.detached", node: "alpha", reason: "silent", at });
    expect(told).toEqual([
      { kind: "crossing", node: "alpha", resource: "memory", level: "high", ratio: 0.7, gpu: null },
      { kind: "lost", node: "alpha", reason: "silent" },
    ]);
  });

  it("tells the figures of a frame under the level that the node itself crossed to", () => {
    const { feed, told, happen } = watched();
    happen(CROSSED);
    feed.frame("alpha", { ...frameOf("alpha"), cpuRatio: 0.9, memoryRatio: 0.71 });
    expect(told.slice(1)).toMatchObject([
      { kind: "update", resource: "cpu", level: "high", ratio: 0.9 },
      { kind: "update", resource: "memory", level: "high", ratio: 0.71 },
    ]);
  });

  it("tells nobody who has stopped", () => {
    const { feed, told, stop, happen } = watched();
    stop();
    happen(CROSSED);
    feed.frame("alpha", { ...frameOf("alpha"), cpuRatio: 0.9 });
    expect(told).toEqual([]);
  });
});
