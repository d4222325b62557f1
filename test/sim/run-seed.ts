/**
 * Run a seed: faults and work for as many steps as were asked for, with every promise watched; then the world is
 * healed, nothing new is submitted, and everything has to come to its end within a bounded time.
 */
import type { Checker } from "./checker.ts";
import { Line } from "./line.ts";
import type { Options, Profile } from "./options.ts";
import { isQuiet } from "./quiet.ts";
import { Site } from "./site.ts";
import type { World } from "./world.ts";

export interface SeedSettings {
  readonly seed: number;
  readonly profile: Profile;
  /** Steps of the first phase. */
  readonly steps: number;
  readonly checkers: readonly Checker[];
  readonly write?: (line: string) => void;
  readonly adjust?: (options: Options) => Options;
}

export interface SeedResult {
  readonly seed: number;
  readonly profile: Profile;
  /** Steps of the first phase, as asked for. */
  readonly faultSteps: number;
  readonly steps: number;
  /** Simulated time. */
  readonly passedMs: number;
  /** Of everything that happened; the same for the same seed, sources and settings. */
  readonly hash: string;
  readonly violation: { readonly checker: string; readonly detail: string; readonly step: number } | null;
}

/** Everything has to be over by then, after the last fault. */
const LIVENESS_MS = 1_800_000;
/** How often it is asked whether it is. */
const LOOK_STEPS = 50;

export async function runSeed(settings: SeedSettings): Promise<SeedResult> {
  const { seed, profile, steps } = settings;
  const sites = sitesOf(settings);
  const worlds = sites.map(({ world }) => world);
  const [home] = worlds;
  const line = home !== undefined && worlds.length > 1 ? new Line(home, worlds) : null;
  for (const site of sites) site.begin();
  line?.begin();
  await walk(worlds, () => stepsOf(worlds) >= steps);
  if (violationIn(worlds) === null) {
    for (const site of sites) site.heal();
    line?.heal();
    const endsMs = nowMsOf(worlds) + LIVENESS_MS;
    const isRest = (): boolean => worlds.every(isQuiet) && line?.isQuiet !== false;
    const isTime = (): boolean => stepsOf(worlds) % LOOK_STEPS === 0;
    await walk(worlds, () => isTime() && (nowMsOf(worlds) > endsMs || isRest()));
    if (violationIn(worlds) === null) {
      for (const world of worlds) world.tell({ kind: "finished" });
      line?.finish();
    }
  }
  return {
    seed,
    profile,
    faultSteps: steps,
    steps: stepsOf(worlds),
    passedMs: nowMsOf(worlds),
    hash: worlds.map(({ trace }) => trace.hash).join("-"),
    violation: violationIn(worlds),
  };
}

/** One fleet, or two that have a line between them. */
function sitesOf({ seed, profile, checkers, write, adjust }: SeedSettings): readonly Site[] {
  const shared = {
    seed,
    profile,
    checkers,
    write: write ?? null,
    ...(adjust === undefined ? {} : { adjust }),
  };
  if (profile !== "sites") return [new Site(shared)];
  return ["a-", "b-"].map((site) => new Site({ ...shared, site }));
}

function stepsOf(worlds: readonly World[]): number {
  return worlds.reduce((sum, { steps }) => sum + steps, 0);
}

function nowMsOf(worlds: readonly World[]): number {
  return worlds.reduce((latest, { nowMs }) => Math.max(latest, nowMs), 0);
}

function violationIn(worlds: readonly World[]): SeedResult["violation"] {
  const violation = worlds.find((world) => world.violation !== null)?.violation ?? null;
  if (violation === null) return null;
  return { checker: violation.checker, detail: violation.message, step: stepsOf(worlds) };
}

/** Whichever world is due first takes the next step. */
async function walk(worlds: readonly World[], isOver: () => boolean): Promise<void> {
  for (;;) {
    const world = worlds.reduce((first, other) => (other.nextMs < first.nextMs ? other : first));
    if (!world.step() || world.violation !== null) return;
    if (world.isAwaited) {
      world.isAwaited = false;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (isOver()) return;
  }
}
