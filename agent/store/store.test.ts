import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../shared/invariant.ts";
import { readyWorld } from "../../test/helpers/agent-world.ts";
import { systemProcesses } from "../process/proc.ts";
import { openLatch } from "./latch.ts";
import { openLogFile } from "./log-file.ts";
import { lockNode } from "./node-lock.ts";
import { type OutboxItem, openOutbox } from "./outbox.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "store-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("the outbox", () => {
  const ITEM: OutboxItem = {
    job: readyWorld().run({ token: 5 }).job,
    cause: { outcome: "preempted", detail: "down" },
    completion: null,
    service: null,
  };

  it("gives back what an earlier agent put, and nothing that was removed", async () => {
    const outbox = await openOutbox(directory);
    await outbox.put(ITEM);
    await outbox.put({ ...ITEM, job: { ...ITEM.job, token: 6 } });
    await outbox.remove(6);
    await outbox.remove(7);
    expect(await (await openOutbox(directory)).list()).toEqual(new Map([[5, ITEM]]));
  });

  it("keeps the last of two that are put at once", async () => {
    const outbox = await openOutbox(directory);
    const later = { ...ITEM, cause: null };
    await Promise.all([outbox.put(ITEM), outbox.put(later)]);
    expect((await outbox.list()).get(5)).toEqual(later);
  });

  it("ignores a file that is not whole", async () => {
    const outbox = await openOutbox(directory);
    await writeFile(join(directory, "9.json"), '{"job":{"tok');
    await writeFile(join(directory, ".5.json.123.1"), "{}");
    expect((await outbox.list()).size).toBe(0);
  });
});

describe("the latch", () => {
  const LOCAL = { by: "local", graceMs: 5, wallMs: 1 } as const;
  const HUB = { by: "hub", graceMs: 5, wallMs: 1 } as const;

  it("is lifted only by the hand that holds it", async () => {
    const latch = openLatch(directory);
    await latch.set(LOCAL);
    expect(await latch.clear("hub")).toBe(false);
    expect(latch.read()).toEqual(LOCAL);
    expect(await latch.clear("local")).toBe(true);
    expect(latch.read()).toBe(null);
    expect(await latch.clear("hub")).toBe(true);
  });

  it("is left by whoever asked last, also when nobody waited for the disk", async () => {
    const latch = openLatch(directory);
    await Promise.all([latch.clear("hub"), latch.set(HUB), latch.clear("hub"), latch.set(HUB)]);
    expect(latch.read()).toEqual(HUB);
    await Promise.all([latch.set(HUB), latch.clear("hub")]);
    expect(latch.read()).toBe(null);
  });

  it("stays local when the hub says down as well", async () => {
    const latch = openLatch(directory);
    await latch.set(LOCAL);
    await latch.set(HUB);
    expect(latch.read()?.by).toBe("local");
    await latch.clear("local");
    await latch.set(HUB);
    await latch.set(LOCAL);
    expect(latch.read()?.by).toBe("local");
  });

  it("has bytes laid aside for a full disk when it is told to, and again once it is lifted", async () => {
    const latch = openLatch(directory);
    const spare = join(directory, "down.latch.spare");
    await latch.layAside();
    expect(existsSync(spare)).toBe(true);
    await latch.set(LOCAL);
    await rm(spare);
    await latch.clear("local");
    expect(existsSync(spare)).toBe(true);
  });

  it.each(["", "{", "[]", '{"by":"nobody","graceMs":1,"wallMs":1}', '{"by":"hub"}'])(
    "that says %j holds and is a human's to lift",
    async (text) => {
      await writeFile(join(directory, "down.latch"), text);
      const latch = openLatch(directory);
      expect(latch.read()?.by).toBe("local");
      expect(await latch.clear("hub")).toBe(false);
    },
  );
});

describe("the node lock", () => {
  it("is refused while its holder lives, naming the pid", async () => {
    const child = spawn("sleep", ["60"]);
    const pid = must(child.pid, "no pid");
    const { startTicks } = must(systemProcesses.stat(pid), "no stat");
    await writeFile(join(directory, "agent.lock"), `${pid} ${startTicks}\n`);
    try {
      expect(() => lockNode(directory)).toThrow(new RegExp(`pid ${pid} already serves`));
    } finally {
      child.kill("SIGKILL");
    }
  });

  it.each([
    { what: "a process that has ended", text: "999999999 1\n" },
    { what: "an earlier process of a number that is in use again", text: `${process.pid} 1\n` },
  ])("of $what is taken over", async ({ text }) => {
    await writeFile(join(directory, "agent.lock"), text);
    lockNode(directory);
    expect(readFileSync(join(directory, "agent.lock"), "utf8")).toMatch(new RegExp(`^${process.pid} `));
    expect(await readdir(directory)).toEqual(["agent.lock"]);
  });

  it("leaves nothing behind when it is refused", async () => {
    lockNode(directory);
    expect(() => lockNode(directory)).toThrow(`pid ${process.pid} already serves`);
    expect(await readdir(directory)).toEqual(["agent.lock"]);
  });
});

describe("the log file", () => {
  it("holds every line in order when it is closed", async () => {
    const file = openLogFile(join(directory, "logs"), () => {});
    for (let line = 0; line < 100; line++) file.write(`${line}\n`);
    await file.close();
    const lines = readFileSync(join(directory, "logs", "current.log"), "utf8")
      .trim()
      .split("\n");
    expect(lines).toEqual(Array.from({ length: 100 }, (_, line) => String(line)));
  });

  it("says once that it cannot be written", async () => {
    const reasons: string[] = [];
    const logs = join(directory, "logs");
    const file = openLogFile(logs, (reason) => reasons.push(reason));
    await rm(logs, { recursive: true });
    file.write("a\n");
    file.write("b\n");
    await file.close();
    expect(reasons).toHaveLength(1);
    expect(existsSync(logs)).toBe(false);
  });
});
