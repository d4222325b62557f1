/**
 * Trust step: the point near a known one where a surrogate expects the smallest residuals.
 *
 * Levenberg–Marquardt (Marquardt 1963) inside the unit cube: the damping grows until a step fits its trust
 * radius (Moré 1978); an actuator that would leave the cube stays at its wall and the others are solved again.
 */
import {
  addScaled,
  choleskyOf,
  distanceBetween,
  dot,
  norm,
  solveFactored,
  subtract,
  type Vector,
} from "./linear-algebra.ts";
import { type Prediction, predict, type Surrogate } from "./surrogate.ts";

const ROUNDS = 20;
const STEP_MIN = 1e-5;

/** Minimises the predicted distance within `radius` of `centre`, from there; the result is in the cube. */
export function minimiseWithin(surrogate: Surrogate, centre: Vector, radius: number): Vector {
  let x = centre;
  let here = predict(surrogate, x);
  let stepLimit = radius;
  for (let round = 0; round < ROUNDS && stepLimit > STEP_MIN; round++) {
    const next = pullBack(centre, dampedStep(x, here, stepLimit), radius);
    const there = predict(surrogate, next);
    const isBetter = norm(there.residuals) < norm(here.residuals);
    if (isBetter) {
      x = next;
      here = there;
    }
    stepLimit *= isBetter ? 1.5 : 0.4;
  }
  return x;
}

/** The point itself when it is within `radius` of `centre`, else where the line to it leaves the ball. */
function pullBack(centre: Vector, point: Vector, radius: number): Vector {
  const length = distanceBetween(centre, point);
  return length <= radius ? point : addScaled(centre, radius / length, subtract(point, centre));
}

const DAMPING_START = 1e-6;
const DAMPING_END = 1e6;

/** One least-squares step on a linear prediction, no longer than `limit`. */
function dampedStep(x: Vector, prediction: Prediction, limit: number): Vector {
  for (let damping = DAMPING_START; damping < DAMPING_END; damping *= 4) {
    const move = moveInsideCube(x, prediction, damping);
    if (move !== null && norm(move) <= limit) return addScaled(x, 1, move);
  }
  return x;
}

function moveInsideCube(x: Vector, { residuals, jacobian }: Prediction, damping: number): Vector | null {
  const move = x.map(() => 0);
  let free = x.map((_, i) => i);
  while (free.length > 0) {
    const left = residuals.map((residual, k) => residual + dot(jacobian[k] ?? [], move));
    const columns = free.map((i) => jacobian.map((row) => row[i] ?? 0));
    const solved = solveDamped(columns, left, damping);
    if (solved === null) return null;
    const blocked: number[] = [];
    for (const [at, i] of free.entries()) {
      const next = (x[i] ?? 0) + (solved[at] ?? 0);
      if (next < 0 || next > 1) blocked.push(i);
      move[i] = Math.min(1, Math.max(0, next)) - (x[i] ?? 0);
    }
    if (blocked.length === 0) return move;
    free = free.filter((i) => !blocked.includes(i));
    for (const i of free) move[i] = 0;
  }
  return move;
}

/** The damped least-squares move that cancels the residuals; null when the damping drowns in rounding. */
function solveDamped(columns: readonly Vector[], residuals: Vector, damping: number): Vector | null {
  const normal = columns.map((a, i) =>
    columns.slice(0, i + 1).map((b, j) => dot(a, b) + (i === j ? damping : 0)),
  );
  const factor = choleskyOf(normal);
  const slopes = columns.map((column) => -dot(column, residuals));
  return factor === null ? null : solveFactored(factor, slopes);
}
