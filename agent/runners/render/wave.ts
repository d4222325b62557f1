/**
 * Wave: table-driven periodic and bell-shaped functions for the pixel loop, where they replace most calls of
 * Math.cos and Math.exp. Interpolated linearly, so they are continuous (error below 1e-5).
 */
const SIZE = 4096;
const COSINE = Float64Array.from({ length: SIZE + 1 }, (_, i) => Math.cos((2 * Math.PI * i) / SIZE));

/** cos(2π · turns). */
export function cosTurns(turns: number): number {
  const at = (turns - Math.floor(turns)) * SIZE;
  const cell = at | 0;
  const low = COSINE[cell] as number;
  return low + ((COSINE[cell + 1] as number) - low) * (at - cell);
}

/** sin(2π · turns). */
export function sinTurns(turns: number): number {
  return cosTurns(turns - 0.25);
}

/** A von Mises bell over a cosine: `exp(k (c − 1))` for c in [-1, 1], 1 at the crest. */
export function createBell(concentration: number): (cosine: number) => number {
  return tabulate((cosine) => Math.exp(concentration * (cosine - 1)));
}

/** The same bell about its own mean, in units of the mean: over a whole wave it adds nothing. */
export function createRidge(concentration: number): (cosine: number) => number {
  const bell = (cosine: number): number => Math.exp(concentration * (cosine - 1));
  const mean = COSINE.subarray(0, SIZE).reduce((sum, cosine) => sum + bell(cosine), 0) / SIZE;
  return tabulate((cosine) => bell(cosine) / mean - 1);
}

function tabulate(f: (cosine: number) => number): (cosine: number) => number {
  const cells = 1024;
  const table = Float64Array.from({ length: cells + 2 }, (_, i) => f((2 * i) / cells - 1));
  return (cosine) => {
    const at = (cosine + 1) * (cells / 2);
    const cell = at | 0;
    const low = table[cell] as number;
    return low + ((table[cell + 1] as number) - low) * (at - cell);
  };
}

/** Linear blend from a (t = 0) to b (t = 1). */
export function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

/** Geometric blend from a (t = 0) to b (t = 1); both positive. */
export function mixLog(a: number, b: number, t: number): number {
  return a * Math.exp(t * Math.log(b / a));
}

/** 0 below a, 1 above b, a smooth cubic between. */
export function smoothstep(a: number, b: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - a) / (b - a)));
  return t * t * (3 - 2 * t);
}
