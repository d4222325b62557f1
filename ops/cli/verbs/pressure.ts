/** `spiral pressure`: how full each box is, once or as it changes. */
import type { Command } from "commander";
import { systemClock } from "../../../shared/clock.ts";
import { safeText } from "../../../shared/safe-text.ts";
import type { PressureEvent } from "../../../shared/wire/local-types.ts";
import { addNodeOptions, againOf, askDesks, exitStatusOf, type NodeFlags, openDesks } from "../nodes.ts";
import { drawEvent, drawPressures } from "../system-frame.ts";
import { type Context, verb } from "../verb.ts";

interface PressureFlags extends NodeFlags {
  readonly watch?: boolean;
}

export function addPressure(program: Command): void {
  addNodeOptions(program.command("pressure").description("how full cards, CPU and memory are"))
    .option("--watch", "each event as it happens, until Ctrl-C")
    .action(verb<PressureFlags>((context, flags) => (flags.watch === true ? watch : look)(context, flags)));
}

async function look(context: Context, flags: PressureFlags): Promise<number> {
  const { out } = context;
  const nodes = await askDesks(await openDesks(context, flags), "pressure", {});
  out.show({ nodes }, (safe) => [
    ...drawPressures(safe.nodes, out.colours),
    "",
    `${out.colours.dim("next")}  spiral pressure --watch${againOf(context, flags)}`,
  ]);
  return exitStatusOf(nodes);
}

async function watch(context: Context, flags: PressureFlags): Promise<number> {
  const { out, interrupted } = context;
  const desks = await openDesks(context, flags);
  const [only, another] = desks;
  // Who watches one node is told at once that it cannot be; with several the others go on.
  if (only !== undefined && another === undefined) await only.ask("gpu-stats", {});
  await Promise.all(
    desks.map((desk) => {
      const { node } = desk;
      const onEvent = ({ kind: _, ...event }: PressureEvent): void =>
        out.show({ wallMs: systemClock.wallMs(), node, ...event }, (safe) => [drawEvent(safe, out.colours)]);
      const onLost = (reason: string): void => out.note(safeText(`${node}: ${reason}`));
      return desk.watch({ onEvent, onLost }, interrupted());
    }),
  );
  for (const desk of desks) await desk.close();
  return 0;
}
