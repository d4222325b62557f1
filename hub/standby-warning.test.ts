import { describe, expect, it } from "vitest";
import type { Replica } from "../shared/journal/worker-protocol.ts";
import { standbyWarning } from "./standby-warning.ts";

const LEADER: Replica = {
  ...{ address: "a:9820", holder: "one/7", isLeader: true, sinceWallMs: 1, silentMs: 0, problem: null },
};
const STANDBY: Replica = { ...LEADER, address: "b:9820", isLeader: false };

describe("standbyWarning", () => {
  it.each([
    ["nobody is left of those who stood by", [LEADER], true, true],
    ["the one that is left is silent", [LEADER, { ...STANDBY, silentMs: 12_000 }], true, true],
    ["the one that is left could not", [LEADER, { ...STANDBY, problem: "no root" }], true, true],
    ["one stands by", [LEADER, STANDBY], true, false],
    ["nobody ever stood by", [LEADER], false, false],
    ["nobody has looked yet", [], true, false],
  ])("where %s", (_what, replicas, wasAccompanied, isWarned) => {
    const warning = standbyWarning(replicas, wasAccompanied);
    if (isWarned) expect(warning).toMatch(/^no hub stands by/);
    else expect(warning).toBeNull();
  });
});
