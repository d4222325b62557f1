/** `spiral nodes`: every node that has attached, with its gates' inputs. */
import type { Command } from "commander";
import { drawNodes, drawUndurable } from "../frame.ts";
import { verb } from "../verb.ts";
import { readNode } from "../views.ts";

export function addNodes(program: Command): void {
  program
    .command("nodes")
    .description("state, VRAM, pressure and work of each node")
    .action(
      verb(async ({ out, hub }) => {
        const { nodes, undurableEvents } = await hub().call("ListNodes", {});
        out.show({ nodes: nodes.map(readNode), undurableEvents }, (safe) => [
          ...drawNodes(safe.nodes, out),
          ...drawUndurable(undurableEvents, out.colours),
        ]);
        return 0;
      }),
    );
}
