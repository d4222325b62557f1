import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  end,
  type Ran,
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
import { CARD_BYTES, createLocalRig, type LocalRig } from "../helpers/local-rig.ts";

const GIB = 1024 ** 3;
const ESCAPE = "\u001b";
/** Says that it runs, then ends with 7 when it is told to, and in any case with the test that holds its standard input. */
const WORK = `process.on("SIGTERM", () => process.exit(7));
  process.stdin.on("end", () => process.exit(7)).resume();
  process.stdout.write("works on " + process.env.CUDA_VISIBLE_DEVICES + "\\n");
  setInterval(() => {}, 1000);`;

let root: string;
let work: string;
beforeAll(async () => {
  root = await scratchRoot();
  work = join(root, "work.cjs");
  writeFileSync(work, WORK);
});
afterAll(() => removeRoot(root));

const node = (...words: readonly string[]): readonly string[] => [...words, "--root", root];
const run = (...flags: readonly string[]): readonly string[] => [...node("gpu", "run"), ...flags];
const nodesOf = (answer: Record<string, unknown>): readonly NodeJson[] => answer["nodes"] as NodeJson[];

interface NodeJson {
  readonly node: string;
  readonly via: string;
  readonly ageMs: number;
  readonly problem: { readonly code: string; readonly message: string } | null;
  readonly answer: NodeAnswer;
}

/** What the verbs of this file are answered, as far as it looks. */
interface NodeAnswer {
  readonly kind: string;
  readonly memoryTotalBytes: number;
  readonly processes: readonly { readonly vramBytes: number | null }[];
  readonly pressures: readonly { readonly name: string }[];
  readonly consumers: readonly object[];
  readonly candidates: readonly object[];
  readonly gpus: readonly { readonly uuid: string }[];
}

/** A command that runs under its reservation, once it says so. */
async function startWork(flags: readonly string[], environment = {}): Promise<Running> {
  const running = await start("cli", [...run(...flags), "--", process.execPath, work], environment);
  await until(() => expect(running.stdout() + running.stderr()).toContain("works on"));
  return running;
}

describe("spiral, asked about nodes with nobody there", () => {
  const wrong: readonly (readonly [string, readonly string[], number, string])[] = [
    ["a group without its verb", ["gpu"], 2, "eviction-candidates"],
    ["a verb that the group does not have", ["gpu", "stast"], 2, "Did you mean stats?"],
    ["a node and all of them", ["gpu", "stats", "--node", "a", "--all"], 2, "cannot be used with"],
    ["a budget in bytes", ["gpu", "set-budget", "tts", "4096"], 2, "a whole number of MiB"],
    ["too many processes", ["system", "resources", "--top-n", "101"], 2, "1 to 100"],
    ["a run without a size", ["gpu", "run", "--priority", "batch", "--", "true"], 2, "--vram"],
    ["neither hub nor agent", ["gpu", "stats"], 69, "no hub has served"],
    ["no agent here", ["pressure", "--local"], 69, "spiral agent NAME"],
    ["an agent that is not here", ["gpu", "stats", "--local", "--node", "x"], 69, "spiral agent x"],
  ];
  it.each(wrong)("refuses %s", async (_what, words, code, sentence) => {
    const ran = await spiral(["--root", root, ...words]);
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(ran.stderr).toContain(sentence);
  });
});

describe("spiral, asked about nodes through a hub and without it", () => {
  let hub: Running;
  let alpha: Running;
  let beta: Running;
  beforeAll(async () => {
    hub = await startHub(root);
    alpha = await startAgent(root, "alpha");
    beta = await startAgent(root, "beta");
  });
  afterAll(async () => {
    for (const running of [alpha, beta, hub]) await end(running);
  });

  it("shows the cards of every node, in the source's spelling as well", async () => {
    const ours = nodesOf(await spiralJson(node("gpu", "stats")));
    expect(ours.map((each) => [each.node, each.via, each.problem])).toEqual([
      ["alpha", "hub", null],
      ["beta", "hub", null],
    ]);
    for (const { ageMs, answer } of ours) {
      expect(ageMs).toBeGreaterThanOrEqual(0);
      expect(answer.gpus[0]).toMatchObject({
        uuid: expect.stringMatching(/^GPU-sim-/),
        totalBytes: 96 * GIB,
        sampleAgeMs: expect.any(Number),
      });
    }
    const people = await spiral(node("gpu/stats"));
    expect(people.code).toBe(0);
    expect(people.stdout.match(/\(simulated\)/g)).toHaveLength(2);
    expect(people.stdout).toContain(`next  spiral gpu stats --root ${root} --node alpha`);
  });

  it("shows the boxes and as many processes as were asked for", async () => {
    const words = ["system/resources", "--includeProcesses=true", "--topN=2", "--node", "alpha"];
    const [only, another] = nodesOf(await spiralJson(node(...words)));
    expect(another).toBeUndefined();
    expect(only?.answer.memoryTotalBytes).toBeGreaterThan(GIB / 4);
    expect(only?.answer.processes).toHaveLength(2);
    expect(only?.answer.processes[0]?.vramBytes).toBeNull();
    const people = await spiral(node("system", "resources", "--include-processes", "--node", "alpha"));
    expect(people.stdout).toMatch(/^alpha +\d+ +\S+ +unknown /m);
  });

  it("shows the pressure of card, processor and memory", async () => {
    const [alphaReply] = nodesOf(await spiralJson(node("pressure", "--all")));
    const names = alphaReply?.answer.pressures.map((event) => event.name.split(":")[0]);
    expect(names?.sort()).toEqual(["cpu", "gpu", "memory"]);
  });

  it("runs a command under a reservation, shows it, and passes its exit status on", async () => {
    const flags = ["--priority", "batch", "--vram", "8GiB", "--label", "night", "--node", "alpha"];
    const running = await startWork([...flags, "--evictable"]);
    expect(running.stdout()).toMatch(/works on GPU-sim-/);
    for (const place of [
      ["--node", "alpha"],
      ["--node", "alpha", "--local"],
    ]) {
      const [registry] = nodesOf(await spiralJson(node("gpu", "eviction-registry", ...place)));
      expect(registry?.answer.consumers).toMatchObject([
        { label: "night", priority: "batch", vramBytes: 8 * GIB, subsystem: "inference", isEvictable: true },
      ]);
      const [candidates] = nodesOf(await spiralJson(node("gpu", "eviction-candidates", ...place)));
      expect(candidates?.answer.candidates).toMatchObject([{ label: "night" }]);
    }
    running.process.kill("SIGTERM");
    expect(await running.ended).toMatchObject({ code: 7, stderr: "" });
    const after = nodesOf(await spiralJson(node("gpu", "eviction-registry", "--node", "alpha")));
    expect(after[0]?.answer.consumers).toEqual([]);
  });

  it("tells the events of this machine as they happen", async () => {
    const words = ["pressure", "--watch", "--local", "--node", "alpha", "--json"];
    const watch = await start("cli", node(...words));
    await until(() => expect(watch.stdout()).toContain('"gpu:pressure:update"'));
    const running = await startWork(["--priority", "realtime", "--vram", "70GiB", "--node", "alpha"]);
    await until(() => expect(watch.stdout()).toMatch(/"node":"alpha","name":"gpu:pressure:warning"/));
    await end(running);
    // The next test watches the same card rise: it must have been seen to fall before.
    await until(() => expect(watch.stdout()).toMatch(/"node":"alpha","name":"gpu:pressure:normal"/));
    watch.process.kill("SIGINT");
    expect(await watch.ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("tells the events of every node as its hub hears them", async () => {
    const watch = await start("cli", node("pressure", "--watch", "--json"));
    await until(() => expect(watch.stdout()).toMatch(/"node":"beta","name":"cpu:pressure:update"/));
    const running = await startWork(["--priority", "realtime", "--vram", "70GiB", "--node", "alpha"]);
    await until(() =>
      expect(watch.stdout()).toMatch(/"node":"alpha","name":"gpu:pressure:warning".*"GPU-sim-/),
    );
    await end(running);
    watch.process.kill("SIGINT");
    expect(await watch.ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("sets a budget on one node, on all when told so, and never on a guess", async () => {
    const guess = await spiral(node("gpu", "set-budget", "tts", "4GiB"));
    expect(guess).toMatchObject({ code: 2, stderr: expect.stringContaining("alpha, beta, or say --all") });
    const set = await spiralJson(node("gpu", "set-budget", "tts", "4GiB", "--node", "alpha"));
    expect(set).toMatchObject({ subsystem: "tts", budgetMib: 4096 });
    expect(nodesOf(set)[0]?.answer).toMatchObject({
      kind: "applied",
      budgets: expect.arrayContaining([
        expect.objectContaining({ subsystem: "tts", baselineBytes: 4 * GIB }),
      ]),
    });
    const [card] = nodesOf(await spiralJson(node("gpu", "stats", "--node", "alpha")))[0]?.answer.gpus ?? [];
    const named = ["gpu", "set-budget", "tts", "3GiB", "--node", "alpha", "--gpu"];
    expect(await spiral(node(...named, card?.uuid ?? ""))).toMatchObject({ code: 0 });
    const stranger = await spiral(node(...named, "GPU-other"));
    expect(stranger).toMatchObject({ code: 4, stderr: expect.stringContaining("no card GPU-other here") });
    const local = await spiral(node("gpu", "set-budget", "tts", "5GiB", "--local", "--all"));
    expect(local.stdout.match(/tts may hold 5\.0 GiB/g)).toHaveLength(2);
    const tooMuch = await spiral(node("gpu", "set-budget", "tts", "90GiB", "--node", "beta"));
    expect(tooMuch).toMatchObject({ code: 4, stdout: expect.stringContaining("the budgets would sum to") });
  });

  it("lets a viewer look and not touch", async () => {
    const viewer = ["--as", "viewer", "--node", "alpha"];
    expect(await spiral(node("gpu", "stats", ...viewer))).toMatchObject({ code: 0 });
    expect(await spiral(node("gpu", "set-budget", "tts", "4GiB", ...viewer))).toMatchObject({ code: 77 });
  });

  it("shows the others when a node is away, with status 1, and says so when it alone is meant", async () => {
    await end(beta);
    const all = await spiral(node("gpu", "stats", "--json"));
    expect(all.code).toBe(1);
    const [first, second] = nodesOf(JSON.parse(all.stdout));
    expect(first).toMatchObject({ node: "alpha", problem: null });
    expect(second).toMatchObject({ node: "beta", answer: null, problem: { code: "unavailable" } });
    const people = await spiral(node("gpu", "stats"));
    expect(people.stdout).toContain("beta is not attached");
    const alone = await spiral(node("gpu", "stats", "--node", "beta"));
    expect(alone).toMatchObject({ code: 69, stderr: expect.stringContaining("beta is not attached") });
    const never = await spiral(node("gpu", "stats", "--node", "gamma"));
    expect(never).toMatchObject({ code: 5, stderr: expect.stringContaining("spiral nodes") });
  });

  it("asks on this machine when no hub answers", async () => {
    await end(hub);
    const ran = await spiral(node("gpu", "stats", "--node", "alpha", "--json"));
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining("asked on this machine") });
    expect(nodesOf(JSON.parse(ran.stdout))).toMatchObject([{ node: "alpha", via: "local" }]);
    expect(await spiral(node("gpu", "stats", "--node", "gamma"))).toMatchObject({ code: 69 });
  });
});

describe("spiral gpu run, at the gates of a small card", () => {
  let rig: LocalRig;
  let here: Record<string, string>;
  beforeEach(async () => {
    rig = await createLocalRig();
    here = { SPIRAL_AGENT_SOCKET: rig.socketPath };
  });
  afterEach(() => rig.stop());

  const local = async (words: readonly string[]): Promise<Ran> => (await start("cli", words, here)).ended;
  const batch = (vram: number, ...flags: readonly string[]): readonly string[] =>
    run("--priority", "batch", "--vram", String(vram), ...flags, "--", process.execPath);

  it("refuses with status 4, the figures and what would change it, and runs nothing", async () => {
    const ran = await local([...batch(475), work]);
    expect(ran).toMatchObject({ code: 4, stdout: "" });
    expect(ran.stderr).toMatch(/gate 0\.500/);
    expect(ran.stderr).toMatch(/what would change it: .*\n.*--wait.*spiral gpu eviction-candidates/);
  });

  it("does not wait for what can never be", async () => {
    expect(await local([...batch(CARD_BYTES, "--wait"), work])).toMatchObject({ code: 4, stdout: "" });
  });

  it("waits for room, and for nothing when it is interrupted", async () => {
    const holder = await startWork(["--priority", "interactive", "--vram", "400"], here);
    const patient = await start("cli", [...batch(300, "--wait"), "-p", "'admitted'"], here);
    const impatient = await start("cli", [...batch(300, "--wait"), work], here);
    for (const each of [patient, impatient])
      await until(() => expect(each.stderr()).toContain("waiting for room"));
    impatient.process.kill("SIGINT");
    expect(await impatient.ended).toMatchObject({ code: 130, stdout: "" });
    await end(holder);
    expect(await patient.ended).toMatchObject({ code: 0, stdout: "admitted\n" });
    expect(rig.ledger.tally.liveByPriority.batch).toBe(0);
  });

  it("ends what may be evicted when the node needs its VRAM", async () => {
    const running = await startWork(["--priority", "batch", "--vram", "100", "--evictable"], here);
    const [consumerId = ""] = rig.ledger.consumers.keys();
    const request = { consumerId, vramBytes: 100, deadlineMs: 5_000, reason: "a call rings" };
    await until(() => expect(rig.gate().requestEviction(request)).toBe(true));
    expect(await running.ended).toMatchObject({ code: 7, stderr: expect.stringContaining("a call rings") });
    expect(rig.ledger.consumers.size).toBe(0);
  });

  it("gives back what it held when it is killed, and leaves its command to whoever killed it", async () => {
    const running = await startWork(["--priority", "batch", "--vram", "100"], here);
    const gone = once(running.process, "exit");
    running.process.kill("SIGKILL");
    await gone;
    await until(() => expect(rig.ledger.consumers.size).toBe(0));
    // The command has the same output, which closes only with its end.
    running.process.stdin?.end();
    await running.ended;
  });

  it("ends as shells do for a signal and for a command that is not there", async () => {
    const words = run("--priority", "batch", "--vram", "10", "--json", "--");
    const killed = await local([...words, "sh", "-c", "kill -KILL $$"]);
    expect(killed.code).toBe(137);
    expect(JSON.parse(killed.stderr)).toMatchObject({ vramBytes: 10, freedBytes: 10, exitStatus: 137 });
    const absent = await local([...words, "no-such-command"]);
    expect(absent).toMatchObject({ code: 127, stderr: expect.stringContaining("not found") });
  });

  it("keeps what a label would do to a terminal off it", async () => {
    const client = rig.client();
    const claim = { priority: "batch", vramBytes: 10, subsystem: "tts", isEvictable: true } as const;
    await client.reserve({ ...claim, label: `${ESCAPE}[2Jred` });
    const ran = await local(node("gpu", "eviction-candidates", "--local"));
    expect(ran.stdout).toContain("\\x1b[2Jred");
    expect(ran.stdout).not.toContain(ESCAPE);
  });
});
