/** `spiral up`: the arbiter may grant work again. */
import type { Command } from "commander";
import { changeDesired } from "../desired.ts";
import { verb } from "../verb.ts";

interface UpFlags {
  readonly force?: boolean;
  readonly acceptLoss?: boolean;
  readonly acceptRollback?: boolean;
  readonly reason?: string;
}

export function addUp(program: Command): void {
  program
    .command("up")
    .description("let work be granted")
    .option("--force", "even while DISABLED, waiving by name what is red now; needs --reason")
    .option("--accept-loss", "the nodes that the panic guard waits for are lost; needs --reason")
    .option("--accept-rollback", "leave SAFE: give up what agents know and this hub does not; needs --reason")
    .option("--reason <text>", "why, for the journal")
    .action(
      verb<UpFlags>(async ({ settings, out, hub }, flags) => {
        const { force = false, acceptLoss = false, acceptRollback = false, reason } = flags;
        const accepted = { isLossAccepted: acceptLoss, isRollbackAccepted: acceptRollback };
        const change = { state: "up", isForced: force, ...accepted, reason } as const;
        const result = await changeDesired(hub(), change);
        out.show(result, ({ waived }) => [
          `the fleet is ${out.colours.green("up")}: spiral status${settings.again}`,
          ...(waived.length === 0
            ? []
            : [out.colours.yellow(`waived until down or green: ${waived.join(", ")}`)]),
        ]);
        return 0;
      }),
    );
}
