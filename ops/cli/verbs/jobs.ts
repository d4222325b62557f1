/** `spiral jobs`: the queue and what became of what was in it, newest last. */
import { type Command, Option } from "commander";
import { JOB_STATES } from "../../../shared/model/job.ts";
import { drawJobs } from "../job-frame.ts";
import { parsePositive } from "../quantity.ts";
import { verb } from "../verb.ts";
import { readJob } from "../views.ts";

interface JobsFlags {
  readonly state?: string;
  readonly campaign?: string;
  readonly limit: number;
}

const LIMIT = 50;

export function addJobs(program: Command): void {
  program
    .command("jobs")
    .description("list jobs, newest last")
    .addOption(new Option("--state <state>", "only in this state").choices(JOB_STATES))
    .option("--campaign <name>", "only of this campaign")
    .option("--limit <n>", "the newest so many", parsePositive, LIMIT)
    .action(
      verb<JobsFlags>(async ({ out, hub }, { state = "", campaign = "", limit }) => {
        const { jobs, total } = await hub().call("ListJobs", { state, campaign, limit });
        out.show({ jobs: jobs.map(readJob), total }, (safe) => {
          if (total === 0) return ["no job matches"];
          const more = total - safe.jobs.length;
          const note = more > 0 ? [out.colours.dim(`${more} older ones: --limit ${total}`)] : [];
          return [...drawJobs(safe.jobs, out.colours), ...note];
        });
        return 0;
      }),
    );
}
