/** Cordon, drain and requeue as an operator types them, on a real hub and a real agent. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  end,
  type Running,
  removeRoot,
  scratchRoot,
  spiral,
  spiralJson,
  startAgent,
  startHub,
  until,
} from "../helpers/cli-rig.ts";

let root: string;
let hub: Running;
let agent: Running;
beforeAll(async () => {
  root = await scratchRoot();
  const runners = join(root, "agents", "alpha", "runners");
  mkdirSync(runners, { recursive: true });
  const argv = ["sh", "-c", "exit 3"];
  writeFileSync(join(runners, "broken.json"), JSON.stringify({ name: "broken", argv, params: {} }));
  hub = await startHub(root);
  agent = await startAgent(root, "alpha");
  await spiral(["up", "--force", "--reason", "test", "--root", root]);
});
afterAll(async () => {
  await end(agent);
  await end(hub);
  await removeRoot(root);
});

const stateOf = async (jobId: string): Promise<string> =>
  String((await spiralJson(["job", jobId, "--root", root]))["state"]);
const submit = async (...argv: string[]): Promise<string> =>
  String((await spiralJson(["submit", ...argv, "--root", root]))["jobId"]);

describe("spiral cordon, drain and uncordon", () => {
  it("keep new work off a node, stop what runs by the deadline, and let it run again", async () => {
    const running = await submit("sleep", "--param", "seconds=600", "--lane", "cpu");
    await until(async () => expect(await stateOf(running)).toBe("running"));
    const dry = await spiral(["drain", "alpha", "--dry-run", "--root", root]);
    expect(dry.stdout).toContain(`alpha would be drained: ${running}`);
    const cordoned = await spiral(["cordon", "alpha", "--reason", "a new card", "--root", root]);
    expect(cordoned.stdout).toContain("alpha is cordoned");
    expect((await spiral(["nodes", "--root", root])).stdout).toContain("ready, cordoned");
    const why = await spiral(["why", "node", "alpha", "--root", root]);
    expect(why.stdout).toContain("by operator: a new card");
    expect(why.stdout).toContain("spiral uncordon alpha");
    const drained = await spiral(["drain", "alpha", "--deadline", "0s", "--wait", "--root", root]);
    expect(drained).toMatchObject({ code: 0, stdout: expect.stringContaining("alpha is drained") });
    const job = await spiralJson(["job", running, "--root", root]);
    expect(job).toMatchObject({ state: "pending", attempts: 0, ends: { preempted: 1 } });
    expect((await spiral(["uncordon", "alpha", "--root", root])).stdout).toContain("takes work again");
    await until(async () => expect(await stateOf(running)).toBe("running"));
    await spiral(["cancel", running, "--root", root]);
  });

  it("say that there is no such node, with status 5", async () => {
    expect((await spiral(["cordon", "nowhere", "--root", root])).code).toBe(5);
  });

  it("are not for viewers, with status 77", async () => {
    expect((await spiral(["cordon", "alpha", "--as", "viewer", "--root", root])).code).toBe(77);
  });
});

describe("spiral override", () => {
  it("holds a node until it is cleared, and says who ordered it and why", async () => {
    const set = [
      "override",
      "set",
      "hold",
      "node",
      "alpha",
      "--for",
      "1h",
      "--reason",
      "a show",
      "--root",
      root,
    ];
    expect((await spiral(set)).stdout).toContain("o_1 is in force for");
    const why = await spiral(["why", "node", "alpha", "--root", root]);
    expect(why.stdout).toContain("hold node alpha by operator: a show");
    expect((await spiral(["override", "list", "--root", root])).stdout).toContain("a show");
    expect((await spiral(["override", "clear", "o_1", "--root", root])).code).toBe(0);
    expect((await spiral(["override", "clear", "o_1", "--root", root])).code).toBe(5);
  });

  it("refuses a condition that nobody knows, with status 2", async () => {
    const set = ["override", "set", "defer", "fleet", "--until", "idle", "--for", "1h", "--reason", "x"];
    expect((await spiral([...set, "--root", root])).code).toBe(2);
  });
});

describe("spiral requeue", () => {
  it("gives a quarantined job another start, and says of the others why not", async () => {
    const jobId = await submit("broken", "--lane", "cpu", "--max-attempts", "1");
    await until(async () => expect(await stateOf(jobId)).toBe("quarantined"));
    const dry = await spiral(["requeue", "--all", "quarantined", "--dry-run", "--root", root]);
    expect(dry.stdout).toContain("1 job(s) would be queued again");
    expect(await stateOf(jobId)).toBe("quarantined");
    const done = await spiral(["requeue", jobId, "j_999999", "--reason", "mended", "--root", root]);
    expect(done).toMatchObject({ code: 1, stdout: expect.stringContaining('there is no job "j_999999"') });
    await until(async () => expect(await stateOf(jobId)).toBe("quarantined"));
    const { stdout } = await spiral(["events", "--json", "--root", root]);
    expect(stdout).toContain('"kind":"job.requeued"');
    expect(stdout).toContain('"reason":"mended"');
  });

  it("wants jobs or a state, with status 2", async () => {
    expect((await spiral(["requeue", "--root", root])).code).toBe(2);
  });
});
