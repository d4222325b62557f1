/** `spiral monitor`: the status frame again and again. A pure read: it changes nothing. */
import type { Command } from "commander";
import { delay } from "../../../shared/loop.ts";
import { cutRows } from "../fit.ts";
import { drawStatus } from "../frame.ts";
import { parseSeconds } from "../quantity.ts";
import { verb } from "../verb.ts";
import { readStatus } from "../views.ts";

interface MonitorFlags {
  readonly once?: boolean;
  readonly watch?: number;
}

const WATCH_SECONDS = 2;

export function addMonitor(program: Command): void {
  program
    .command("monitor")
    .description("the status, redrawn until Ctrl-C")
    .option("--once", "one frame (the default where no terminal is)")
    .option("--watch <seconds>", `redraw every so many seconds (default ${WATCH_SECONDS})`, parseSeconds)
    .action(
      verb<MonitorFlags>(async ({ settings, out, hub, interrupted }, { once, watch }) => {
        const isOnce = once === true || (watch === undefined && !out.isTerminal);
        do {
          const status = readStatus(await hub().call("GetStatus", {}));
          out.clear();
          const style = { colours: out.colours, room: out.room, again: settings.again };
          // The cursor stands below the last line.
          const rows = isOnce ? Number.POSITIVE_INFINITY : out.rows - 1;
          out.show(status, (safe) => cutRows(drawStatus(safe, style), rows));
          if (isOnce) return 0;
          await delay((watch ?? WATCH_SECONDS) * 1_000, interrupted());
        } while (!interrupted().aborted);
        return 0;
      }),
    );
}
