/** Simulator: P12: how many steps of simulated fleets the machine does in a second, as `npm run sim` tells it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../shared/package-root.ts";
import { absoluteResult, figuresOf, type Result, short } from "./result.ts";
import type { Rig } from "./rig.ts";

/** As many as take some ten seconds: in fewer, compiling the simulator weighs more than running it. */
const SEEDS = 1_000;
const STEPS = 1_000;

/** Each round: other seeds. A broken promise of a seed ends the benchmark. */
export async function p12(rig: Rig): Promise<readonly Result[]> {
  const rates: number[] = [];
  for (let round = 0; round < rig.rounds; round++) {
    const range = ["--from", String(round * SEEDS), "--seeds", String(SEEDS), "--steps", String(STEPS)];
    rates.push(await stepsPerSecond(rig, range));
  }
  const figures = figuresOf(rates);
  return [
    absoluteResult({
      id: "P12",
      what: `simulator, ${SEEDS.toLocaleString("en")} seeds of ${STEPS.toLocaleString("en")} steps, its checkers on, a worker a core`,
      value: `${short(figures.median)} steps/s`,
      figures,
      bar: "≥ 67,000 steps/s on 2 cores",
      isMet: figures.median >= 67_000,
    }),
  ];
}

async function stepsPerSecond(rig: Rig, args: readonly string[]): Promise<number> {
  const running = promisify(execFile)(process.execPath, [join(packageRoot(), "test/sim/main.mjs"), ...args]);
  rig.own(running.child);
  const { stdout } = await running;
  const told = /\(([\d,]+) steps\/s\)/.exec(stdout)?.[1];
  if (told === undefined) throw new Error(`the simulator told no rate: ${stdout.slice(-200)}`);
  return Number(told.replaceAll(",", ""));
}
