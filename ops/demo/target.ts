/**
 * Target: the scores that the demo steers toward, measured on a render that nobody will be shown. A vector of
 * actuators is drawn by chance and rendered by the same runners that the agents use; its scores become the
 * calibration, and the vector is forgotten with its scratch directory. The optimiser only ever sees distances.
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FleetError } from "../../shared/errors.ts";
import { DEMO_ACTUATORS, DEMO_CAMPAIGN, drawHidden } from "../../shared/model/demo-campaign.ts";
import { packageRoot } from "../../shared/package-root.ts";
import type { Rng } from "../../shared/rng.ts";
import { demoRenderParams } from "./documents.ts";

type Actuators = Readonly<Record<string, number>>;
type Scores = Readonly<Record<string, number>>;

export interface Target {
  readonly scores: Scores;
  /** From the scores of the initial actuators, as the hub will measure it. */
  readonly distance: number;
}

/** Draws that are measured at most; on a quiet machine each takes some two seconds of one core. */
const DRAWS_MAX = 5;

/** The first drawn target that is far enough from the start, else the farthest of all. */
export async function measureTarget(rng: Rng, parallel: number): Promise<Target> {
  const scratch = await mkdtemp(join(tmpdir(), "spiral-target-"));
  try {
    const initial = Object.fromEntries(DEMO_ACTUATORS.map((actuator) => [actuator.name, actuator.initial]));
    const waiting = [initial, ...drawCandidates(rng)];
    const measured: Scores[] = [];
    for (;;) {
      const batch = waiting.splice(0, Math.max(2, parallel));
      const measurements = batch.map((actuators) =>
        mkdtemp(join(scratch, "m-")).then((at) => measure(at, actuators)),
      );
      measured.push(...(await Promise.all(measurements)));
      const far = chooseTarget(measured);
      if (far.distance >= DEMO_CAMPAIGN.minFirstDistance || waiting.length === 0) return far;
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Every vector that `drawHidden` would look at, unmeasured: measuring takes processes, and it cannot wait. */
function drawCandidates(rng: Rng): readonly Actuators[] {
  const drawn: Actuators[] = [];
  drawHidden(rng, (hidden) => {
    drawn.push(hidden);
    return 0;
  });
  return drawn.slice(0, DRAWS_MAX);
}

function chooseTarget([start, ...rest]: readonly Scores[]): Target {
  const targets = rest.map((scores) => ({ scores, distance: distanceBetween(start ?? {}, scores) }));
  const isFar = (target: Target): boolean => target.distance >= DEMO_CAMPAIGN.minFirstDistance;
  const farthest = (best: Target, target: Target): Target =>
    target.distance > best.distance ? target : best;
  return targets.find(isFar) ?? targets.reduce(farthest);
}

/** The distance of a calibration whose dimensions all count alike: the root mean square of the errors. */
function distanceBetween(a: Scores, b: Scores): number {
  const errors = Object.entries(b).map(([name, value]) => value - (a[name] ?? value));
  return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
}

/** Scores of one vector: a render, then an evaluation of its frames, each a process in `at`. */
async function measure(at: string, actuators: Actuators): Promise<Scores> {
  await writeFile(join(at, "params.json"), JSON.stringify(demoRenderParams(actuators)));
  await runRunner("render", at);
  await mkdir(join(at, "inputs"));
  await rename(join(at, "out/frames"), join(at, "inputs/frames"));
  const frames = (await readdir(join(at, "inputs/frames"))).sort().map((name) => `frames/${name}`);
  await writeFile(join(at, "params.json"), JSON.stringify({ frames }));
  await runRunner("evaluate", at);
  return JSON.parse(await readFile(join(at, "result.json"), "utf8")).scores;
}

function runRunner(name: "render" | "evaluate", cwd: string): Promise<void> {
  const launcher = join(packageRoot(), "bin/spiral-agent.mjs");
  const child = spawn(process.execPath, [launcher, "runner", name], {
    cwd,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-1_000);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else
        reject(new FleetError("internal", `the ${name} runner failed with status ${code}: ${said.trim()}`));
    });
  });
}
