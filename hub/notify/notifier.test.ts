import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../shared/clock.ts";
import { MemoryDisk, openMemoryJournal } from "../../shared/journal/memory-journal.ts";
import { createLog } from "../../shared/log.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { createRecorder, type Recorder } from "../../test/helpers/recorder.ts";
import type { HubEvent } from "../core/event.ts";
import { startHub } from "../core/hub.ts";
import type { Alarm } from "../core/notify/alarms.ts";
import type { Notice } from "../core/notify/notice.ts";
import type { HubState } from "../core/state.ts";
import { createEngine, type Engine } from "../engine.ts";
import { hubJournal } from "../store/definition.ts";
import { createHistory } from "../store/history.ts";
import { type Notifier, openNotifier } from "./notifier.ts";

const { projections: _, ...definition } = hubJournal;

let root = "";
let server: Server;
let heard: Recorder<Notice>;
let status = 200;
const open: Notifier[] = [];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "notifier-"));
  mkdirSync(join(root, "hub"));
  heard = createRecorder();
  status = 200;
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    heard.push(JSON.parse(body));
    response.writeHead(status).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  configure({});
});
afterEach(async () => {
  for (const notifier of open.splice(0)) await notifier.stop();
  server.close();
  server.closeAllConnections();
  rmSync(root, { recursive: true });
});

function configure(changes: object): void {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const channels = { hook: { kind: "webhook", url } };
  writeFileSync(join(root, "notify.json"), JSON.stringify({ channels, retryMs: 100, ...changes }));
}

interface Life {
  readonly engine: Engine;
  readonly notifier: Notifier;
  readonly problems: ReadonlyMap<string, string>;
  /** kill -9: the file is as it was, and nothing more of this life happens. */
  readonly kill: () => Promise<void>;
}

/** A hub on a journal; `alarms` are what its shell sees. */
async function live(disk: MemoryDisk, alarms: () => readonly Alarm[] = () => []): Promise<Life> {
  const { control, ...opened } = openMemoryJournal<HubState, HubEvent>({ definition, disk });
  const engine = createEngine({
    ...opened,
    clock: systemClock,
    timing: createTiming(),
    perform: () => {},
    onFatal: (error) => {
      throw error;
    },
  });
  const problems = new Map<string, string>();
  const log = createLog({ level: "silent", destination: { write: () => {} } });
  const notifier = await openNotifier({
    ...{ root, engine, log, problems },
    history: createHistory(engine, root),
    readAlarms: async () => alarms(),
  });
  open.push(notifier);
  engine.act((tx) => startHub(tx, "test", "hub"));
  const kill = async (): Promise<void> => {
    const left = readFileSync(queueFile());
    open.splice(open.indexOf(notifier), 1);
    await notifier.stop();
    writeFileSync(queueFile(), left);
    control.crash();
  };
  return { engine, notifier, problems, kill };
}

function queueFile(): string {
  return join(root, "hub/notify-queue.json");
}

function quarantine({ engine }: Life, node: string): void {
  const about = { node, gpu: null, reason: "everything fails", cure: null, by: "hub", untilMs: null };
  engine.act((tx) => tx.emit({ kind: "node.quarantined", ...about }));
}

const about = (subject: string) => (notice: Notice) => notice.subject === subject;

describe("the notifier", () => {
  it("tells what happened, once, and says so", async () => {
    const life = await live(new MemoryDisk());
    quarantine(life, "alpha");
    expect(await heard.until(about("alpha"))).toMatchObject({
      topic: "quarantine",
      title: "alpha is quarantined",
    });
    await expect.poll(() => life.notifier.view()).toMatchObject({ delivered: 1, queue: [] });
    expect(heard.items).toHaveLength(1);
  });

  it("keeps what nobody takes over a crash, and delivers it under the same id", async () => {
    status = 500;
    const disk = new MemoryDisk();
    const first = await live(disk);
    quarantine(first, "alpha");
    const { id } = await heard.until(about("alpha"));
    await expect.poll(() => readFileSync(queueFile(), "utf8")).toContain(id);
    await first.kill();
    status = 200;
    const second = await live(disk);
    await expect.poll(() => second.notifier.view().delivered, { timeout: 10_000 }).toBe(2);
    const ids = heard.items.map((notice) => notice.id);
    expect(ids.filter((each) => each === id).length).toBeGreaterThan(1);
    expect(heard.items.map(({ topic }) => topic)).toContain("hub-restart");
  });

  it("says nothing of a hub that was told to stop", async () => {
    const disk = new MemoryDisk();
    const first = await live(disk);
    first.engine.act((tx) => tx.emit({ kind: "hub.stopped" }));
    await expect.poll(() => JSON.parse(readFileSync(queueFile(), "utf8")).isHubOpen).toBe(false);
    await first.kill();
    const second = await live(disk);
    quarantine(second, "alpha");
    await heard.until(about("alpha"));
    expect(heard.items.map(({ topic }) => topic)).toEqual(["quarantine"]);
  });

  it("tells an alarm of the shell, and that it is over", async () => {
    const text = "new work is refused";
    const full: Alarm = {
      ...{ topic: "disk", subject: "journal", state: "on", severity: "critical", title: "full", text },
      ...{ node: null, holdMs: 0 },
    };
    let alarms: readonly Alarm[] = [full];
    configure({ dedupMs: 1 });
    await live(new MemoryDisk(), () => alarms);
    await heard.until(({ title }) => title === "full");
    alarms = [];
    expect(await heard.until(({ title }) => title === "no longer: full")).toMatchObject({ severity: "info" });
  });

  it("obeys an edit of notify.json, and goes on under a bad one", async () => {
    configure({ rules: [{ topics: ["campaign"] }] });
    const life = await live(new MemoryDisk());
    quarantine(life, "alpha");
    writeFileSync(join(root, "notify.json"), "{");
    await expect.poll(() => life.problems.get("notify.json"), { timeout: 5_000 }).toMatch(/notify\.json:1/);
    configure({});
    await expect.poll(() => life.problems.get("notify.json"), { timeout: 5_000 }).toBeUndefined();
    quarantine(life, "beta");
    await heard.until(about("beta"));
    expect(heard.items.map(({ subject }) => subject)).not.toContain("alpha");
  });

  it("puts a queue aside that cannot be read", async () => {
    writeFileSync(queueFile(), "{ torn");
    const life = await live(new MemoryDisk());
    quarantine(life, "alpha");
    await heard.until(about("alpha"));
    expect(readFileSync(`${queueFile()}.broken`, "utf8")).toBe("{ torn");
  });
});

describe("a test of the channels", () => {
  it("tells for each whether it took the notice, whatever rules and hours say", async () => {
    configure({ rules: [], quiet: { from: "00:00", to: "23:59", zone: "UTC" } });
    const { notifier } = await live(new MemoryDisk());
    expect(await notifier.test(null)).toMatchObject([{ channel: "hook", isTaken: true, error: "" }]);
    status = 403;
    const [refused] = await notifier.test("hook");
    expect(refused).toMatchObject({ isTaken: false, error: expect.stringContaining("answered 403") });
  });

  it("names the channels that there are", async () => {
    const { notifier } = await live(new MemoryDisk());
    await expect(notifier.test("fax")).rejects.toThrow('no channel "fax"; it has hook');
  });
});
