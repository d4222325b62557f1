import { describe, expect, it } from "vitest";
import { FleetError } from "../errors.ts";
import { checkProtocol, createTolerance } from "./protocol.ts";

describe("checkProtocol", () => {
  const ours = { major: 1, minor: 4 };
  it.each([
    ["the same version", { major: 1, minor: 4 }],
    ["one minor older", { major: 1, minor: 3 }],
    ["one minor newer", { major: 1, minor: 5 }],
  ])("understands %s", (_name, peer) => {
    expect(() => checkProtocol(peer, ours)).not.toThrow();
  });

  it.each([
    ["two minors older", { major: 1, minor: 2 }, "1.2"],
    ["two minors newer", { major: 1, minor: 6 }, "1.6"],
    ["another major", { major: 2, minor: 4 }, "2.4"],
  ])("refuses %s and names both versions", (_name, peer, named) => {
    expect(() => checkProtocol(peer, ours)).toThrowError(new RegExp(`${named}.*1\\.4`));
  });
});

describe("the tolerance of a session", () => {
  const bad = new FleetError("invalid", "x: is bad");

  it("bears two bad messages and throws the third", () => {
    const tolerance = createTolerance(0);
    tolerance.badMessage(bad);
    tolerance.badMessage(bad);
    expect(() => tolerance.badMessage(bad)).toThrowError(bad);
  });

  it("ignores and counts unknown kinds of a newer minor", () => {
    const tolerance = createTolerance(5, 4);
    for (let i = 0; i < 10; i++) tolerance.unknownKind();
    expect(tolerance).toMatchObject({ unknownKinds: 10, badMessages: 0 });
  });

  it("takes unknown kinds of the same minor for bad messages", () => {
    const tolerance = createTolerance(4, 4);
    tolerance.unknownKind();
    tolerance.unknownKind();
    expect(() => tolerance.unknownKind()).toThrowError(/kind/);
  });
});
