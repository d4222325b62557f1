import { describe, expect, it } from "vitest";
import { specOf } from "../../../test/helpers/hub-world.ts";
import { differingFields } from "./duplicate.ts";

const SPEC = specOf({ params: { a: 1, b: { c: [1, 2] } } });

describe("differingFields", () => {
  it.each([
    { what: "nothing", change: {}, names: [] },
    { what: "the order of parameters", change: { params: { b: { c: [1, 2] }, a: 1 } }, names: [] },
    { what: "a parameter deep down", change: { params: { a: 1, b: { c: [2, 1] } } }, names: ["params"] },
    { what: "a parameter less", change: { params: { a: 1 } }, names: ["params"] },
    {
      what: "a list in place of an object",
      change: { params: { a: 1, b: { c: { 0: 1, 1: 2 } } } },
      names: ["params"],
    },
    { what: "two fields", change: { node: "beta", maxAttempts: 9 }, names: ["node", "maxAttempts"] },
  ])("names what differs: $what", ({ change, names }) => {
    expect([...differingFields(SPEC, { ...SPEC, ...change })].sort()).toEqual([...names].sort());
  });

  it("takes no offence at a field that the known job was made without", () => {
    const { node: _, ...older } = SPEC;
    expect(differingFields(older as typeof SPEC, { ...SPEC, node: "beta" })).toEqual([]);
  });
});
