/** `spiral cancel ID`: a waiting job ends at once, a running one is told to stop. */
import type { Command } from "commander";
import { verb } from "../verb.ts";
import { readJob } from "../views.ts";

interface CancelFlags {
  readonly reason?: string;
}

export function addCancel(program: Command): void {
  program
    .command("cancel")
    .description("end a job for good")
    .argument("<id>", "such as j_000042")
    .option("--reason <text>", "why, for the journal")
    .action(
      verb<CancelFlags, [string]>(async ({ settings, out, hub }, { reason = "" }, jobId) => {
        const job = readJob(await hub().call("CancelJob", { jobId, reason }));
        out.show(job, (safe) => {
          if (safe.state === "cancelled") return [`${safe.jobId} is cancelled`];
          if (safe.endedWallMs !== null) return [`${safe.jobId} had ${safe.state} already`];
          return [`${safe.jobId} is stopping on ${safe.node}: spiral job ${safe.jobId}${settings.again}`];
        });
        return 0;
      }),
    );
}
