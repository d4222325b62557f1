/** Summary: how a demo ended, for programs and for people. Pure. */
import { join } from "node:path";
import { formatDistance, formatDuration } from "../cli/format.ts";
import type { Campaign, Status } from "../cli/views.ts";

export interface Summary {
  readonly campaign: string;
  /** armed, running, converged or stopped. */
  readonly state: string;
  /** The stop rule; while none has spoken, what ended the demo: deadline or interrupted. */
  readonly reason: string;
  readonly cycles: number;
  /** Renders of the loop; the master is not one of them. */
  readonly renders: number;
  readonly published: number;
  readonly insights: number;
  readonly firstDistance: number | null;
  readonly lastDistance: number | null;
  readonly tolerance: number;
  /** Films, by absolute path; null when there is none. */
  readonly bestRender: string | null;
  readonly masterRender: string | null;
  readonly pending: number;
  readonly running: number;
  readonly elapsedMs: number;
  readonly root: string;
}

export interface Ending {
  readonly campaign: Campaign;
  readonly status: Status;
  readonly root: string;
  readonly elapsedMs: number;
  /** Why the demo no longer waits, if the campaign itself has not ended. */
  readonly fallback: string;
}

export function summarise({ campaign, status, root, elapsedMs, fallback }: Ending): Summary {
  const film = (job: string | null): string | null =>
    job === null ? null : join(root, "renders", job, "render.webm");
  return {
    campaign: campaign.campaign,
    state: campaign.state,
    reason: campaign.rule ?? fallback,
    cycles: campaign.cycle,
    renders: campaign.renders,
    published: status.published,
    insights: status.insights,
    firstDistance: campaign.firstDistance,
    lastDistance: campaign.lastDistance,
    tolerance: campaign.tolerance,
    bestRender: film(campaign.bestJob),
    masterRender: film(campaign.isMasterPublished ? campaign.masterJob : null),
    pending: status.pending,
    running: status.running,
    elapsedMs: Math.round(elapsedMs),
    root,
  };
}

/** The promise of the demo: converged on its target, its portrait published, and nothing left to do. */
export function isSuccess({ state, reason, masterRender, pending, running }: Summary): boolean {
  const isQuiet = pending === 0 && running === 0;
  return state === "converged" && reason === "target" && masterRender !== null && isQuiet;
}

export function drawSummary(summary: Summary): readonly string[] {
  const { state, reason, cycles, renders, elapsedMs, tolerance, bestRender, masterRender } = summary;
  const way = `${formatDistance(summary.firstDistance)} → ${formatDistance(summary.lastDistance)}`;
  return [
    "",
    `${summary.campaign} ${state} (${reason}): ${cycles} cycles, ${renders} renders, ${formatDuration(elapsedMs)}`,
    `distance  ${way}, target ≤ ${tolerance}`,
    `best      ${bestRender ?? "none"}`,
    `master    ${masterRender ?? "none"}`,
    `left      ${summary.pending} pending, ${summary.running} running`,
  ];
}

const NEXT_WIDTH = 16;

export function drawNextSteps(root: string): readonly string[] {
  const steps = [
    ["the fleet", "status"],
    ["why it rests", "why campaign demo"],
    ["work, refused", "refill demo"],
    ["what happened", "events --since 0"],
    ["once more", "converge demo --rearm --reason again"],
    ["the stop", "down"],
  ] as const;
  return [
    "",
    "try next, in another terminal:",
    ...steps.map(([what, words]) => `  ${what.padEnd(NEXT_WIDTH)}npx spiral ${words} --root ${root}`),
    "",
    "Ctrl-C here stops the hub and both agents; the renders stay.",
  ];
}
