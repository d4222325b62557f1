/**
 * Replay policy: what a recorded history can be asked again under. `RECORDED` is what this release decides by, so a
 * replay under it must find no difference: that is the proof that deciding is a function of what was recorded.
 */
import { PRIORITY_GATE } from "../../../shared/model/priority.ts";
import { createTiming } from "../../../shared/model/timing.ts";
import type { GatePolicy, GateTable } from "../../../shared/policy/gate.ts";
import type { PlacementStrategy } from "../../../shared/policy/placement.ts";
import { HOLE_POLICY } from "../nodes/health.ts";

export interface ReplayPolicy {
  readonly placement: PlacementStrategy;
  readonly gates: GateTable;
  /** How declared residents count at the gates of all nodes; null: as on each node. */
  readonly gatePolicy: GatePolicy | null;
  readonly governor: "mechanical" | "off";
  /** Silence after which a lease is given away. */
  readonly regrantAfterMs: number;
  /** Attempts of a job, whatever it was submitted with; null: as submitted. */
  readonly maxAttempts: number | null;
  /** An own failure of a node counts as fast below this. */
  readonly holeFastMs: number;
  /** Distance at which a campaign has converged; null: as armed. */
  readonly tolerance: number | null;
}

/** What a hub at this timing scale decides by. */
export function recordedPolicy(timingScale = 1): ReplayPolicy {
  return {
    placement: "fit",
    gates: PRIORITY_GATE,
    gatePolicy: null,
    governor: "mechanical",
    regrantAfterMs: createTiming(timingScale).regrantAfterMs,
    maxAttempts: null,
    holeFastMs: HOLE_POLICY.fastMs * timingScale,
    tolerance: null,
  };
}
