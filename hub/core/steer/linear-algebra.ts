/**
 * Linear algebra: the few dense operations that steering needs, for matrices of at most a dozen rows.
 *
 * Symmetric matrices are handled through their lower triangle and its Cholesky factor: sampling, whitening
 * and solving all come from that one factor, in a fixed order of operations, so results are reproducible.
 */
export type Vector = readonly number[];
export type Matrix = readonly Vector[];

/** Inner product of two vectors of one length. */
export function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** Euclidean length. */
export function norm(a: Vector): number {
  return Math.sqrt(dot(a, a));
}

/** a + scale · b. */
export function addScaled(a: Vector, scale: number, b: Vector): number[] {
  return a.map((value, i) => value + scale * (b[i] ?? 0));
}

/** Difference a − b. */
export function subtract(a: Vector, b: Vector): number[] {
  return addScaled(a, -1, b);
}

/** Euclidean distance of two points. */
export function distanceBetween(a: Vector, b: Vector): number {
  return norm(subtract(a, b));
}

/** The lower triangle of the identity: row i has i + 1 entries. */
export function identityTriangle(size: number): number[][] {
  return Array.from({ length: size }, (_, i) => Array.from({ length: i + 1 }, (_, j) => (i === j ? 1 : 0)));
}

/**
 * The factor L with L·Lᵀ = matrix, of which only the lower triangle is read; null when the matrix is not
 * positive definite. Rows of L have i + 1 entries.
 */
export function choleskyOf(matrix: Matrix): number[][] | null {
  const factor: number[][] = [];
  for (const [i, source] of matrix.entries()) {
    const row: number[] = [];
    factor.push(row);
    for (let j = 0; j <= i; j++) {
      const above = factor[j] ?? row;
      let sum = source[j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (row[k] ?? 0) * (above[k] ?? 0);
      if (i === j && !(sum > 0)) return null;
      row.push(i === j ? Math.sqrt(sum) : sum / (above[j] ?? 1));
    }
  }
  return factor;
}

/** L·x for a lower triangle. */
export function multiplyLower(lower: Matrix, x: Vector): number[] {
  return lower.map((row) => dot(row, x));
}

/** The x with L·x = b. */
export function solveLower(lower: Matrix, b: Vector): number[] {
  const x: number[] = [];
  for (const [i, row] of lower.entries()) {
    let sum = b[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= (row[k] ?? 0) * (x[k] ?? 0);
    x.push(sum / (row[i] ?? 1));
  }
  return x;
}

/** The x with L·Lᵀ·x = b: a symmetric positive definite system through its factor. */
export function solveFactored(lower: Matrix, b: Vector): number[] {
  const x = solveLower(lower, b);
  for (let i = x.length - 1; i >= 0; i--) {
    let sum = x[i] ?? 0;
    for (let k = i + 1; k < x.length; k++) sum -= (lower[k]?.[i] ?? 0) * (x[k] ?? 0);
    x[i] = sum / (lower[i]?.[i] ?? 1);
  }
  return x;
}
