import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../shared/clock.ts";
import { FleetError } from "../shared/errors.ts";
import { START_LIMIT_CLEAN } from "../shared/policy/start-limit.ts";
import { AgentRig, listOf } from "../test/helpers/agent-rig.ts";
import { BulkError } from "./link/bulk-stream.ts";
import { openLatch } from "./store/latch.ts";
import { forgiveOnNode, openStartLimits } from "./store/start-limits.ts";

let rig: AgentRig;
beforeEach(async () => {
  rig = await AgentRig.create();
  await rig.start();
});
afterEach(() => rig.close());

function left(folder: string): readonly string[] {
  return readdirSync(join(rig.directory, folder));
}

describe("a hub that has moved", () => {
  it("is dialed at its new address, and the old one is given up", async () => {
    rig.attach();
    rig.hub = "hub:2";
    rig.detach();
    await rig.until("the new one is dialed", () => rig.dialed.length === 2);
    await rig.until("the old one is stopped", () => rig.stopped.length > 0);
    expect([rig.dialed, rig.stopped]).toEqual([["hub:1", "hub:2"], ["hub:1"]]);
  });
});

describe("start limits", () => {
  const now = { bootId: "boot", bootMs: systemClock.bootMs() };

  it("are on the disk as soon as a runner has failed", async () => {
    rig.attach();
    rig.grant("exit 3");
    await rig.completion();
    await rig.until("it is saved", async () => {
      const limits = await openStartLimits(rig.directory).load({ ...now, bootMs: systemClock.bootMs() });
      return limits.get("shell")?.strikesAtMs.length === 1;
    });
  });

  it("outlive the agent: a runner that was given up stays so until an operator forgives it", async () => {
    await rig.stop();
    const limit = { ...START_LIMIT_CLEAN, strikesAtMs: [1, 2, 3, 4, 5, 6], gaveUpAtMs: 6 };
    await openStartLimits(rig.directory).save(new Map([["shell", limit]]), now);
    await rig.start();
    rig.attach();
    rig.grant("exit 0", { token: 2 });
    await rig.until("it is declined", () => rig.said.some(({ kind }) => kind === "decline"));
    expect(rig.said.find(({ kind }) => kind === "decline")).toMatchObject({
      reason: expect.stringMatching(
        /is given up after 6 failures: mend it, then `spiral-agent forgive shell`/,
      ),
    });
    forgiveOnNode(rig.directory, "shell");
    await rig.until("the word is heard", () => !left(".").includes("forgiven"));
    rig.grant("exit 0", { token: 3 });
    expect(await rig.completion(3)).toMatchObject({ outcome: "ok" });
  });
});

describe("a job", () => {
  it("without outputs runs, is told as started and completed, and leaves nothing behind", async () => {
    rig.attach();
    rig.grant("exit 0");
    expect(await rig.completion()).toMatchObject({ outcome: "ok", manifestSha256: null, result: {} });
    const kinds = rig.said
      .map(({ kind }) => kind)
      .filter((kind) => kind === "started" || kind === "complete");
    expect(kinds).toEqual(["started", "complete"]);
    expect(left("outbox")).toEqual(["1.json"]);
    rig.accept();
    await rig.until("it is forgotten", () => left("outbox").length + left("attempts").length === 0);
    expect(rig.logged).toEqual([]);
  });

  it("with outputs has them uploaded before it is told, and keeps them for the next job here", async () => {
    const uploads: string[] = [];
    rig.upload = async (outputs) => {
      uploads.push(listOf(outputs));
      return { manifestSha256: "cd".repeat(32) };
    };
    rig.attach();
    rig.grant("printf hi >out/a.txt; mkdir out/b; printf ho >out/b/c; echo '{\"n\": 1}' >result.json");
    expect(await rig.completion()).toMatchObject({
      outcome: "ok",
      manifestSha256: "cd".repeat(32),
      result: { n: 1 },
    });
    expect(JSON.parse(uploads[0] ?? "").files.map((file: { path: string }) => file.path)).toEqual([
      "a.txt",
      "b/c",
    ]);
    expect(left("cache")).toHaveLength(2);
  });

  it("sees its parameters, its inputs, its card and the variables that its runner allows", async () => {
    rig.attach();
    const inputs = [{ path: "in/a.txt", sha256: "00".repeat(32), bytes: 5 }];
    rig.grant("cat inputs/in/a.txt params.json; env; exit 9", { inputs });
    const { detail } = await rig.completion();
    expect(detail).toMatch(/^exit status 9; last output:\ninput\{"script":/);
    expect(detail).toMatch(/^CUDA_VISIBLE_DEVICES=GPU-sim-/m);
    expect(detail).toMatch(/ALLOWED=yes$/m);
    expect(detail).not.toMatch(/SECRET/);
  });

  it("cannot put control characters or more than 2 KiB into its detail", async () => {
    rig.attach();
    rig.grant("yes 'x' | head -c 9000; printf '\\033[2J'; exit 1");
    const { detail } = await rig.completion();
    expect(detail.length).toBeLessThan(2048);
    expect(detail).toMatch(/\\x1b\[2J$/);
  });

  it.each([
    { what: "a list", script: "echo [] >result.json" },
    { what: "no JSON", script: "echo { >result.json" },
    { what: "too large", script: "head -c 20000 /dev/zero >result.json" },
    {
      what: "too large once its numbers are written out",
      script: `(printf '{"n":['; yes 1e18, | head -n 2000 | tr -d '\\n'; printf '0]}') >result.json`,
    },
    { what: "a link", script: "ln -s /etc/passwd result.json" },
    { what: "a fifo", script: "mkfifo result.json" },
  ])("whose result is $what has failed by itself", async ({ script }) => {
    rig.attach();
    rig.grant(script);
    expect(await rig.completion()).toMatchObject({
      outcome: "own-failure",
      detail: expect.stringContaining("result.json"),
    });
  });

  it("that leaves a link among its outputs has failed by itself", async () => {
    rig.attach();
    rig.grant("ln -s /etc/passwd out/secrets");
    expect(await rig.completion()).toMatchObject({ outcome: "own-failure" });
  });
});

describe("a transfer", () => {
  it("that a passing trouble stops is tried until it succeeds", async () => {
    let tries = 0;
    rig.upload = async () => {
      if (++tries < 3) throw new FleetError("unavailable", "no hub");
      return { manifestSha256: "cd".repeat(32) };
    };
    rig.attach();
    rig.grant("echo hi >out/a");
    expect(await rig.completion()).toMatchObject({ outcome: "ok" });
    expect(tries).toBe(3);
  });

  it("is broken off when the job is cancelled", async () => {
    rig.upload = async () => {
      throw new FleetError("unavailable", "no hub");
    };
    rig.attach();
    rig.grant("echo hi >out/a");
    await rig.until("it delivers", () => left("cache").length === 1);
    rig.hear({ kind: "stop", token: 1, reason: "not wanted", graceMs: 0 });
    expect(await rig.completion()).toMatchObject({ outcome: "cancelled", detail: "not wanted" });
  });

  it("that the hub refuses for good ends the attempt", async () => {
    rig.upload = async () => {
      throw new BulkError("stale", "another has it");
    };
    rig.attach();
    rig.grant("echo hi >out/a");
    expect(await rig.completion()).toMatchObject({ outcome: "infra-lost" });
  });

  it("of an input that the hub does not have is the job's own failure", async () => {
    rig.fetch = async () => {
      throw new BulkError("notFound", "no published file");
    };
    rig.attach();
    rig.grant("true", { inputs: [{ path: "a", sha256: "00".repeat(32), bytes: 5 }] });
    expect(await rig.completion()).toMatchObject({ outcome: "own-failure", detail: /no published file/ });
  });
});

describe("an agent that starts again", () => {
  it("tells what the hub had not heard, from the disk", async () => {
    rig.attach();
    rig.grant("exit 3");
    await rig.completion();
    rig.detach();
    await rig.stop();
    rig.said.length = 0;
    await rig.start();
    rig.attach();
    expect(rig.hellos.at(-1)?.inventory).toEqual([{ token: 1, state: "completing" }]);
    expect(await rig.completion()).toMatchObject({ outcome: "own-failure", exitCode: 3 });
    rig.accept();
    await rig.until("it is forgotten", () => left("outbox").length + left("attempts").length === 0);
  });

  it("has ended its work as preempted when it was stopped", async () => {
    rig.attach();
    rig.grant("sleep 60");
    await rig.until("it runs", () => rig.said.some(({ kind }) => kind === "started"));
    const stopping = rig.stop();
    expect(await rig.completion()).toMatchObject({ outcome: "preempted", detail: "the agent was stopped" });
    rig.accept();
    await stopping;
    expect(left("outbox")).toEqual([]);
  });
});

describe("down on the box", () => {
  it("ends everything without a hub, and only `up` on the box lifts it", async () => {
    rig.attach();
    rig.grant("sleep 60");
    await rig.until("it runs", () => rig.said.some(({ kind }) => kind === "started"));
    rig.detach();
    const latch = openLatch(rig.directory);
    await latch.set({ by: "local", graceMs: 0, wallMs: 0 });
    await rig.until("its end is on the disk", async () => {
      const file = join(rig.directory, "outbox", "1.json");
      return existsSync(file) && (await readFile(file, "utf8")).includes('"exitCode"');
    });
    rig.attach();
    expect(rig.hellos.at(-1)?.isLatchedDown).toBe(true);
    expect(await rig.completion()).toMatchObject({ outcome: "preempted", detail: "down on the box" });
    await latch.clear("local");
    await rig.until("the hub hears of it", () => rig.said.some(({ kind }) => kind === "latchAck"));
  });
});

describe("the card", () => {
  it("fills with the jobs that run, and each is told the most it held", async () => {
    rig.attach();
    rig.grant("sleep 60", { vramBytes: 8 * 1024 ** 3 });
    const used = (): number => rig.frames.at(-1)?.gpus[0]?.usedBytes ?? 0;
    await rig.until("VRAM is seen", () => used() > 7 * 1024 ** 3);
    rig.hear({ kind: "stop", token: 1, reason: "enough", graceMs: 0 });
    expect((await rig.completion()).peakVramBytes).toBeGreaterThan(6 * 1024 ** 3);
    await rig.until("VRAM is back", () => used() < 1024 ** 3);
  });
});
