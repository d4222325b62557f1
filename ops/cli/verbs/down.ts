/**
 * `spiral down`: the fleet's stop. The hub tells every holder to end its work and this verb stays until nothing
 * runs, or says what still does. When no hub answers and this machine holds its root, the latch is written here:
 * the hub then starts down, whatever its journal says (DESIGN sections 3 and 8).
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { systemClock } from "../../../shared/clock.ts";
import { FleetError } from "../../../shared/errors.ts";
import { delay } from "../../../shared/loop.ts";
import { createTiming } from "../../../shared/model/timing.ts";
import { writeFileSpared } from "../../../shared/spare-file.ts";
import type { HubClient } from "../client.ts";
import { changeDesired } from "../desired.ts";
import { EXIT_UNMET } from "../exit.ts";
import { formatDuration } from "../format.ts";
import type { Output } from "../output.ts";
import type { Settings } from "../settings.ts";
import { type Context, verb } from "../verb.ts";
import { type Node, readStatus } from "../views.ts";

interface DownFlags {
  readonly now?: boolean;
  readonly reason?: string;
}

/** A hub that has not answered by then is treated as gone: the latch must not wait. */
const ANSWER_MS = 3_000;
const LOOK_MS = 200;
const NOW_BOUND_MS = 3_000;

export function addDown(program: Command): void {
  program
    .command("down")
    .description("stop all work and keep it stopped")
    .option("--now", "without the usual grace: 3 s instead of 12 s")
    .option("--reason <text>", "why, for the journal")
    .action(verb<DownFlags>(goDown));
}

async function goDown(context: Context, { now = false, reason }: DownFlags): Promise<number> {
  const { settings, out } = context;
  try {
    const change = { state: "down", isNow: now, reason, deadlineMs: ANSWER_MS } as const;
    const { stopping } = await changeDesired(context.hub(), change);
    for (const [node, jobs] of Object.entries(stopping)) out.note(`${node}: ${jobs} job(s) stopping`);
    return await waitUntilIdle(context, stopping, now);
  } catch (error) {
    const isGone = error instanceof FleetError && error.code === "unavailable";
    if (!isGone || !holdsRoot(settings)) throw error;
    return await latchHere(settings, out, reason ?? "down", error);
  }
}

async function waitUntilIdle(
  { out, hub, interrupted }: Context,
  stopping: Readonly<Record<string, number>>,
  isNow: boolean,
): Promise<number> {
  const { termGraceMs, proofMs } = createTiming();
  const boundMs = isNow ? NOW_BOUND_MS : termGraceMs + proofMs;
  const startMs = systemClock.bootMs();
  for (;;) {
    const { desired, running, nodes } = await lookAt(hub());
    const elapsedMs = systemClock.bootMs() - startMs;
    const holding = nodes.filter((node) => node.leases > 0);
    const isOver = running === 0 || elapsedMs > boundMs || interrupted().aborted;
    if (!isOver) {
      out.redraw(`${running} job(s) still stopping, ${formatDuration(elapsedMs)}`);
      await delay(LOOK_MS, interrupted());
      continue;
    }
    const result = {
      state: desired,
      isLatched: false,
      latch: null,
      stopping,
      running,
      elapsedMs: Math.round(elapsedMs),
    };
    out.show(result, () =>
      running === 0
        ? [
            `the fleet is ${desired === "disabled" ? "disabled, as it was" : "down"}; nothing runs (${formatDuration(elapsedMs)})`,
          ]
        : [`the fleet is down, but ${running} job(s) have not ended yet`, ...holding.map(describeHolder)],
    );
    return running === 0 ? 0 : EXIT_UNMET;
  }
}

async function lookAt(hub: HubClient) {
  return readStatus(await hub.call("GetStatus", {}));
}

/** Why a node may still hold work, and by when that ends without anybody's help. */
function describeHolder({ node, state, leases, silentMs }: Node): string {
  if (state === "ready")
    return `  ${node}: ${leases} job(s) have not proved that they ended: spiral why node ${node}`;
  const { regrantAfterMs } = createTiming();
  const leftMs = Math.max(0, regrantAfterMs - silentMs);
  return `  ${node}: ${state}; its ${leases} job(s) end by their leases, within ${formatDuration(leftMs)}`;
}

/** Whether the hub of these settings would be the one of a root on this machine. */
function holdsRoot({ root, namedHub }: Settings): boolean {
  const isServed = ["journal.db", "journal.id"].some((name) => existsSync(join(root, "hub", name)));
  return namedHub === null && isServed;
}

/** A disk that takes no latch leaves one way: on each box. */
async function writeLatch(path: string, text: string): Promise<void> {
  try {
    await writeFileSpared(path, text);
  } catch (error) {
    const cure = "free space and repeat, or end the work on its box: spiral-agent down --node NAME";
    throw new FleetError("unavailable", `no hub answers and ${path} cannot be written; ${cure}`, error);
  }
}

async function latchHere(settings: Settings, out: Output, reason: string, why: FleetError): Promise<number> {
  const latch = join(settings.root, "hub/down.latch");
  await writeLatch(latch, `${JSON.stringify({ reason, wallMs: systemClock.wallMs() })}\n`);
  const { leaseTtlMs, termGraceMs, proofMs } = createTiming();
  const endMs = leaseTtlMs + termGraceMs + proofMs;
  out.show({ state: "down", isLatched: true, latch, stopping: {}, running: null, elapsedMs: 0 }, (safe) => [
    `no hub answers in time, so it is latched down here: ${safe.latch}`,
    `a hub on this root obeys it within a second, or when it starts; lift it with: spiral up${settings.again}`,
    `work that runs ends when its lease does, within ${formatDuration(endMs)}, or at its declared grace;`,
    "to end it now, on its box: spiral-agent down --node NAME (and --root, where its root is not ~/spiral)",
  ]);
  out.note(`(${why.message})`);
  return 0;
}
