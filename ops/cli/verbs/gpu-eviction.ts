/** `spiral gpu eviction-registry` and `eviction-candidates`: who holds VRAM, and who would be asked to go first. */
import type { Command } from "commander";
import { drawCandidates, drawRegistry } from "../gpu-frame.ts";
import { addNodeOptions, againOf, askDesks, exitStatusOf, type NodeFlags, openDesks } from "../nodes.ts";
import { verb } from "../verb.ts";

export function addGpuEvictionRegistry(gpu: Command): void {
  addNodeOptions(gpu.command("eviction-registry").description("everybody who holds VRAM")).action(
    verb<NodeFlags>(async (context, flags) => {
      const { out } = context;
      const nodes = await askDesks(await openDesks(context, flags), "eviction-registry", {});
      out.show({ nodes }, (safe) => [
        ...drawRegistry(safe.nodes, out.colours),
        "",
        `${out.colours.dim("next")}  spiral gpu eviction-candidates${againOf(context, flags)}`,
      ]);
      return exitStatusOf(nodes);
    }),
  );
}

export function addGpuEvictionCandidates(gpu: Command): void {
  addNodeOptions(
    gpu.command("eviction-candidates").description("who leaves first when VRAM is short"),
  ).action(
    verb<NodeFlags>(async (context, flags) => {
      const { out } = context;
      const nodes = await askDesks(await openDesks(context, flags), "eviction-candidates", {});
      out.show({ nodes }, (safe) => [
        ...drawCandidates(safe.nodes, out.colours),
        "",
        `${out.colours.dim("next")}  spiral gpu eviction-registry${againOf(context, flags)}`,
      ]);
      return exitStatusOf(nodes);
    }),
  );
}
