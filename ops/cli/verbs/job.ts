/** `spiral job ID`: all that the hub knows of one job. */
import type { Command } from "commander";
import { drawJob } from "../job-frame.ts";
import { verb } from "../verb.ts";
import { readJob } from "../views.ts";

export function addJob(program: Command): void {
  program
    .command("job")
    .description("one job in full")
    .argument("<id>", "such as j_000042")
    .action(
      verb<object, [string]>(async ({ out, hub }, _flags, jobId) => {
        const job = readJob(await hub().call("GetJob", { jobId }));
        out.show(job, (safe) => drawJob(safe, out.colours));
        return 0;
      }),
    );
}
