import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NO_NOTIFY, watchNotify } from "./notify-document.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "notify-document-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const GOOD = {
  channels: {
    phone: { kind: "ntfy", url: "https://ntfy.example/my-topic", tokenFile: "hub/secrets/ntfy" },
    log: { kind: "command", argv: ["/usr/bin/logger", "-t", "spiral"] },
  },
  rules: [{ channels: ["phone"], minSeverity: "warning" }, { topics: ["campaign"] }],
  quiet: { from: "22:30", to: "07:00", zone: "Europe/Berlin" },
};

async function read(value: unknown) {
  writeFileSync(
    join(root, "notify.json"),
    typeof value === "string" ? value : JSON.stringify(value, null, 2),
  );
  const problems: (string | null)[] = [];
  const watch = watchNotify(root, (problem) => problems.push(problem));
  await watch.look();
  return { watch, problems };
}

function withChannel(channel: object): object {
  return { ...GOOD, rules: [], channels: { x: channel } };
}

describe("notify.json", () => {
  it("is optional: then nobody is told anything", async () => {
    const watch = watchNotify(root, () => {});
    await watch.look();
    expect(watch.current).toEqual(NO_NOTIFY);
  });

  it("fills in what it does not say", async () => {
    const { watch, problems } = await read(GOOD);
    expect(problems).toEqual([null]);
    expect(watch.current.quiet).toEqual({ fromMinute: 1350, toMinute: 420, zone: "Europe/Berlin" });
    expect(watch.current.channels["phone"]).toMatchObject({
      timeoutMs: 10_000,
      tags: [],
      limit: { count: 20 },
    });
    expect(watch.current.rules[1]).toMatchObject({ topics: ["campaign"], channels: [], minSeverity: "info" });
  });

  it.each([
    ["a word that is none", '{"channels": oops}', /notify\.json:1:\d+: invalid symbol/],
    ["a field that there is not", { ...GOOD, chanels: {} }, /chanels/],
    ["a channel that there is not", { ...GOOD, rules: [{ channels: ["fax"] }] }, /no channel "fax"/],
    ["a topic that there is not", { ...GOOD, rules: [{ topics: ["gossip"] }] }, /rules\.0\.topics\.0/],
    ["a zone that there is not", { ...GOOD, quiet: { ...GOOD.quiet, zone: "Mars/Base" } }, /not a time zone/],
    ["a time that there is not", { ...GOOD, quiet: { ...GOOD.quiet, from: "24:00" } }, /quiet\.from/],
    ["a command of a shell", withChannel({ kind: "command", argv: ["curl example"] }), /absolute path/],
    ["another protocol", withChannel({ kind: "webhook", url: "file:///etc/passwd" }), /http or https/],
    [
      "a password in an address",
      withChannel({ kind: "webhook", url: "https://a:b@c.example/" }),
      /use a file/,
    ],
    [
      "an ntfy without a topic",
      withChannel({ kind: "ntfy", url: "https://ntfy.example/" }),
      /end in the topic/,
    ],
    ["a kind that there is not", withChannel({ kind: "pigeon" }), /channels\.x/],
  ])("refuses %s, naming the place", async (_what, value, message) => {
    const { watch, problems } = await read(value);
    expect(problems[0]).toMatch(message);
    expect(watch.current).toEqual(NO_NOTIFY);
  });

  it("keeps the last good one in force under a bad edit, and says when it is mended", async () => {
    const { watch, problems } = await read(GOOD);
    writeFileSync(join(root, "notify.json"), "{");
    await watch.look();
    expect(Object.keys(watch.current.channels)).toEqual(["phone", "log"]);
    writeFileSync(join(root, "notify.json"), JSON.stringify(withChannel({ kind: "desktop" })));
    await watch.look();
    expect(Object.keys(watch.current.channels)).toEqual(["x"]);
    expect(problems).toEqual([null, expect.stringMatching(/notify\.json:1:/), null]);
  });
});
