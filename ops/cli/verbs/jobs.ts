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
  readonly before?: string;
}

const LIMIT = 50;

export function addJobs(program: Command): void {
  program
    .command("jobs")
    .description("list jobs, newest last")
    .addOption(new Option("--state <state>", "only in this state").choices(JOB_STATES))
    .option("--campaign <name>", "only of this campaign")
    .option("--limit <n>", "the newest so many, at most 1000", parsePositive, LIMIT)
    .option("--before <id>", "those that were submitted before this job")
    .action(
      verb<JobsFlags>(async ({ out, hub }, { state = "", campaign = "", limit, before = "" }) => {
        const reply = await hub().call("ListJobs", { state, campaign, limit, before });
        const { total } = reply;
        const nextBefore = reply.nextBefore || null;
        out.show({ jobs: reply.jobs.map(readJob), total, nextBefore }, (safe) => {
          if (safe.jobs.length === 0) return ["no job matches"];
          const note =
            nextBefore === null ? [] : [out.colours.dim(`older ones: --before ${safe.nextBefore}`)];
          return [...drawJobs(safe.jobs, out.colours, out.room), ...note];
        });
        return 0;
      }),
    );
}
