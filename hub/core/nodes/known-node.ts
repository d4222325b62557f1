/** Known node: whether a name that a person has written is that of a node, so that a slip of the pen is told of. */
import type { HubCore } from "../transaction.ts";

/** Nodes that have attached, and those that the journal remembers from before this hub started. */
export function isKnownNode({ soft, state }: HubCore, node: string): boolean {
  return soft.lastSeenBootMs.has(node) || state.health.has(node) || state.cordons.has(node);
}

/** What a person should hear who has named a node; nothing for one that is known, and where none is named. */
export function unknownNodeNotes(core: HubCore, node: string | null): string[] {
  if (node === null || isKnownNode(core, node)) return [];
  return [`no node "${node}" has ever attached: see \`spiral nodes\``];
}

/** Of control.json: windows that close nodes of which nothing is known since this hub started. */
export function windowNotes(core: HubCore): readonly string[] {
  return (core.state.control?.windows ?? []).flatMap(({ name, nodes }) =>
    nodes
      .filter((node) => !isKnownNode(core, node))
      .map(
        (node) => `control.json: window ${name} names ${node}, which has not attached since the hub started`,
      ),
  );
}
