/**
 * Demo: a whole fleet on one machine, from an empty directory to a campaign that has converged and stopped by
 * itself. It is an operator like any other: it speaks to the hub through the same service and can do nothing
 * that `spiral` cannot do.
 */
import { randomInt } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../shared/clock.ts";
import { FleetError } from "../../shared/errors.ts";
import { delay } from "../../shared/loop.ts";
import { DEMO_CAMPAIGN } from "../../shared/model/demo-campaign.ts";
import { createRng } from "../../shared/rng.ts";
import type { HubClient } from "../cli/client.ts";
import { changeDesired } from "../cli/desired.ts";
import { EXIT_INTERRUPTED, EXIT_UNMET } from "../cli/exit.ts";
import { followCampaign } from "../cli/follow.ts";
import type { Output } from "../cli/output.ts";
import { createProgressPrinter } from "../cli/progress-printer.ts";
import type { Settings } from "../cli/settings.ts";
import { type Campaign, readStatus, type Status } from "../cli/views.ts";
import type { Child } from "./child.ts";
import { openDemoRoot } from "./demo-root.ts";
import { demoCalibration, demoControl } from "./documents.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { drawNextSteps, drawSummary, isSuccess, type Summary, summarise } from "./summary.ts";
import { measureTarget } from "./target.ts";

export interface DemoOptions {
  readonly settings: Settings;
  /** Where a person wants it; undefined: a new directory. */
  readonly root: string | undefined;
  /** Decides the hidden target; undefined: chance does. */
  readonly seed: string | undefined;
  /** Ends after the summary. */
  readonly isOnce: boolean;
  readonly out: Output;
  /** Aborts at the first Ctrl-C or TERM. */
  readonly interrupted: AbortSignal;
  /** Called with the way to end everything at once, for a second Ctrl-C. */
  readonly onFleet: (fleet: Fleet) => void;
}

/** A demo with `--once` that takes longer than this has failed its promise; a person may wait longer. */
const LIMIT_MS = 180_000;
const STOP_GRACE_MS = 15_000;
const LOOK_MS = 250;

/** Runs the demo to its end; resolves with the exit status. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { out, interrupted } = options;
  const startMs = systemClock.bootMs();
  const { root, isFresh } = openDemoRoot(options.root);
  const settings = { ...options.settings, root, namedHub: null };
  if (isFresh) await writeDocuments(root, options);
  const fleet = await startFleet(settings, (child, how) => announceDeath(out, child, how));
  options.onFleet(fleet);
  try {
    if (interrupted.aborted) return EXIT_INTERRUPTED;
    const agents = fleet.agents.map(({ name, pid }) => `${name} pid ${pid}`).join(", ");
    say(out, `root ${root} hub ${fleet.client.address} pid ${fleet.hub.pid}, agents ${agents}`);
    const elapsedMs = (): number => systemClock.bootMs() - startMs;
    const summary = await converge(fleet.client, { ...options, root, elapsedMs });
    if (summary === null) return EXIT_INTERRUPTED;
    out.show(summary, drawSummary);
    if (!options.isOnce && !interrupted.aborted) await stand(options, root);
    if (isSuccess(summary)) return 0;
    return interrupted.aborted ? EXIT_INTERRUPTED : EXIT_UNMET;
  } finally {
    await shutDown(fleet, out);
  }
}

/** What a person would write into an empty root; the hidden vector itself is written nowhere. */
async function writeDocuments(root: string, { out, seed }: DemoOptions): Promise<void> {
  out.redraw("measuring a target that the optimiser will not be told …");
  const rng = createRng(seed ?? randomInt(2 ** 32));
  const { scores } = await measureTarget(rng, availableParallelism());
  const control = demoControl(Math.min(DEMO_CAMPAIGN.population + 1, Math.max(4, availableParallelism())));
  const write = (name: string, document: object): Promise<void> =>
    writeFile(join(root, name), `${JSON.stringify(document, null, 2)}\n`);
  await write("calibration.json", demoCalibration(scores));
  await write("control.json", control);
}

interface Run extends DemoOptions {
  readonly root: string;
  readonly elapsedMs: () => number;
}

/** Switches the fleet on, follows the campaign to its end and its portrait to the disk. */
async function converge(client: HubClient, run: Run): Promise<Summary | null> {
  const { out, interrupted } = run;
  await switchOn(client, out);
  await arm(client);
  const printer = createProgressPrinter(out);
  const overdue = new AbortController();
  const ended = new AbortController();
  void delay(Math.max(0, LIMIT_MS - run.elapsedMs()), ended.signal).then(() => {
    if (ended.signal.aborted) return;
    out.note(`the demo has not finished in ${LIMIT_MS / 1000} s: is this machine busy?`);
    if (run.isOnce) overdue.abort();
  });
  const signal = AbortSignal.any([interrupted, overdue.signal]);
  const { name } = DEMO_CAMPAIGN;
  const campaign = await followCampaign(client, {
    campaign: name,
    until: hasItsPortrait,
    signal,
    onLook: printer.look,
    onSilence: printer.silence,
    patienceMs: LIMIT_MS,
  });
  const status = campaign === null ? null : await settle(client, signal);
  ended.abort();
  if (campaign === null || status === null) return null;
  const fallback = interrupted.aborted ? "interrupted" : "deadline";
  return summarise({ campaign, status, root: run.root, elapsedMs: run.elapsedMs(), fallback });
}

/** `enable` and `up`, as a person would: a fresh root is DISABLED. */
async function switchOn(client: HubClient, out: Output): Promise<void> {
  const { desired } = readStatus(await client.call("GetStatus", {}));
  const reason = "every guardrail is green";
  if (desired === "disabled") {
    await changeDesired(client, { state: "down", isEnable: true, reason: `demo: ${reason}` });
    say(out, `DISABLED lifted by demo: ${reason}`);
  }
  await changeDesired(client, { state: "up", reason: "demo" });
}

/** Arms the campaign, or leaves one alone that an earlier demo on this root has brought to its end. */
async function arm(client: HubClient): Promise<void> {
  try {
    await client.call("Converge", { campaign: DEMO_CAMPAIGN.name });
  } catch (error) {
    if (!(error instanceof FleetError) || error.code !== "refused") throw error;
  }
}

/** A converged campaign leaves a master render for people. */
function hasItsPortrait(campaign: Campaign): boolean {
  return campaign.state === "stopped" || (campaign.state === "converged" && campaign.isMasterPublished);
}

/** The status once nothing is left to do: evaluations that the end of the campaign cancelled still stop. */
async function settle(client: HubClient, signal: AbortSignal): Promise<Status> {
  for (;;) {
    const status = readStatus(await client.call("GetStatus", {}));
    if (status.pending + status.running === 0 || signal.aborted) return status;
    await delay(LOOK_MS, signal);
  }
}

/** After the summary the fleet stays for whoever wants to try it, until Ctrl-C. */
async function stand({ out, interrupted }: DemoOptions, root: string): Promise<void> {
  for (const line of drawNextSteps(root)) say(out, line);
  await new Promise<void>((resolve) => interrupted.addEventListener("abort", () => resolve()));
}

/** Work that still runs is told to stop first, so that no render outlives the demo. */
async function shutDown(fleet: Fleet, out: Output): Promise<void> {
  say(out, "");
  if (!fleet.hub.hasEnded()) await stopWork(fleet.client, out);
  fleet.client.close();
  for (const line of await fleet.stop(STOP_GRACE_MS)) say(out, line);
}

async function stopWork(client: HubClient, out: Output): Promise<void> {
  try {
    const running = async (): Promise<number> => readStatus(await client.call("GetStatus", {})).running;
    if ((await running()) === 0) return;
    say(out, "stopping what runs …");
    await changeDesired(client, { state: "down", isNow: true, reason: "the demo has ended" });
    for (let waitedMs = 0; waitedMs < STOP_GRACE_MS && (await running()) > 0; waitedMs += LOOK_MS)
      await delay(LOOK_MS);
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    out.note(`the hub does not answer; renders end with their leases (${error.message})`);
  }
}

function announceDeath(out: Output, child: Child, how: string): void {
  out.note(`${child.name} (pid ${child.pid}) ended ${how}; the demo restarts nothing. Start it again with:`);
  out.note(`  ${child.command}`);
}

/** A line of the demo's story: on stdout for people, beside the one JSON object for programs. */
function say(out: Output, line: string): void {
  if (out.isJson) out.note(line);
  else out.show(line, (safe) => [safe]);
}
