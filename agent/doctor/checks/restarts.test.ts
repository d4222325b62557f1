import { describe, expect, it } from "vitest";
import { checkAuthorities, checkUnits, type RestartFacts, type UnitFile } from "./restarts.ts";

const CALM: RestartFacts = { hasSystemd: true, units: [], cron: [], containers: [], unread: [] };
const GOOD = { Restart: "on-failure", StartLimitBurst: "5", Delegate: "yes", KillMode: "process" };

function unit(name: string, change: Partial<UnitFile> = {}): UnitFile {
  return { name, path: `/etc/systemd/system/${name}`, isEnabled: false, settings: {}, ...change };
}

describe("checkAuthorities", () => {
  it.each<readonly [string, Partial<RestartFacts>, readonly string[]]>([
    ["nothing", {}, ["ok"]],
    ["nothing where not everything could be read", { unread: ["EACCES"] }, ["note"]],
    ["our own units", { units: [unit("spiral-agent@alpha.service", { isEnabled: true })] }, ["ok"]],
    [
      "an old unit that is enabled",
      { units: [unit("spiral-worker.service", { isEnabled: true })] },
      ["fail"],
    ],
    ["an old timer that is not", { units: [unit("spiral-guardian.timer")] }, ["note", "ok"]],
    ["a crontab", { cron: [{ path: "/etc/cron.d/x", line: 3, word: "guardian.sh" }] }, ["fail"]],
    ["a container", { containers: [{ name: "abc", policy: "always" }] }, ["fail"]],
  ])("judges %s", (_, change, severities) => {
    expect(checkAuthorities({ ...CALM, ...change }).map(({ severity }) => severity)).toEqual(severities);
  });

  it("names each of them", () => {
    const cron = [{ path: "/etc/cron.d/x", line: 3, word: "guardian.sh" }];
    expect(checkAuthorities({ ...CALM, cron })[0]?.evidence).toEqual([
      "cron: /etc/cron.d/x, line 3 (guardian.sh)",
    ]);
  });
});

describe("checkUnits", () => {
  it("notes that nothing starts the agent where no unit is installed", () => {
    expect(checkUnits(CALM)).toMatchObject([{ severity: "note" }]);
  });

  it("is well with the limits that this product needs", () => {
    const units = [unit("spiral-agent.service", { settings: GOOD })];
    expect(checkUnits({ ...CALM, units })).toMatchObject([{ severity: "ok" }]);
  });

  it("warns of each setting that would let somebody else restart or kill", () => {
    const units = [
      unit("spiral-agent.service", { settings: { ...GOOD, Restart: "always", KillMode: "mixed" } }),
    ];
    expect(checkUnits({ ...CALM, units })).toMatchObject([
      { severity: "warn", evidence: ["Restart=always", "KillMode=mixed"] },
    ]);
  });

  it("asks no delegation of the hub, which runs no jobs", () => {
    const units = [unit("spiral-hub.service", { settings: { Restart: "on-failure", StartLimitBurst: "5" } })];
    expect(checkUnits({ ...CALM, units })).toMatchObject([{ severity: "ok" }]);
  });
});
