/** `spiral refill CAMPAIGN`: fills the queue to the watermark now, if the arbiter says yes. */
import type { Command } from "commander";
import { verb } from "../verb.ts";

export function addRefill(program: Command): void {
  program
    .command("refill")
    .description("fill the queue to the watermark, if allowed")
    .argument("<campaign>")
    .action(
      verb<object, [string]>(async ({ settings, out, hub }, _flags, campaign) => {
        const { created, rule, detail } = await hub().call("Refill", { campaign });
        out.show({ campaign, created, rule, detail }, (safe) => {
          if (safe.created > 0) return [safe.detail];
          const why = `spiral why campaign ${safe.campaign}${settings.again}`;
          return [`nothing is queued (${safe.rule}): ${safe.detail}`, out.colours.dim(why)];
        });
        return 0;
      }),
    );
}
