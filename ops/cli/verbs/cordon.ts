/** `spiral cordon`, `uncordon` and `drain`: keep new work off a node, allow it again, bring its work to an end. */
import type { Command } from "commander";
import { FleetError } from "../../../shared/errors.ts";
import { delay } from "../../../shared/loop.ts";
import type { OperatorCall } from "../../../shared/wire/operator-types.ts";
import type { HubClient } from "../client.ts";
import { EXIT_INTERRUPTED } from "../exit.ts";
import type { Output } from "../output.ts";
import { parseDuration } from "../quantity.ts";
import { verb } from "../verb.ts";

interface CordonFlags {
  readonly reason?: string;
}

interface DrainFlags extends CordonFlags {
  readonly deadline?: number;
  readonly wait?: boolean;
  readonly dryRun?: boolean;
}

const LOOK_MS = 500;

export function addCordon(program: Command): void {
  program
    .command("cordon")
    .description("keep new work off a node; what runs there is left alone")
    .argument("<node>", "such as alpha")
    .option("--reason <text>", "why, for the journal")
    .action(
      verb<CordonFlags, [string]>(async ({ settings, out, hub }, { reason = "" }, node) => {
        const reply = await hub().call("Cordon", { node, reason });
        out.show(reply, (safe) => [
          safe.isChanged ? `${safe.node} is cordoned` : `${safe.node} was cordoned already`,
          out.colours.dim(
            `${safe.jobIds.length} job(s) still run there; undo: spiral uncordon ${safe.node}${settings.again}`,
          ),
        ]);
        return 0;
      }),
    );
}

export function addUncordon(program: Command): void {
  program
    .command("uncordon")
    .description("let a node take work again, also one that the hub has quarantined")
    .argument("<node>", "such as alpha")
    .option("--reason <text>", "why, for the journal")
    .action(
      verb<CordonFlags, [string]>(async ({ out, hub }, { reason = "" }, node) => {
        const reply = await hub().call("Uncordon", { node, reason });
        out.show(reply, (safe) => [
          safe.isChanged ? `${safe.node} takes work again` : `${safe.node} took work already`,
        ]);
        return 0;
      }),
    );
}

export function addDrain(program: Command): void {
  program
    .command("drain")
    .description("cordon a node and bring its running work to an end")
    .argument("<node>", "such as alpha")
    .option("--deadline <time>", "stop after this what still runs; it goes back to the queue", parseDuration)
    .option("--wait", "until nothing runs there")
    .option("--dry-run", "say what runs there and change nothing")
    .option("--reason <text>", "why, for the journal")
    .action(
      verb<DrainFlags, [string]>(async ({ settings, out, hub, interrupted }, flags, node) => {
        const isDryRun = flags.dryRun === true;
        if (isDryRun && flags.wait === true)
          throw new FleetError(
            "invalid",
            "--wait: nothing is changed with --dry-run; leave out one of the two",
          );
        const { reason = "", deadline } = flags;
        const request = { node, reason, isDrain: true, isDryRun };
        const asked = deadline === undefined ? request : { ...request, deadlineMs: deadline };
        const reply = await hub().call("Cordon", asked);
        if (flags.wait !== true) {
          const state = isDryRun ? "would be drained" : "is draining";
          out.show(reply, (safe) => [
            `${safe.node} ${state}: ${safe.jobIds.join(", ") || "nothing runs there"}`,
            ...(isDryRun ? [] : [out.colours.dim(`undo: spiral uncordon ${safe.node}${settings.again}`)]),
          ]);
          return 0;
        }
        return waitUntilEmpty(hub(), out, request, interrupted());
      }),
    );
}

/** Asks until nothing runs on the node; a dry run, so that a cordon that somebody lifts meanwhile stays lifted. */
async function waitUntilEmpty(
  hub: HubClient,
  out: Output,
  request: OperatorCall<"Cordon">,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    const reply = await hub.call("Cordon", { ...request, isDryRun: true });
    if (!reply.isCordoned) throw new FleetError("refused", `${reply.node} is no longer cordoned`);
    if (reply.jobIds.length === 0) {
      out.show(reply, (safe) => [`${safe.node} is drained`]);
      return 0;
    }
    out.redraw(`${reply.jobIds.length} job(s) still run on ${reply.node}`);
    await delay(LOOK_MS, signal);
    if (signal.aborted) return EXIT_INTERRUPTED;
  }
}
