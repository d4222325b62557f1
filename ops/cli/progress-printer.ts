/** Progress printer: where a campaign is, for whoever watches: one redrawn line, or a line per change. */
import type { FleetError } from "../../shared/errors.ts";
import { safeText } from "../../shared/safe-text.ts";
import type { CampaignLook } from "./follow.ts";
import type { Output } from "./output.ts";
import { describeProgress, drawProgress } from "./progress.ts";

export interface ProgressPrinter {
  readonly look: (look: CampaignLook) => void;
  readonly silence: (error: FleetError) => void;
}

/** One redrawn line on a terminal; elsewhere a line on stderr whenever a cycle closes or the arbiter objects. */
export function createProgressPrinter(out: Output): ProgressPrinter {
  let said = "";
  const sayOnce = (mark: string, text: string): void => {
    if (mark === said) return;
    said = mark;
    out.note(safeText(text));
  };
  return {
    look: (look) => {
      if (out.isTerminal) out.redraw(drawProgress(look, out.colours, out.columns));
      else sayOnce(`${look.campaign.cycle} ${look.campaign.state} ${look.why.rule}`, describeProgress(look));
    },
    silence: (error) => sayOnce("silent", error.message),
  };
}
