import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { playInBrowser } from "../helpers/browser.ts";
import {
  end,
  type Ran,
  removeRoot,
  scratchRoot,
  spiralJson,
  start,
  startHub,
  until,
} from "../helpers/cli-rig.ts";
import { decodeFilm } from "../helpers/film.ts";

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The pids that the demo names in its line about the root. */
function pidsOf(text: string): readonly number[] {
  return [...text.matchAll(/pid (\d+)[,\n]/g)].slice(0, 3).map(([, pid]) => Number(pid));
}

function readLines(path: string): readonly Record<string, unknown>[] {
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

describe("spiral demo --once --json", () => {
  let ran: Ran;
  let result: Record<string, unknown>;
  let root: string;
  beforeAll(async () => {
    ran = await (await start("cli", ["demo", "--once", "--json"])).ended;
    result = JSON.parse(ran.stdout);
    root = String(result["root"]);
  }, 240_000);
  afterAll(() => removeRoot(root));

  it("converges on its target and says so in one JSON object", () => {
    expect(ran.code).toBe(0);
    expect(ran.stdout.trim().split("\n")).toHaveLength(1);
    expect(result).toMatchObject({
      campaign: "demo",
      state: "converged",
      reason: "target",
      pending: 0,
      running: 0,
      renders: Number(result["cycles"]) * 9,
    });
    expect(Object.keys(result)).toEqual(
      "campaign state reason cycles renders published insights firstDistance lastDistance tolerance bestRender masterRender pending running elapsedMs root".split(
        " ",
      ),
    );
    expect(result["elapsedMs"]).toBeLessThanOrEqual(180_000);
  });

  it("comes from at least eight tolerances away to within one", () => {
    const tolerance = Number(result["tolerance"]);
    expect(result["firstDistance"]).toBeGreaterThanOrEqual(8 * tolerance);
    expect(result["lastDistance"]).toBeLessThanOrEqual(tolerance);
    const rows = readLines(join(root, "convergence.jsonl"));
    expect(rows.map((row) => row["cycle"])).toEqual(rows.map((_, index) => index + 1));
    expect(rows).toHaveLength(Number(result["cycles"]));
    expect(rows.at(-1)).toMatchObject({ distance: result["lastDistance"], rule: "target" });
  });

  it("scores every render of the loop on 8 dimensions and films each", async () => {
    const insights = readLines(join(root, "insights.jsonl"));
    expect(insights).toHaveLength(Number(result["insights"]));
    expect(insights).toHaveLength(Number(result["renders"]));
    for (const { scores, renderJob } of insights) {
      const values = Object.values(scores as Record<string, number>);
      expect(values).toHaveLength(8);
      expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
      const film = readFileSync(join(root, "renders", String(renderJob), "render.webm"));
      const frames = await decodeFilm(film);
      expect(frames).toHaveLength(24);
      expect(frames.every(({ width, height }) => width === 320 && height === 180)).toBe(true);
    }
    expect(result["published"]).toBe(insights.length + 1);
  });

  it("leaves its best render and a master of 960×540 for people", () => {
    expect(existsSync(String(result["bestRender"]))).toBe(true);
    const facts = join(String(result["masterRender"]), "../render.json");
    expect(JSON.parse(readFileSync(facts, "utf8"))).toMatchObject({
      width: 960,
      height: 540,
      frames: 48,
      fps: 24,
    });
  });

  it("has a master that a browser plays", async () => {
    const film = readFileSync(String(result["masterRender"]));
    expect(await playInBrowser(film)).toEqual({ width: 960, height: 540, duration: 2, error: null });
  });

  it("keeps its root to its user, and the hidden vector to nobody", () => {
    expect(statSync(root).mode & 0o777).toBe(0o700);
    const calibration = JSON.parse(readFileSync(join(root, "calibration.json"), "utf8"));
    const keys = new Set(calibration.dimensions.flatMap((row: object) => Object.keys(row)));
    expect(keys).toEqual(new Set(["name", "min", "max", "target", "tolerance", "weight", "direction"]));
  });

  it("tells its story on stderr and leaves no process behind", () => {
    expect(ran.stderr).toMatch(/root \S+ hub 127\.0\.0\.1:\d+ pid \d+, agents alpha pid \d+, beta pid \d+\n/);
    expect(ran.stderr).toContain("DISABLED lifted by demo: every guardrail is green\n");
    const pids = pidsOf(ran.stderr);
    expect(pids).toHaveLength(3);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it("has a campaign that nothing but a person starts again", async () => {
    const hub = await startHub(root);
    const refill = await spiralJson(["refill", "demo", "--root", root]);
    const why = await spiralJson(["why", "campaign", "demo", "--root", root]);
    await end(hub);
    expect(refill).toMatchObject({ campaign: "demo", created: 0 });
    expect(String(refill["detail"])).not.toBe("");
    expect(why["rule"]).toBe(refill["rule"]);
  });
});

describe("spiral demo", () => {
  let home: string;
  beforeAll(async () => {
    home = await scratchRoot();
  });
  afterAll(() => removeRoot(home));

  it("refuses ~/spiral and every directory that holds something else, with status 4", async () => {
    const real = await (await start("cli", ["demo", "--root", join(home, "spiral")], { HOME: home })).ended;
    expect(real).toMatchObject({ code: 4, stderr: expect.stringContaining("is for a real fleet") });
    expect(existsSync(join(home, "spiral"))).toBe(false);
    const used = join(home, "used");
    await mkdir(used);
    await writeFile(join(used, "thesis.txt"), "the only copy");
    const other = await (await start("cli", ["demo", "--root", used])).ended;
    expect(other).toMatchObject({ code: 4, stderr: expect.stringContaining("not a demo's") });
  });

  it("restarts no child that dies, says how, and ends the others on Ctrl-C", async () => {
    const demo = await start("cli", ["demo", "--root", join(home, "demo"), "--seed", "1"]);
    await until(() => expect(demo.stdout()).toContain("DISABLED lifted by demo"));
    const pids = pidsOf(demo.stdout());
    const beta = pids[2] ?? Number.NaN;
    process.kill(beta, "SIGKILL");
    await until(() => expect(demo.stderr()).toContain("the demo restarts nothing"));
    expect(demo.stderr()).toContain(`npx spiral agent serve --root ${join(home, "demo")} --node beta`);
    await until(() => expect(demo.stderr()).toContain("cycle 1/10"));
    demo.process.kill("SIGINT");
    const ran = await demo.ended;
    expect(ran.code).toBe(130);
    expect(ran.stdout).toContain(`beta (pid ${beta}) had ended by SIGKILL`);
    expect(ran.stdout).toMatch(/hub \(pid \d+\) ended with status 0/);
    expect(pids.filter(isAlive)).toEqual([]);
  });
});
