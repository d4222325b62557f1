import { describe, expect, it } from "vitest";
import { CONTROL, type HubWorld, upWorld } from "../../../test/helpers/hub-world.ts";
import { cordon } from "./cordon.ts";
import { unknownNodeNotes, windowNotes } from "./known-node.ts";

const HOURS = { days: [], fromMinute: 60, toMinute: 120, utcOffsetMinutes: 0, priorities: [] };

function closing(nodes: readonly string[]): HubWorld {
  const world = upWorld();
  const document = { ...CONTROL, windows: [{ ...HOURS, name: "backup", nodes }] };
  world.do((tx) => tx.emit({ kind: "control.loaded", document }));
  return world;
}

describe("unknownNodeNotes", () => {
  it("tells of a node that has never attached, and of no other", () => {
    const { core } = upWorld();
    expect(unknownNodeNotes(core, "ghost")).toEqual([
      'no node "ghost" has ever attached: see `spiral nodes`',
    ]);
    expect(unknownNodeNotes(core, "alpha")).toEqual([]);
    expect(unknownNodeNotes(core, null)).toEqual([]);
  });

  it("knows a node that the journal remembers", () => {
    const world = upWorld();
    const by = { actor: "ada", reason: "dust" };
    world.do((tx) => cordon(tx, { node: "beta", isDrain: false, deadlineMs: null, ...by }));
    expect(unknownNodeNotes(world.core, "beta")).toEqual([]);
  });
});

describe("windowNotes", () => {
  it("tells of windows that close nodes which nobody has seen", () => {
    expect(windowNotes(closing(["alpha", "ghost"]).core)).toEqual([
      "control.json: window backup names ghost, which has not attached since the hub started",
    ]);
    expect(windowNotes(closing([]).core)).toEqual([]);
  });
});
