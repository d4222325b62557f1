/** Downs: the operator's stop as it is felt: how long from the verb to the end of the last process of any job. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { systemClock } from "../../shared/clock.ts";
import { delay } from "../../shared/loop.ts";
import type { Timing } from "../../shared/model/timing.ts";
import type { DownSpan } from "./history.ts";
import { MAX_RUNTIME_MS } from "./load.ts";
import { jobProcesses } from "./processes.ts";
import type { Plan } from "./schedule.ts";
import type { World } from "./world.ts";

/** What a busy machine may add to each bound: two cores that hundreds of processes share. */
export const SLACK_MS = 5_000;
const LOOK_MS = 50;
/** Looked at for so long beyond the bound, so that a late end has a figure. */
const OVERTIME_MS = 30_000;

/** How a down may be answered: everybody hears it, or somebody has to find out by his lease. */
export type Reach = "connected" | "connected, at once" | "somebody is cut off";

export function downBoundMs(timing: Timing, reach: Reach): number {
  const { scale, leaseTtlMs, shimTickMs, termGraceMs, proofMs } = timing;
  switch (reach) {
    case "connected":
      return 12_000 * scale + SLACK_MS;
    case "connected, at once":
      return 3_000 * scale + SLACK_MS;
    case "somebody is cut off":
      return leaseTtlMs + shimTickMs + termGraceMs + proofMs + MAX_RUNTIME_MS + SLACK_MS;
  }
}

export interface DownReport extends DownSpan {
  readonly reach: Reach;
}

export class Downs {
  readonly spans: DownReport[] = [];
  readonly #world: World;
  /** Whether another fault is on, now. */
  readonly #isDisturbed: () => boolean;
  #open: Omit<DownReport, "liftedMs"> | null = null;

  constructor(world: World, isDisturbed: () => boolean) {
    this.#world = world;
    this.#isDisturbed = isDisturbed;
  }

  /** Says it by `verb` and watches until nothing runs any more, or for ever in vain. */
  async fall(name: string, wanted: Reach, verb: () => Promise<void>): Promise<DownSpan["goneMs"]> {
    const world = this.#world;
    const isEverybodyThere = async (): Promise<boolean> =>
      !this.#isDisturbed() && (await world.readyNodes()).length === world.nodes.length;
    let isCutOff = wanted === "somebody is cut off" || !(await isEverybodyThere().catch(() => false));
    const askedMs = systemClock.bootMs();
    await verb();
    const acknowledgedMs = systemClock.bootMs();
    const latchedMs: Record<string, number> = {};
    const limitMs = downBoundMs(world.timing, "somebody is cut off") + OVERTIME_MS;
    let goneMs: number | null = null;
    while (goneMs === null && systemClock.bootMs() < askedMs + limitMs) {
      const lookedMs = systemClock.bootMs();
      if (jobProcesses(world.root).every(({ kind }) => kind !== "job")) goneMs = lookedMs;
      isCutOff ||= this.#isDisturbed();
      await noteLatched(world, latchedMs);
      await delay(LOOK_MS);
    }
    const reach = isCutOff ? "somebody is cut off" : wanted;
    const boundMs = downBoundMs(world.timing, reach);
    this.#open = { name, reach, askedMs, acknowledgedMs, latchedMs, goneMs, boundMs };
    return goneMs;
  }

  /** Ends the present down. */
  async lift(): Promise<void> {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    this.spans.push({ ...open, liftedMs: systemClock.bootMs() });
    await this.#world.until("the fleet may go up again", async () => {
      await this.#world.up();
      return true;
    });
  }
}

async function noteLatched(world: World, latchedMs: Record<string, number>): Promise<void> {
  try {
    const { nodes } = await world.ask((client) => client.call("ListNodes", {}, 1_000));
    const nowMs = systemClock.bootMs();
    for (const { node, state, isLatchedDown } of nodes) {
      if (state === "ready" && isLatchedDown) latchedMs[node] ??= nowMs;
    }
  } catch {
    // A hub that is away knows nothing of latches.
  }
}

export async function downThroughHub(
  { world, downs }: { readonly world: World; readonly downs: Downs },
  { dice, holdMs }: Plan,
): Promise<string> {
  const isNow = dice < 0.5;
  const name = isNow ? "down --now" : "down";
  const request = { state: "DESIRED_STATE_DOWN", isNow, reason: "chaos" } as const;
  const say = async (): Promise<boolean> =>
    world.ask(async (client) => (await client.call("SetDesired", request)).state === "DESIRED_STATE_DOWN");
  const verb = (): Promise<void> => world.until("the hub takes the down", say);
  await downs.fall(name, isNow ? "connected, at once" : "connected", verb);
  await delay(holdMs);
  await downs.lift();
  return `${name}, up again ${holdMs} ms after the last process`;
}

/** The hub is killed first; the verb then finds its root. The caller brings the hub back and lifts the down. */
export async function downWithoutHub(
  { world, downs }: { readonly world: World; readonly downs: Downs },
  { holdMs }: Plan,
): Promise<string> {
  await world.crew.end("hub");
  await downs.fall("down without a hub", "somebody is cut off", async () => {
    const argv = [join(world.programs, "cli.mjs"), "down", "--root", world.root];
    const cli = spawn(process.execPath, argv, { stdio: "ignore" });
    const [code] = await once(cli, "exit");
    if (code !== 0) throw new Error(`spiral down ended with status ${code}`);
  });
  await delay(holdMs);
  return `the hub was dead, up again ${holdMs} ms after the last process`;
}
