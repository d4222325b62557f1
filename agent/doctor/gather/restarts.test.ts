import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  findCronEntries,
  lookAtRestarts,
  parseUnit,
  type RestartPlaces,
  restartingContainer,
} from "./restarts.ts";

let box = "";
let places: RestartPlaces;
beforeEach(() => {
  box = mkdtempSync(join(tmpdir(), "doctor-restarts-"));
  places = {
    units: [join(box, "system"), join(box, "missing")],
    crontabs: [join(box, "crontab")],
    cronDirectories: [join(box, "cron.d")],
    containers: join(box, "containers"),
    systemd: box,
  };
});
afterEach(() => rmSync(box, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(box, path)), { recursive: true });
  writeFileSync(join(box, path), text);
}

describe("lookAtRestarts", () => {
  it("finds nothing on a box where none of the places exist", async () => {
    const facts = { hasSystemd: true, units: [], cron: [], containers: [], unread: [] };
    expect(await lookAtRestarts(places, "/r")).toEqual(facts);
  });

  it("finds units, tells which are enabled, and leaves other units alone", async () => {
    write("system/spiral-worker.service", "[Service]\nRestart=always\n");
    write("system/spiral-guardian.timer", "[Timer]\nOnCalendar=hourly\n");
    write("system/nginx.service", "[Service]\n");
    mkdirSync(join(box, "system/multi-user.target.wants"));
    const link = join(box, "system/multi-user.target.wants/spiral-worker.service");
    symlinkSync(join(box, "system/spiral-worker.service"), link);
    const { units } = await lookAtRestarts(places, "/r");
    expect(units).toEqual([
      expect.objectContaining({ name: "spiral-guardian.timer", isEnabled: false }),
      expect.objectContaining({
        name: "spiral-worker.service",
        isEnabled: true,
        settings: { Restart: "always" },
      }),
    ]);
  });

  it("finds cron lines and containers", async () => {
    write(
      "cron.d/spiral",
      "# refill every minute\n* * * * * root /home/x/spiral/ops/refill.sh --key s3cret\n",
    );
    const host = { RestartPolicy: { Name: "always" }, Binds: ["/r:/data"] };
    write("containers/0123456789abcdef/hostconfig.json", JSON.stringify(host));
    const facts = await lookAtRestarts(places, "/r");
    expect(facts.cron).toEqual([{ path: join(box, "cron.d/spiral"), line: 2, word: "spiral" }]);
    expect(facts.containers).toEqual([{ name: "0123456789ab", policy: "always" }]);
    expect(JSON.stringify(facts)).not.toContain("s3cret");
  });
});

describe("findCronEntries", () => {
  it.each([
    ["* * * * * /opt/guardian.sh", 1],
    ["*/5 * * * * python keepalive.py", 1],
    ["# * * * * * /opt/guardian.sh", 0],
    ["17 * * * * root run-parts /etc/cron.hourly", 0],
    ["* * * * * inspiralled", 0],
  ])("%s", (line, count) => expect(findCronEntries("/c", line)).toHaveLength(count));
});

describe("restartingContainer", () => {
  const host = (policy: string, bind: string): string =>
    JSON.stringify({ RestartPolicy: { Name: policy }, Binds: [bind] });
  it.each([
    ["restarts on the root", host("unless-stopped", "/home/x/spiral:/s"), true],
    ["restarts on a part of it", host("always", "/home/x/spiral/queue:/q"), true],
    ["restarts on a directory above it", host("always", "/home/x:/x"), true],
    ["restarts on something else", host("always", "/home/x/spiral2:/s"), false],
    ["does not restart", host("no", "/home/x/spiral:/s"), false],
    ["is not described", "{", false],
  ])("one that %s", (_, text, isFound) => {
    expect(restartingContainer("abc", text, "/home/x/spiral") !== null).toBe(isFound);
  });
});

describe("parseUnit", () => {
  it("takes the last value of a key, and no comment", () => {
    expect(parseUnit("[Unit]\n#Restart=no\nRestart=always\nRestart = on-failure \n")).toEqual({
      Restart: "on-failure",
    });
  });
});
