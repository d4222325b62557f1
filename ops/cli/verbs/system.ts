/** `spiral system resources`: what the boxes have left beside their cards, and who uses it. */
import { type Command, InvalidArgumentError } from "commander";
import { LOCAL_LIMITS } from "../../../shared/wire/local-types.ts";
import { addNodeOptions, againOf, askDesks, exitStatusOf, type NodeFlags, openDesks } from "../nodes.ts";
import { parseCount } from "../quantity.ts";
import { drawResources } from "../system-frame.ts";
import { verb } from "../verb.ts";

interface ResourcesFlags extends NodeFlags {
  readonly includeProcesses?: boolean;
  readonly topN: number;
}

const TOP = 10;

export function addSystem(program: Command): void {
  const system = program.command("system").description("the box of a node").helpCommand(false);
  addNodeOptions(system.command("resources").description("CPU, memory, swap and processes"))
    .option("--include-processes", "the largest processes, by VRAM and memory")
    .option("--top-n <n>", `so many of them, at most ${LOCAL_LIMITS.topN}`, parseTop, TOP)
    .action(
      verb<ResourcesFlags>(async (context, flags) => {
        const { out } = context;
        const query = { includeProcesses: flags.includeProcesses === true, topN: flags.topN };
        const nodes = await askDesks(await openDesks(context, flags), "system-resources", query);
        const next = query.includeProcesses ? "pressure" : "system resources --include-processes";
        out.show({ nodes }, (safe) => [
          ...drawResources(safe.nodes, out.colours),
          "",
          `${out.colours.dim("next")}  spiral ${next}${againOf(context, flags)}`,
        ]);
        return exitStatusOf(nodes);
      }),
    );
}

function parseTop(text: string): number {
  const count = parseCount(text);
  if (count >= 1 && count <= LOCAL_LIMITS.topN) return count;
  throw new InvalidArgumentError(`It must be 1 to ${LOCAL_LIMITS.topN}.`);
}
