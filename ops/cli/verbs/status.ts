/** `spiral status`: the fleet on one screen, and the command to try next. */
import type { Command } from "commander";
import { drawStatus } from "../frame.ts";
import { verb } from "../verb.ts";
import { readStatus } from "../views.ts";

export function addStatus(program: Command): void {
  program
    .command("status")
    .description("the fleet on one screen")
    .action(
      verb(async ({ settings, out, hub }) => {
        const status = readStatus(await hub().call("GetStatus", {}));
        out.show(status, (safe) =>
          drawStatus(safe, { colours: out.colours, room: out.room, again: settings.again }),
        );
        return 0;
      }),
    );
}
