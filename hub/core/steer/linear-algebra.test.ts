import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { must } from "../../../shared/invariant.ts";
import {
  choleskyOf,
  distanceBetween,
  dot,
  multiplyLower,
  solveFactored,
  solveLower,
} from "./linear-algebra.ts";

const size = 4;
const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: size, maxLength: size });

describe("choleskyOf", () => {
  it("solves every well-conditioned symmetric system", () => {
    fc.assert(
      fc.property(fc.array(vector, { minLength: size, maxLength: size }), vector, (rows, x) => {
        const matrix = rows.map((a, i) => rows.map((b, j) => dot(a, b) + (i === j ? 0.1 : 0)));
        const b = matrix.map((row) => dot(row, x));
        const factor = must(choleskyOf(matrix), "positive definite by construction");
        expect(distanceBetween(solveFactored(factor, b), x)).toBeLessThan(1e-6);
        expect(distanceBetween(multiplyLower(factor, solveLower(factor, b)), b)).toBeLessThan(1e-9);
      }),
    );
  });

  it("refuses a matrix that is not positive definite", () => {
    expect(choleskyOf([[1], [2, 1]])).toBeNull();
    expect(choleskyOf([[Number.NaN]])).toBeNull();
  });
});
