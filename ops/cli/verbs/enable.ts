/** `spiral enable`: lifts DISABLED of a fresh installation, once every guardrail is green. */
import type { Command } from "commander";
import { changeDesired } from "../desired.ts";
import { verb } from "../verb.ts";

interface EnableFlags {
  readonly reason?: string;
}

export function addEnable(program: Command): void {
  program
    .command("enable")
    .description("lift DISABLED of a fresh root")
    .option("--reason <text>", "why, for the journal")
    .action(
      verb<EnableFlags>(async ({ settings, out, hub }, { reason }) => {
        const result = await changeDesired(hub(), { state: "down", isEnable: true, reason });
        out.show(result, ({ state }) => [
          state === "down"
            ? `the fleet is enabled and down: spiral up${settings.again}`
            : `the fleet was enabled already; it is ${state}`,
        ]);
        return 0;
      }),
    );
}
