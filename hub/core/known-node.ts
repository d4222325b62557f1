/** Known node: whether a name that a person has written is that of a node, so that a slip of the pen is told of. */
import type { HubCore } from "./transaction.ts";

/** Nodes that have attached, and those that the journal remembers from before this hub started. */
export function isKnownNode({ soft, state }: HubCore, node: string): boolean {
  return soft.lastSeenBootMs.has(node) || state.health.has(node) || state.cordons.has(node);
}
