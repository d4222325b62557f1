/**
 * Run a seed: faults and work for as many steps as were asked for, with every promise watched; then the world is
 * healed, nothing new is submitted, and everything has to come to its end within a bounded time.
 */
import type { Checker } from "./checker.ts";
import { Nemesis } from "./nemesis.ts";
import type { Options, Profile } from "./options.ts";
import { People } from "./people.ts";
import { isQuiet } from "./quiet.ts";
import { World } from "./world.ts";

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
  const { seed, profile, steps, checkers, write = null, adjust } = settings;
  const world = new World({ seed, profile, checkers, write, ...(adjust === undefined ? {} : { adjust }) });
  const nemesis = new Nemesis(world);
  const people = new People(world);
  world.hub.start();
  for (const box of world.boxes) box.startAgent();
  people.begin();
  nemesis.begin();
  await walk(world, () => world.steps >= steps);
  if (world.violation === null) {
    world.isHealed = true;
    nemesis.heal();
    world.tell({ kind: "healed" });
    people.bringUp();
    const endsMs = world.nowMs + LIVENESS_MS;
    await walk(world, () => world.steps % LOOK_STEPS === 0 && (world.nowMs > endsMs || isQuiet(world)));
    if (world.violation === null) world.tell({ kind: "finished" });
  }
  const { violation } = world;
  return {
    seed,
    profile,
    faultSteps: steps,
    steps: world.steps,
    passedMs: world.nowMs,
    hash: world.trace.hash,
    violation:
      violation === null
        ? null
        : { checker: violation.checker, detail: violation.message, step: world.steps },
  };
}

async function walk(world: World, isOver: () => boolean): Promise<void> {
  while (world.violation === null && world.step()) {
    if (world.isAwaited) {
      world.isAwaited = false;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (isOver()) return;
  }
}
