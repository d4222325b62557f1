/** Quiet: whether a healed world has come to rest. */
import { liveCount } from "../../hub/core/state.ts";
import type { World } from "./world.ts";

/** Nothing waits, nothing runs, nothing is owed to anybody. */
export function isQuiet(world: World): boolean {
  const { run } = world.hub;
  if (run === null) return false;
  const { index, leases } = run.engine.core.state;
  if (liveCount(index) + leases.size + index.unpublished.size > 0) return false;
  if (run.journal.durableSeq < run.engine.journalSeq) return false;
  return world.boxes.every(
    ({ agent, records, outbox }) =>
      agent !== null && agent.core.state.attempts.size === 0 && records.size === 0 && outbox.size === 0,
  );
}
