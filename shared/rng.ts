/**
 * Rng: sfc32, a small counting generator (Chris Doty-Humphrey, PractRand). Seeded, serialisable and
 * identical on every platform: simulations, optimiser state and jitter all draw from it.
 */
export type RngState = readonly [number, number, number, number];

export interface Rng {
  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number;
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  /** Standard normal deviate (Box–Muller, one draw of two kept). */
  normal(): number;
  /** What `resumeRng` needs to continue this very sequence. */
  state(): RngState;
}

/** A generator whose sequence is a function of the seed text alone. */
export function createRng(seed: string | number): Rng {
  const rng = resumeRng(hashSeed(String(seed)));
  for (let round = 0; round < 12; round++) rng.next();
  return rng;
}

/** Continues a sequence from a state that `state()` returned. */
export function resumeRng(from: RngState): Rng {
  let [a, b, c, counter] = from;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  return {
    next,
    below: (bound) => Math.floor(next() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    state: () => [a, b, c, counter],
  };
}

/** Four 32-bit words from a text (FNV-1a with four offsets). */
function hashSeed(seed: string): RngState {
  const word = (offset: number): number => {
    let hash = offset | 0;
    for (let i = 0; i < seed.length; i++) hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193);
    return hash;
  };
  return [word(0x811c9dc5), word(0x9e3779b9), word(0x85ebca6b), 1];
}
