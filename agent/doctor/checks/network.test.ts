import { describe, expect, it } from "vitest";
import { seen, unseen } from "../seen.ts";
import {
  checkHub,
  checkPorts,
  checkWarnings,
  type HubFacts,
  type Listener,
  type NetworkFacts,
} from "./network.ts";

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
    expect(checkPorts({ listeners: seen(listeners), isHubBox, hub: NONE, warnings: null }).severity).toBe(
      severity,
    );
  });

  it("names who listens", () => {
    const { evidence } = checkPorts({
      listeners: seen([STRANGER]),
      isHubBox: true,
      hub: NONE,
      warnings: null,
    });
    expect(evidence).toEqual(["9820 (gRPC): pid 12 (nginx)"]);
  });

  it("does not call unknown ports free", () => {
    expect(
      checkPorts({ listeners: unseen("EACCES"), isHubBox: true, hub: NONE, warnings: null }).severity,
    ).toBe("note");
  });
});

describe("checkHub", () => {
  it.each<readonly [HubFacts, string]>([
    [NONE, "note"],
    [{ kind: "unusable", problem: "no port" }, "fail"],
    [{ kind: "reached", address: "h:9820", source: "--hub" }, "ok"],
    [{ kind: "silent", address: "h:9820", source: "--hub", reason: "refused" }, "warn"],
  ])("judges %o", (hub, severity) => {
    expect(checkHub({ listeners: seen([]), isHubBox: false, hub, warnings: null }).severity).toBe(severity);
  });
});

describe("checkWarnings", () => {
  const judge = (warnings: NetworkFacts["warnings"]) =>
    checkWarnings({ listeners: seen([]), isHubBox: true, hub: NONE, warnings });

  it("names each warning of the hub, with the command that it names as what helps", () => {
    const safe =
      'SAFE: this journal is an older copy: give it up with `spiral up --accept-rollback --reason "…"`';
    expect(judge(seen([safe, "queue/: files in rejected/: 2"]))).toMatchObject([
      {
        severity: "warn",
        title: "the hub warns: SAFE",
        evidence: [safe],
        cure: 'spiral up --accept-rollback --reason "…"',
      },
      { severity: "warn", title: "the hub warns: queue/", cure: "spiral status" },
    ]);
  });

  it.each([
    ["a hub that warns of nothing is well", seen([]), ["ok"]],
    ["what it warns of is unknown", unseen("no answer"), ["note"]],
    ["a box that may not ask says nothing", null, []],
  ])("%s", (_what, warnings, severities) => {
    expect(judge(warnings).map(({ severity }) => severity)).toEqual(severities);
  });
});
