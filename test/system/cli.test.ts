import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectHub, type HubClient } from "../../ops/cli/client.ts";
import { readSettings } from "../../ops/cli/settings.ts";
import { entry } from "../helpers/bundle.ts";
import {
  asStranger,
  end,
  type Running,
  removeRoot,
  scratchRoot,
  spiral,
  spiralJson,
  start,
  startAgent,
  startHub,
  until,
} from "../helpers/cli-rig.ts";

const ESCAPE = "\u001b";
const RED = ["convergence-stop", "gpu-hour-budget", "start-limits", "telemetry-fresh"];

let root: string;
let otherRoot: string;
beforeAll(async () => {
  root = await scratchRoot();
  otherRoot = await scratchRoot();
});
afterAll(async () => {
  await removeRoot(root);
  await removeRoot(otherRoot);
});

function budget(to: string): readonly string[] {
  return ["override", "set", "budget", "owner", "zoe", "--for", "1h", "--reason", "r", "--to", to];
}

describe("spiral, with nothing running", () => {
  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ["an unknown verb", ["staus"], "Did you mean status?"],
    ["an unknown flag", ["status", "--jsn"], "Did you mean --json?"],
    ["a missing argument", ["job"], "missing required argument 'id'\nsee `spiral job --help`"],
    ["an unknown command of the hub", ["hub", "bogus"], "unknown command 'bogus'"],
    ["a state that does not exist", ["jobs", "--state", "lost"], "Allowed choices are pending"],
    ["a size without a unit that it knows", ["submit", "sleep", "--vram", "4GX"], "a size such as 4GiB"],
    ["a time without a unit", ["submit", "sleep", "--max-runtime", "10"], "a time such as 90s"],
    ["a parameter without a value", ["submit", "sleep", "--param", "seconds"], "must be key=value"],
    ["parameters that are no JSON", ["submit", "sleep", "--params", "{seconds}"], "--params: is not JSON"],
    ["parameters that are no object", ["submit", "sleep", "--params", "[1]"], "must be a JSON object"],
    ["jobs and all of a state at once", ["requeue", "--all", "cancelled", "j_000002"], "not both"],
    ["a budget of no unit", budget("4foo"), "4slots or 32GiB"],
    ["an address without a port", ["status", "--hub", "localhost"], "must be HOST:PORT"],
  ];
  it.each(wrong)("refuses %s with status 2", async (_what, argv, sentence) => {
    const ran = await spiral([...argv]);
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain(sentence);
  });

  it("says how to start a hub on a root that never had one, with status 69", async () => {
    const ran = await spiral(["status", "--root", otherRoot]);
    expect(ran).toMatchObject({ code: 69, stdout: "" });
    expect(ran.stderr).toContain(`spiral hub serve --root ${otherRoot}`);
  });

  it.each(["status", "down", "fsck", "replay", "hub serve", "submit sleep"])(
    "sends a stranger who asks for %s to the owner of the root, with status 77, and tells it once",
    async (words) => {
      const ran = await asStranger(otherRoot, [...words.split(" "), "--root", otherRoot]);
      expect(ran).toMatchObject({ code: 77, stdout: "" });
      expect(ran.stderr).toMatch(
        /^spiral(-hub)?: cannot read .*: permission denied; run as the root's owner\n$/,
      );
    },
  );

  it("gives errors as JSON on stderr when JSON is asked for", async () => {
    const unknown = await spiral(["staus", "--json"]);
    expect(JSON.parse(unknown.stderr)).toEqual({
      error: { code: "usage", message: expect.stringContaining("unknown command 'staus'") },
    });
    const fsck = await spiral(["fsck", "--json", "--root", otherRoot]);
    expect(JSON.parse(fsck.stderr)).toMatchObject({ error: { code: "notFound" } });
    const flag = await spiral(["fsck", "--json", "--rot", otherRoot]);
    expect(JSON.parse(flag.stderr)).toMatchObject({ error: { code: "usage" } });
    const missing = await spiral(["status", "--json", "--root", otherRoot]);
    expect(JSON.parse(missing.stderr)).toEqual({
      error: { code: "unavailable", message: expect.stringContaining("no hub has served") },
    });
  });

  it("lists every verb in its help and exits well", async () => {
    const ran = await spiral([]);
    expect(ran.code).toBe(0);
    const verbs =
      "status monitor nodes jobs job events why submit cancel converge refill enable up pause down";
    for (const verb of `${verbs} replay fsck doctor demo hub agent`.split(" "))
      expect(ran.stdout).toContain(`\n  ${verb} `);
  });

  it("hands the words after hub and agent on, with their exit status", async () => {
    const hub = await spiral(["hub", "serve", "--prot", "0"]);
    expect(hub).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean --port?") });
    const fsck = await spiral(["fsck", "--json", "--root", otherRoot]);
    expect(fsck).toMatchObject({ code: 5, stderr: expect.stringContaining("there is no journal at") });
    const agent = await spiral(["agent", "Not_A_Name", "--root", otherRoot]);
    expect(agent).toMatchObject({ code: 2, stderr: expect.stringContaining('node "Not_A_Name" must be') });
  });
});

describe("a journal that is not where it is looked for", () => {
  it.each([
    ["fsck", "journal.id", "in PostgreSQL", "name it with --journal"],
    ["replay", "journal.id", "in PostgreSQL", "use --from"],
    ["fsck", "journal.db", "damaged beyond reading", "restore a backup"],
  ])("makes %s of a root with a strange %s end with status 78", async (verb, file, problem, cure) => {
    const strange = await scratchRoot();
    await mkdir(join(strange, "hub"));
    await writeFile(join(strange, "hub", file), "no database, but as long as a header of one ".repeat(30));
    const ran = await spiral([verb, "--root", strange]);
    await removeRoot(strange);
    expect(ran).toMatchObject({ code: 78, stdout: "" });
    for (const words of [problem, cure]) expect(ran.stderr).toContain(words);
    expect(ran.stderr).not.toContain("run `spiral fsck`");
  });
});

describe("the hub's documents", () => {
  it("refuses to start on a malformed control.json, naming file and line, with status 78", async () => {
    const bad = await scratchRoot();
    const path = join(bad, "control.json");
    await writeFile(path, '{\n  "prompt": "x"\n  "seed": 1\n}\n');
    const ran = await spiral(["hub", "serve", "--root", bad, "--port", "0"]);
    await removeRoot(bad);
    expect(ran.code).toBe(78);
    expect(ran.stderr).toContain(`${path}:3:`);
  });
});

describe("spiral, with a hub on a fresh root", () => {
  let hub: Running;
  let client: HubClient;
  beforeAll(async () => {
    hub = await startHub(root);
    client = connectHub(readSettings({ root }, {}));
  });
  afterAll(async () => {
    client.close();
    await end(hub);
  });

  it.each(["up", "enable"])("refuses %s with status 4 and names what is missing", async (verb) => {
    const ran = await spiral([verb, "--root", root]);
    expect(ran.code).toBe(4);
    for (const name of [...RED, "spiral up --force --reason"]) expect(ran.stderr).toContain(name);
  });

  it("shows the same in its status, with numbers as numbers", async () => {
    const status = await spiralJson(["status", "--root", root]);
    expect(status).toMatchObject({
      desired: "disabled",
      generation: expect.any(Number),
      journalSeq: expect.any(Number),
      pending: 0,
      running: 0,
      nodes: [],
      campaigns: [],
      ownerPrompt: null,
      root,
    });
    const rails = status["guardrails"] as readonly { name: string; isGreen: boolean }[];
    expect(rails.filter((rail) => !rail.isGreen).map((rail) => rail.name)).toEqual(RED);
    const people = await spiral(["status", "--root", root]);
    expect(people.stdout).toContain("DISABLED");
    expect(people.stdout).not.toContain(ESCAPE);
  });

  it("refuses a second hub on the root with status 6, naming who holds it", async () => {
    const ran = await spiral(["hub", "serve", "--root", root, "--port", "0"]);
    expect(ran.code).toBe(6);
    expect(ran.stderr).toContain(`pid ${hub.process.pid}`);
  });

  it("refuses a caller with the secret of another fleet with status 77", async () => {
    await mkdir(join(otherRoot, "hub/secrets"), { recursive: true });
    await writeFile(join(otherRoot, "hub/secrets/operator"), "0".repeat(64), { mode: 0o600 });
    const ran = await spiral(["status", "--root", otherRoot, "--hub", client.address]);
    expect(ran).toMatchObject({ code: 77, stderr: expect.stringContaining("wrong secret") });
  });

  it("lets a viewer look and nothing else", async () => {
    expect(await spiral(["nodes", "--root", root, "--as", "viewer"])).toMatchObject({ code: 0 });
    const ran = await spiral(["down", "--root", root, "--as", "viewer"]);
    expect(ran).toMatchObject({ code: 77, stderr: expect.stringContaining("viewer may not call") });
  });

  it("refuses parameters of 10 MiB with status 2 before they travel", async () => {
    const params = JSON.stringify({ text: "x".repeat(10 * 1024 * 1024) });
    const ran = await spiral(["submit", "sleep", "--params", "-", "--root", root], params);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("a job takes at most 16384");
  });

  it("has them refused by the hub as well, however they come", async () => {
    const submit = (bytes: number): Promise<unknown> =>
      client.call("Submit", { key: "large", runner: "sleep", paramsJson: `"${"x".repeat(bytes)}"` });
    await expect(submit(20_000)).rejects.toMatchObject({ code: "invalid" });
    await expect(submit(10 * 1024 * 1024)).rejects.toMatchObject({ code: "resourceExhausted" });
    await expect(spiralJson(["status", "--root", root])).resolves.toMatchObject({ pending: 0 });
  });

  const absent: readonly (readonly [readonly string[], number])[] = [
    [["job", "j_999999"], 5],
    [["cancel", "j_999999"], 5],
    [["converge", "demo"], 4],
    [["why", "node", "alpha"], 5],
    [["why", "campaign", "demo"], 5],
    [["refill", "demo"], 5],
    [["override", "set", "defer", "fleet", "--for", "1h", "--reason", "r", "--until", "moon_full"], 2],
    [["override", "set", "defer", "fleet", "--for", "1h", "--reason", "r"], 2],
    [budget("0slots"), 2],
  ];
  it.each(absent)("answers %j about what is not there with status %i", async (argv, code) => {
    const ran = await spiral([...argv, "--root", root]);
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(ran.stderr).toMatch(/^spiral: \S/);
  });

  it("makes one job of two submits with one key", async () => {
    const submit = ["submit", "sleep", "--param", "seconds=1", "--key", "twice", "--root", root];
    const first = await spiralJson(submit);
    expect(first).toEqual({ jobId: expect.stringMatching(/^j_/), isDuplicate: false, key: "twice" });
    expect(await spiralJson(submit)).toEqual({ ...first, isDuplicate: true });
    const { jobs, total } = await spiralJson(["jobs", "--root", root, "--state", "pending"]);
    expect(total).toBe(1);
    expect(jobs).toEqual([
      expect.objectContaining({ state: "pending", params: { seconds: 1 }, token: null }),
    ]);
    const why = await spiralJson(["why", "job", String(first["jobId"]), "--root", root]);
    expect(why).toMatchObject({ rule: "disabled", wouldChange: [expect.stringContaining("spiral enable")] });
  });

  it("spells out control characters of a job for people and keeps them for programs", async () => {
    const text = `${ESCAPE}[2J\u202eevil`;
    const { jobId } = await spiralJson(["submit", "sleep", "--param", `text=${text}`, "--root", root]);
    const people = await spiral(["cancel", String(jobId), "--reason", text, "--root", root]);
    const shown = await spiral(["job", String(jobId), "--root", root]);
    const events = await spiral(["events", "--since", "0", "--root", root]);
    expect(events.stdout).toContain("reason=\\x1b[2J\\u202eevil");
    for (const ran of [people, shown, events]) {
      expect(ran.stdout).not.toContain(ESCAPE);
      expect(ran.stdout).not.toContain("\u202e");
    }
    expect(await spiralJson(["job", String(jobId), "--root", root])).toMatchObject({ params: { text } });
  });

  it("ends quietly when the reader of its events has seen enough", async () => {
    const jobs = Array.from({ length: 50 }, (_, index) =>
      client.call("Submit", {
        key: `many/${index}`,
        producer: "test",
        runner: "sleep",
        paramsJson: JSON.stringify({ text: "x".repeat(10_000) }),
        priority: "PRIORITY_BATCH",
        lane: "LANE_GPU",
        subsystem: "rendering",
        onHubLoss: "ON_HUB_LOSS_STOP",
      }),
    );
    await Promise.all(jobs);
    const line = `"${process.execPath}" "${await entry("cli")}" events --json --since 0 --root "${root}" | head -1`;
    const { stdout, stderr } = await promisify(execFile)("bash", ["-o", "pipefail", "-c", line]);
    expect(JSON.parse(stdout)).toEqual({
      seq: 1,
      wallMs: expect.any(Number),
      kind: "hub.started",
      body: expect.objectContaining({ epoch: 1 }),
    });
    expect(stderr).toBe("");
  });
});

describe("spiral, with a hub and an agent", () => {
  let fleetRoot: string;
  let hub: Running;
  let agent: Running;
  const here = (...argv: readonly string[]): string[] => [...argv, "--root", fleetRoot];
  beforeAll(async () => {
    fleetRoot = await scratchRoot();
    hub = await startHub(fleetRoot);
    agent = await startAgent(fleetRoot, "alpha");
    await spiralJson(here("up", "--force", "--reason", "tests need no campaign"));
  });
  afterAll(async () => {
    await end(agent);
    await end(hub);
    await removeRoot(fleetRoot);
  });

  it("names what was waived in the status", async () => {
    expect(await spiralJson(here("status"))).toMatchObject({
      desired: "up",
      desiredReason: "tests need no campaign",
      waived: ["convergence-stop", "gpu-hour-budget"],
      nodes: [{ node: "alpha", gpus: [{ source: "simulated", totalBytes: 96 * 1024 ** 3 }] }],
    });
  });

  it("refuses a runner that no node has with status 4, naming those it has", async () => {
    const ran = await spiral(here("submit", "upscale"));
    expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining("known: evaluate, render, sleep") });
  });

  it("waits for a job and exits well when it succeeded", async () => {
    const job = await spiralJson(here("submit", "sleep", "--param", "seconds=1", "--wait"));
    expect(job).toMatchObject({ state: "succeeded", node: "alpha", attempts: 0 });
  });

  it("exits 1 for a job with parameters of a wrong type, and names them", async () => {
    const submit = ["submit", "render", "--params", '{"prompt": 5}', "--max-attempts", "1", "--wait"];
    const ran = await spiral(here(...submit));
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringContaining("prompt: Invalid input") });
  });

  it("latches an agent down on its box and tells what it lifts, and never one that is not there", async () => {
    const typo = await spiral(here("agent", "down", "--node", "nosuch"));
    expect(typo).toMatchObject({ code: 5, stderr: expect.stringContaining("; there: alpha") });
    expect(existsSync(join(fleetRoot, "agents/nosuch"))).toBe(false);
    const lift = here("agent", "up", "--node", "alpha");
    expect(await spiral(lift)).toMatchObject({ code: 0, stdout: "alpha was not latched\n" });
    expect(await spiral(here("agent", "down", "--node", "alpha"))).toMatchObject({ code: 0 });
    expect(await spiral(lift)).toMatchObject({ code: 0, stdout: "alpha: latch lifted\n" });
  });

  it("tells of no undo where a drain was only tried", async () => {
    const ran = await spiral(here("drain", "alpha", "--dry-run"));
    expect(ran).toMatchObject({ code: 0, stdout: "alpha would be drained: nothing runs there\n" });
  });

  it("stays with down --now until nothing runs, and keeps it so", async () => {
    const { jobId } = await spiralJson(here("submit", "sleep", "--param", "seconds=600"));
    await until(async () =>
      expect(await spiralJson(here("job", String(jobId)))).toMatchObject({ state: "running" }),
    );
    const down = await spiralJson(here("down", "--now"));
    expect(down).toMatchObject({ state: "down", isLatched: false, stopping: { alpha: 1 }, running: 0 });
    expect(down["elapsedMs"]).toBeLessThan(3_000);
    const why = await spiralJson(here("why", "job", String(jobId)));
    expect(why).toMatchObject({ rule: "down" });
  });

  it("latches down on disk when no hub answers, and the next hub starts down", async () => {
    await spiralJson(here("up"));
    hub.process.kill("SIGKILL");
    await hub.ended;
    const status = await spiral(here("status"));
    expect(status).toMatchObject({ code: 69, stderr: expect.stringContaining("nothing listens there") });
    const down = await spiralJson(here("down", "--reason", "the hub is gone"));
    const latch = join(fleetRoot, "hub/down.latch");
    expect(down).toMatchObject({ state: "down", isLatched: true, latch });
    expect(JSON.parse(readFileSync(latch, "utf8"))).toEqual({
      reason: "the hub is gone",
      wallMs: expect.any(Number),
    });
    hub = await startHub(fleetRoot);
    expect(await spiralJson(here("status"))).toMatchObject({ desired: "down", desiredActor: "latch" });
  });

  it("leaves no latch where it does not hold the hub's root", async () => {
    const ran = await spiral(["down", "--root", fleetRoot, "--hub", "127.0.0.1:1"]);
    expect(ran.code).toBe(69);
    expect(existsSync(join(otherRoot, "hub/down.latch"))).toBe(false);
    expect(await readdir(otherRoot)).toEqual(["hub"]);
  });

  it("follows events until Ctrl-C, as JSON Lines", async () => {
    const events = await start("cli", here("events", "--since", "0", "--follow", "--json"));
    await until(() => expect(events.stdout()).toContain('"hub.started"'));
    await spiralJson(here("submit", "sleep", "--param", "seconds=1", "--key", "seen"));
    await until(() => expect(events.stdout()).toContain("operator/seen"));
    events.process.kill("SIGINT");
    const { code, stdout } = await events.ended;
    expect(code).toBe(0);
    const seqs = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });
});
