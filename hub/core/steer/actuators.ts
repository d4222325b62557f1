/**
 * Actuators: the named quantities that a campaign steers, and the unit cube in which it thinks of them.
 *
 * One unit of the cube is an actuator's whole range, so one step size and one slew fit all of them.
 */
import type { Actuator } from "../../../shared/model/campaign.ts";
import type { Vector } from "./linear-algebra.ts";

/** Values by actuator name, in the actuator's own units. */
export type ActuatorValues = Readonly<Record<string, number>>;

/** The named values as a point of the cube; a value outside its range comes to the wall. */
export function toUnit(actuators: readonly Actuator[], values: ActuatorValues): Vector {
  return toCube(
    actuators.map(({ name, min, max, initial }) => ((values[name] ?? initial) - min) / (max - min)),
  );
}

/** A point of the cube as named values. */
export function fromUnit(actuators: readonly Actuator[], point: Vector): ActuatorValues {
  return Object.fromEntries(
    actuators.map(({ name, min, max }, i) => [name, min + (point[i] ?? 0) * (max - min)]),
  );
}

/** Where a campaign begins. */
export function initialPoint(actuators: readonly Actuator[]): Vector {
  return toUnit(actuators, {});
}

/** The nearest point of the cube, to five decimals: what is rendered is exactly what is remembered. */
export function toCube(point: Vector): Vector {
  return point.map((value) => Math.round(Math.min(1, Math.max(0, value)) * 1e5) / 1e5);
}
