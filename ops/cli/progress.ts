/** Progress: one line that says where a campaign is. Pure. */
import type { CampaignLook } from "./follow.ts";
import { clipText, formatBar, formatDistance } from "./format.ts";
import type { Colours } from "./output.ts";
import type { Campaign } from "./views.ts";

const BAR_WIDTH = 20;
const NARROW_BAR_WIDTH = 10;
const NARROW_COLUMNS = 100;
/** Full is for converged alone. */
const NEARLY = 0.99;

/** The line for a terminal of so many columns; the bar is full when the target is reached. */
export function drawProgress(look: CampaignLook, colours: Colours, columns: number): string {
  const width = columns < NARROW_COLUMNS ? NARROW_BAR_WIDTH : BAR_WIDTH;
  const bar = colours.cyan(formatBar(closeness(look.campaign), width));
  return `▕${bar}▏ ${clipText(factsOf(look), columns - width - 4)}`;
}

/** The same facts as plain text, for logs and pipes. */
export function describeProgress(look: CampaignLook): string {
  return `${look.campaign.campaign}: ${factsOf(look)}`;
}

function factsOf({ campaign, why }: CampaignLook): string {
  const { cycle, maxCycles, slots, slotsScored, lastDistance, bestDistance, renders } = campaign;
  const facts = [
    slots === 0 ? `cycle ${cycle}/${maxCycles}` : `cycle ${cycle}/${maxCycles} (${slotsScored}/${slots})`,
    `distance ${formatDistance(lastDistance)}`,
    `best ${formatDistance(bestDistance)}`,
    `${renders} renders`,
    `${campaign.gpuSeconds.toFixed(0)} GPU-s`,
  ];
  const isHeld = campaign.rule === null && why.rule !== "clear";
  const [cure] = why.wouldChange;
  const held = cure === undefined ? why.rule : `${why.rule} (${cure})`;
  return (isHeld ? [`held: ${held}`, ...facts] : facts).join("  ");
}

/** How much of the way from the first distance to the tolerance is gone, on a logarithmic scale, 0…1. */
export function closeness({ firstDistance, lastDistance, tolerance, state }: Campaign): number {
  if (state === "converged") return 1;
  if (firstDistance === null || lastDistance === null || firstDistance <= tolerance) return 0;
  const gone =
    Math.log(firstDistance / Math.max(lastDistance, tolerance)) / Math.log(firstDistance / tolerance);
  return Math.min(NEARLY, Math.max(0, gone));
}
