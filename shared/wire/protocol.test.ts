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
  const unknown = (): { kind: "unknown" } => ({ kind: "unknown" });
  const bad = (): never => {
    throw new FleetError("invalid", "x: is bad");
  };
  const setup = (peerMinor: number, ourMinor: number) => {
    const heard: string[] = [];
    return {
      heard,
      tolerance: createTolerance({ peerMinor, ourMinor, onBad: (event) => heard.push(event) }),
    };
  };

  it("passes over two bad messages and throws the third", () => {
    const { tolerance, heard } = setup(0, 0);
    expect([tolerance.read(bad), tolerance.read(bad)]).toEqual([null, null]);
    expect(() => tolerance.read(bad)).toThrowError("x: is bad");
    expect(heard).toEqual(Array(3).fill("message.invalid"));
  });

  it("passes over every unknown kind of a newer minor", () => {
    const { tolerance, heard } = setup(5, 4);
    for (let i = 0; i < 10; i++) expect(tolerance.read(unknown)).toBeNull();
    expect(heard).toEqual(Array(10).fill("message.unknown"));
  });

  it("takes unknown kinds of the same minor for bad messages", () => {
    const { tolerance } = setup(4, 4);
    tolerance.read(unknown);
    tolerance.read(unknown);
    expect(() => tolerance.read(unknown)).toThrowError(/kind/);
  });

  it("lets our own bugs through", () => {
    const { tolerance } = setup(0, 0);
    const broken = (): never => {
      throw new TypeError("ours");
    };
    expect(() => tolerance.read(broken)).toThrowError(TypeError);
  });
});
