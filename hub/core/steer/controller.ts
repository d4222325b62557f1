/**
 * Controller: the one master of the operating point, the actuator values that `globals.json` shows and that
 * published renders use. It walks toward the optimiser's incumbent and never jumps.
 *
 * The point itself is the controller's whole memory, and it is clamped before it is kept: an actuator at its
 * wall accumulates nothing and turns back in the very cycle in which the incumbent does (anti-windup). Where
 * the operating point is good enough, hardly wrong or unknown, it holds.
 */
import { toCube } from "./actuators.ts";
import type { Vector } from "./linear-algebra.ts";
import type { Incumbent } from "./optimiser.ts";

export interface ControllerConfig {
  /** Per actuator, the most it may move in one cycle, as a part of its range. */
  readonly slew: Vector;
  /** A move in which no actuator travels farther than this part of its range is not made. */
  readonly deadBand: number;
  /** A measured distance up to this is on target. */
  readonly tolerance: number;
}

export interface ControllerStep {
  readonly point: Vector;
  readonly moved: boolean;
  /** Per actuator: whether it stands at a wall of its range. */
  readonly saturated: readonly boolean[];
}

/**
 * One cycle. `point` is the operating point in the unit cube, `measured` the distance of its render, null
 * when that is unknown.
 */
export function stepController(
  config: ControllerConfig,
  point: Vector,
  incumbent: Incumbent | null,
  measured: number | null,
): ControllerStep {
  const isKnown = measured !== null && Number.isFinite(measured);
  const mayMove = isKnown && measured > config.tolerance && incumbent?.x.every(Number.isFinite) === true;
  const next = mayMove ? toCube(slewToward(config, point, incumbent.x)) : point;
  const travel = Math.max(...next.map((value, i) => Math.abs(value - (point[i] ?? 0))));
  const moved = travel > config.deadBand;
  const kept = moved ? next : point;
  return { point: kept, moved, saturated: kept.map((value) => value <= 0 || value >= 1) };
}

function slewToward({ slew }: ControllerConfig, point: Vector, goal: Vector): Vector {
  return point.map((value, i) => {
    const limit = slew[i] ?? 0;
    const wanted = goal[i] ?? value;
    return Math.abs(wanted - value) <= limit ? wanted : value + Math.sign(wanted - value) * limit;
  });
}
