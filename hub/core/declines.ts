/**
 * Declines: a node that declined a job is not offered it again for a while, longer each time, so that a grant
 * goes to another node instead of to the same one for ever (SPEC H6).
 */
import type { SoftState } from "./soft.ts";

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
/** Jobs whose declines are remembered; the oldest is forgotten first. */
const REMEMBERED_MAX = 10_000;

export function rememberDecline(soft: SoftState, jobId: string, node: string, bootMs: number): void {
  const nodes = soft.declines.get(jobId) ?? new Map();
  const times = (nodes.get(node)?.times ?? 0) + 1;
  const pauseMs = Math.min(LONGEST_MS, FIRST_MS * (1 << Math.min(times - 1, 6)));
  nodes.set(node, { times, untilBootMs: bootMs + pauseMs });
  soft.declines.delete(jobId);
  soft.declines.set(jobId, nodes);
  const [oldest] = soft.declines.keys();
  if (soft.declines.size > REMEMBERED_MAX && oldest !== undefined) soft.declines.delete(oldest);
}

/** Nodes that are not to be offered this job now. */
export function avoidedNodes(soft: SoftState, jobId: string, bootMs: number): readonly string[] {
  const nodes = soft.declines.get(jobId);
  if (nodes === undefined) return [];
  return [...nodes].filter(([, decline]) => decline.untilBootMs > bootMs).map(([node]) => node);
}
