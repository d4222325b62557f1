import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryDisk, openMemoryJournal } from "../../shared/journal/memory-journal.ts";
import { createLog } from "../../shared/log.ts";
import { createTiming } from "../../shared/model/timing.ts";
import type { HubEvent } from "../core/event.ts";
import type { HubState } from "../core/state.ts";
import { createEngine } from "../engine.ts";
import { hubJournal } from "../store/definition.ts";
import { createDropIn } from "./drop-in.ts";
import { DROP_IN_LIMITS } from "./folder.ts";

const log = createLog({ level: "silent", destination: { write: () => {} } });
const { projections: _, ...definition } = hubJournal;

let root = "";
let queue = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "spiral-drop-"));
  queue = join(root, "queue");
  mkdirSync(queue);
});
afterEach(() => rmSync(root, { recursive: true }));

/** A hub's life over a disk that outlives it; `looks` a second apart. */
function live(disk = new MemoryDisk(), isStuck = false) {
  let bootMs = 1_000;
  const opened = openMemoryJournal<HubState, HubEvent>({
    definition,
    disk,
    sync: isStuck ? "manual" : "auto",
  });
  const problems = new Map<string, string>();
  const engine = createEngine({
    ...opened,
    clock: { bootMs: () => bootMs, wallMs: () => 1_700_000_000_000 },
    timing: createTiming(),
    perform: () => {},
    onFatal: (error) => {
      throw error;
    },
  });
  const dropIn = createDropIn({ root, engine, log, problems });
  const stopping = new AbortController();
  const looks = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++, bootMs += 1_000) await dropIn.look(stopping.signal);
  };
  const keys = () => [...engine.core.state.jobs.values()].map(({ spec }) => spec);
  return { looks, problems, specs: keys, control: opened.control, stopping, disk, engine };
}

function drop(name: string, content: unknown): void {
  writeFileSync(join(queue, name), typeof content === "string" ? content : JSON.stringify(content));
}
const list = (folder: string) => readdirSync(join(queue, folder)).sort();
const json = (...path: string[]) => JSON.parse(readFileSync(join(queue, ...path), "utf8"));

describe("the drop-in folder", () => {
  it("submits a job once it has come to rest, and puts its file away with the job's id", async () => {
    const hub = live();
    drop("one.json", { runner: "render", params: { seed: 1 } });
    await hub.looks(1);
    expect(hub.specs()).toEqual([]);
    await hub.looks(3);
    expect(hub.specs()).toMatchObject([{ runner: "render", params: { seed: 1 }, producer: "drop-in" }]);
    expect(list("accepted")).toEqual(["one.json", "one.json.jobs.json"]);
    expect(json("accepted", "one.json.jobs.json").jobs).toMatchObject([
      { jobId: "j_000001", isDuplicate: false },
    ]);
    expect([list("taken"), list("rejected"), hub.problems.size]).toEqual([[], [], 0]);
  });

  it("makes each job of a list, also the same one twice", async () => {
    const hub = live();
    drop("many.json", [{ runner: "a" }, { runner: "b", lane: "cpu" }, { runner: "a" }]);
    await hub.looks(2);
    expect(hub.specs().map(({ runner }) => runner)).toEqual(["a", "b", "a"]);
  });

  it("takes a service, which runs for as long as it likes unless the file bounds it", async () => {
    const hub = live();
    drop("some.json", [
      { runner: "flux", kind: "service" },
      { runner: "flux", kind: "service", maxRuntimeMs: 5_000 },
      { runner: "render" },
    ]);
    await hub.looks(2);
    expect(hub.specs().map(({ kind, maxRuntimeMs }) => [kind, maxRuntimeMs])).toEqual([
      ["service", null],
      ["service", 5_000],
      ["task", 3_600_000],
    ]);
  });

  it("takes the same file once, and says so the second time", async () => {
    const hub = live();
    for (let i = 0; i < 2; i++) {
      drop("one.json", { runner: "render" });
      await hub.looks(2);
    }
    expect(hub.specs()).toHaveLength(1);
    expect(json("accepted", "one-2.json.jobs.json").jobs).toMatchObject([{ isDuplicate: true }]);
    drop("two.json", { runner: "render" });
    await hub.looks(2);
    expect(hub.specs()).toHaveLength(2);
  });

  it("submits nothing twice when the hub ends between the journal and the rename", async () => {
    const first = live();
    drop("one.json", [{ runner: "a" }, { runner: "b" }]);
    await first.looks(1);
    renameSync(join(queue, "accepted"), join(root, "gone"));
    writeFileSync(join(queue, "accepted"), "");
    await first.looks(2);
    expect(first.specs()).toHaveLength(2);
    expect(list("taken")).toEqual(["one.json"]);
    expect(first.problems.get("queue")).toContain("one.json waits");
    rmSync(join(queue, "accepted"));
    first.control.crash();
    const second = live(first.disk);
    await second.looks(1);
    expect(second.specs()).toHaveLength(2);
    expect(list("accepted")).toEqual(["one.json", "one.json.jobs.json"]);
  });

  it("leaves a file alone while it grows or is only half there, and takes it when it is whole", async () => {
    const hub = live();
    drop("slow.json", '[{"runner": "a"}');
    await hub.looks(4);
    appendFileSync(join(queue, "slow.json"), ', {"runner": "b"}');
    await hub.looks(4);
    expect([existsSync(join(queue, "slow.json")), hub.specs(), list("rejected")]).toEqual([true, [], []]);
    appendFileSync(join(queue, "slow.json"), "]");
    await hub.looks(3);
    expect(hub.specs()).toHaveLength(2);
  });

  it.each([
    ["text that stays no JSON", "{runner", 12, "is not JSON"],
    ["an empty file", "", 12, "is not JSON"],
    ["a list without a job", "[]", 2, "holds no job"],
    ["what is no job", '[{"runner": "a"}, 7]', 2, "[1]: must be a JSON object"],
    ["a field that nobody knows", '{"runer": "a"}', 2, "runer"],
    ["a job without a runner", "{}", 2, "names no runner"],
    ["a kind that nobody knows", '{"runner": "a", "kind": "daemon"}', 2, "job: kind: "],
    ["a name that cannot be one", '{"runner": "A B"}', 2, "runner: "],
    ["too many jobs", JSON.stringify(Array.from({ length: 1_001 }, () => ({ runner: "a" }))), 2, "1001 jobs"],
    ["a file that is too long", `"${"x".repeat(DROP_IN_LIMITS.fileBytes)}"`, 2, "is longer than"],
  ])("puts %s aside with the reason", async (_what, text, looks, why) => {
    const hub = live();
    drop("bad.json", text);
    await hub.looks(looks);
    expect(list("rejected")).toEqual(["bad.json", "bad.json.reason.json"]);
    expect(json("rejected", "bad.json.reason.json").reason).toContain(why);
    expect(hub.problems.get("queue")).toContain("rejected/: 1");
    expect(hub.specs()).toEqual([]);
  });

  it("follows no link and opens no pipe", async () => {
    const hub = live();
    writeFileSync(join(root, "outside.json"), '{"runner": "a"}');
    symlinkSync(join(root, "outside.json"), join(queue, "link.json"));
    execFileSync("mkfifo", [join(queue, "pipe.json")]);
    await hub.looks(2);
    expect(hub.specs()).toEqual([]);
    expect(list("rejected").filter((name) => !name.endsWith(".reason.json"))).toEqual([
      "link.json",
      "pipe.json",
    ]);
    expect(existsSync(join(root, "outside.json"))).toBe(true);
  });

  it("takes the good jobs of a list, names the bad ones, and takes only these once they are mended", async () => {
    const hub = live();
    drop("list.json", [{ runner: "a", after: ["j_999999"] }, { runner: "b" }]);
    await hub.looks(2);
    const { reason, jobs } = json("rejected", "list.json.reason.json");
    expect(reason).toContain("1 of 2 jobs are refused");
    expect(jobs).toMatchObject([{ refusal: expect.stringContaining("j_999999") }, { jobId: "j_000001" }]);
    drop("list.json", [{ runner: "b" }, { runner: "a" }]);
    await hub.looks(2);
    expect(hub.specs().map(({ runner }) => runner)).toEqual(["b", "a"]);
  });

  it("does not touch what has another name than *.json", async () => {
    const hub = live();
    for (const name of [".one.json", "one.json~", "one.json.tmp", "notes.txt"]) drop(name, { runner: "a" });
    await hub.looks(12);
    expect(hub.specs()).toEqual([]);
    expect(readdirSync(queue)).toHaveLength(4 + 3);
  });

  it("takes so many files in a pass and no more", async () => {
    const hub = live();
    const all = DROP_IN_LIMITS.passFiles + 8;
    for (let i = 0; i < all; i++) drop(`${i}.json`, { runner: "a" });
    await hub.looks(2);
    expect(hub.specs()).toHaveLength(DROP_IN_LIMITS.passFiles);
    await hub.looks(1);
    expect(hub.specs()).toHaveLength(all);
  });

  it("takes nothing from a folder that anybody may write into", async () => {
    const hub = live();
    chmodSync(queue, 0o777);
    drop("one.json", { runner: "a" });
    await hub.looks(3);
    expect(hub.specs()).toEqual([]);
    expect(hub.problems.get("queue")).toContain("chmod o-w");
    chmodSync(queue, 0o700);
    await hub.looks(2);
    expect(hub.specs()).toHaveLength(1);
    expect(hub.problems.size).toBe(0);
  });

  it("stops taking when too many bad files wait for somebody to look", async () => {
    const hub = live();
    await hub.looks(1);
    for (let i = 0; i < DROP_IN_LIMITS.keptFiles; i++)
      writeFileSync(join(queue, "rejected", `${i}.json`), "");
    drop("good.json", { runner: "a" });
    await hub.looks(3);
    expect(hub.specs()).toEqual([]);
    expect(hub.problems.get("queue")).toContain("rejected/ is full");
  });

  it("keeps only the newest of what is journaled", async () => {
    const hub = live();
    await hub.looks(1);
    for (let i = 0; i < DROP_IN_LIMITS.keptFiles; i++)
      writeFileSync(join(queue, "accepted", `${i}.json`), "");
    drop("good.json", { runner: "a" });
    await hub.looks(2);
    expect(list("accepted").filter((name) => !name.endsWith(".jobs.json"))).toHaveLength(
      DROP_IN_LIMITS.keptFiles,
    );
    expect(list("accepted")).toContain("good.json");
  });

  it("keeps a file while the disk is full, says so, and submits it when there is room", async () => {
    const hub = live();
    hub.control.setFull(true);
    hub.engine.act((tx) => tx.emit({ kind: "hub.stopped" }));
    await expect.poll(() => hub.engine.hasRoom).toBe(false);
    drop("one.json", { runner: "a" });
    await hub.looks(3);
    expect([list("taken"), list("rejected"), hub.specs()]).toEqual([["one.json"], [], []]);
    expect(hub.problems.get("queue")).toContain("one.json waits: the journal has no room");
    hub.control.setFull(false);
    hub.control.sync();
    await hub.looks(1);
    expect(list("accepted")).toEqual(["one.json", "one.json.jobs.json"]);
    expect([hub.specs().length, hub.problems.size]).toEqual([1, 0]);
  });

  it("ends its look when the hub stops while the journal waits, and the file stays taken", async () => {
    const hub = live(new MemoryDisk(), true);
    drop("one.json", { runner: "a" });
    await hub.looks(1);
    const look = hub.looks(1);
    await expect.poll(() => list("taken")).toEqual(["one.json"]);
    hub.stopping.abort();
    await look;
    expect([list("taken"), list("accepted")]).toEqual([["one.json"], []]);
  });
});
