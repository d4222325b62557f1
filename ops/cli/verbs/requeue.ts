/** `spiral requeue`: jobs that failed, were cancelled or are quarantined are given another start. */
import { type Command, Option } from "commander";
import { FleetError } from "../../../shared/errors.ts";
import { EXIT_UNMET } from "../exit.ts";
import { verb } from "../verb.ts";

interface RequeueFlags {
  readonly all?: string;
  readonly dryRun?: boolean;
  readonly reason?: string;
}

export function addRequeue(program: Command): void {
  program
    .command("requeue")
    .description("give jobs that ended badly another start, with fresh counters")
    .argument("[ids...]", "such as j_000042")
    .addOption(
      new Option("--all <state>", "every job in this state, at most 1,000").choices([
        "failed",
        "cancelled",
        "quarantined",
      ]),
    )
    .option("--dry-run", "say what would be requeued and change nothing")
    .option("--reason <text>", "why, for the journal")
    .action(
      verb<RequeueFlags, [readonly string[]]>(async ({ out, hub }, flags, ids) => {
        if (ids.length === 0 && flags.all === undefined)
          throw new FleetError("invalid", "name jobs, or take all of one state with --all");
        if (ids.length > 0 && flags.all !== undefined)
          throw new FleetError(
            "invalid",
            `name jobs, or take all of one state with --all, not both: ${ids[0]}`,
          );
        const isDryRun = flags.dryRun === true;
        const { all: state = "", reason = "" } = flags;
        const reply = await hub().call("Requeue", { jobIds: [...ids], state, reason, isDryRun });
        out.show(reply, (safe) => [
          `${safe.requeued.length} job(s) ${isDryRun ? "would be" : "are"} queued again`,
          ...safe.refused.map((row) => `${row.name}: ${row.reason}`),
        ]);
        return reply.refused.length === 0 ? 0 : EXIT_UNMET;
      }),
    );
}
