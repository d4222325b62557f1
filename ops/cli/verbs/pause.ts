/** `spiral pause`: no new grants; running work finishes. */
import type { Command } from "commander";
import { changeDesired } from "../desired.ts";
import { verb } from "../verb.ts";

interface PauseFlags {
  readonly reason?: string;
}

export function addPause(program: Command): void {
  program
    .command("pause")
    .description("grant nothing new; what runs finishes")
    .option("--reason <text>", "why, for the journal")
    .action(
      verb<PauseFlags>(async ({ settings, out, hub }, { reason }) => {
        const result = await changeDesired(hub(), { state: "paused", reason });
        out.show(result, () => [`the fleet is paused; go on with: spiral up${settings.again}`]);
        return 0;
      }),
    );
}
