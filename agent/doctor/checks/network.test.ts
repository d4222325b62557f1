import { describe, expect, it } from "vitest";
import { seen, unseen } from "../seen.ts";
import { checkHub, checkPorts, type HubFacts, type Listener } from "./network.ts";

const STRANGER: Listener = { port: 9820, pid: 12, command: "nginx", isOurs: false };
const OURS: Listener = { port: 9820, pid: 13, command: "node hub.mjs", isOurs: true };
const NONE: HubFacts = { kind: "none" };

describe("checkPorts", () => {
  it.each<readonly [string, readonly Listener[], boolean, string]>([
    ["free", [], true, "ok"],
    ["ours", [OURS], true, "ok"],
    ["a stranger's on the hub's box", [STRANGER], true, "warn"],
    ["a stranger's on a box without a hub, which needs none", [STRANGER], false, "note"],
  ])("judges ports that are %s", (_, listeners, isHubBox, severity) => {
    expect(checkPorts({ listeners: seen(listeners), isHubBox, hub: NONE }).severity).toBe(severity);
  });

  it("names who listens", () => {
    const { evidence } = checkPorts({ listeners: seen([STRANGER]), isHubBox: true, hub: NONE });
    expect(evidence).toEqual(["9820 (gRPC): pid 12 (nginx)"]);
  });

  it("does not call unknown ports free", () => {
    expect(checkPorts({ listeners: unseen("EACCES"), isHubBox: true, hub: NONE }).severity).toBe("note");
  });
});

describe("checkHub", () => {
  it.each<readonly [HubFacts, string]>([
    [NONE, "note"],
    [{ kind: "unusable", problem: "no port" }, "fail"],
    [{ kind: "reached", address: "h:9820", source: "--hub" }, "ok"],
    [{ kind: "silent", address: "h:9820", source: "--hub", reason: "refused" }, "warn"],
  ])("judges %o", (hub, severity) => {
    expect(checkHub({ listeners: seen([]), isHubBox: false, hub }).severity).toBe(severity);
  });
});
