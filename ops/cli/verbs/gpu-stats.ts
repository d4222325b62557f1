/** `spiral gpu stats`: each card as its gates see it. */
import type { Command } from "commander";
import type { LocalStats } from "../../../shared/wire/local-types.ts";
import { drawStats } from "../gpu-frame.ts";
import {
  addNodeOptions,
  againOf,
  answered,
  askDesks,
  exitStatusOf,
  type NodeFlags,
  type NodeReply,
  openDesks,
} from "../nodes.ts";
import { verb } from "../verb.ts";

export function addGpuStats(gpu: Command): void {
  addNodeOptions(
    gpu.command("stats").description("each card: pressure, gates, budgets, foreign VRAM"),
  ).action(
    verb<NodeFlags>(async (context, flags) => {
      const { out } = context;
      const nodes = await askDesks(await openDesks(context, flags), "gpu-stats", {});
      out.show({ nodes }, (safe) => [
        ...drawStats(safe.nodes, out.colours),
        "",
        `${out.colours.dim("next")}  spiral gpu ${nextVerb(safe.nodes, againOf(context, flags))}`,
      ]);
      return exitStatusOf(nodes);
    }),
  );
}

/** Several cards: the gates of one node. A shut gate: who could go. Else who holds what. */
function nextVerb(nodes: readonly NodeReply<LocalStats>[], again: string): string {
  const told = answered(nodes);
  const gpus = told.flatMap(({ answer }) => answer.gpus);
  const [first] = told;
  if (gpus.length > 1 && told.length > 1) return `stats${again} --node ${first?.node}`;
  const isShut = gpus.some(({ gates }) => gates.some(({ headroomBytes }) => headroomBytes === 0));
  return `${isShut ? "eviction-candidates" : "eviction-registry"}${again}`;
}
