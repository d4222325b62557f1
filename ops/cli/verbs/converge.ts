/**
 * `spiral converge NAME`: arms a campaign of control.json, or follows it when it is under way. The hub steers;
 * this verb only watches, so leaving it with Ctrl-C leaves the campaign running.
 */
import type { Command } from "commander";
import { safeText } from "../../../shared/safe-text.ts";
import { EXIT_INTERRUPTED, EXIT_UNMET } from "../exit.ts";
import { followCampaign, isOver } from "../follow.ts";
import { formatDistance } from "../format.ts";
import { createProgressPrinter } from "../progress-printer.ts";
import type { Settings } from "../settings.ts";
import { type Context, verb } from "../verb.ts";
import type { Campaign } from "../views.ts";

interface ConvergeFlags {
  readonly rearm?: boolean;
  readonly reason?: string;
}

const PATIENCE_MS = 60_000;

export function addConverge(program: Command): void {
  program
    .command("converge")
    .description("arm or follow a campaign until it stops")
    .argument("<campaign>", "a campaign of control.json")
    .option("--rearm", "arm one that has stopped again; needs --reason")
    .option("--reason <text>", "why, for the journal")
    .action(verb<ConvergeFlags, [string]>(converge));
}

async function converge(
  { settings, out, hub, interrupted }: Context,
  { rearm = false, reason = "" }: ConvergeFlags,
  name: string,
): Promise<number> {
  await hub().call("Converge", { campaign: name, isRearmed: rearm, reason });
  const show = createProgressPrinter(out);
  const campaign = await followCampaign(hub(), {
    campaign: name,
    until: isOver,
    signal: interrupted(),
    patienceMs: PATIENCE_MS,
    onLook: show.look,
    onSilence: show.silence,
  });
  if (campaign === null || campaign.rule === null) {
    out.note(`left it running; follow it again with: spiral converge ${safeText(name)}${settings.again}`);
    return EXIT_INTERRUPTED;
  }
  out.show(campaign, (safe) => drawEnd(safe, settings));
  return campaign.state === "converged" ? 0 : EXIT_UNMET;
}

function drawEnd(campaign: Campaign, { root, again }: Settings): readonly string[] {
  const { state, rule, cycle, renders, firstDistance, lastDistance, tolerance, gpuSeconds } = campaign;
  const way = `${formatDistance(firstDistance)} → ${formatDistance(lastDistance)} (target ≤ ${tolerance})`;
  return [
    `${campaign.campaign} has ${state} (${rule}) after ${cycle} cycles, ${renders} renders, ${gpuSeconds.toFixed(0)} GPU-seconds`,
    `distance  ${way}`,
    ...(campaign.bestJob === null ? [] : [`best      ${root}/renders/${campaign.bestJob}`]),
    ...(campaign.masterJob === null ? [] : [`master    spiral job ${campaign.masterJob}${again}`]),
  ];
}
