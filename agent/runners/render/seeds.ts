/**
 * Seeds: points of light in logarithmic phyllotaxis (golden-angle steps, radius growing geometrically), laid
 * over the arms in opposite pairs. In one loop each seed grows to the place of another a Fibonacci number of
 * steps further, so the flow outward never ends and the loop still closes.
 */
import type { LightBuffer } from "./arms.ts";
import { PALETTE_SIZE } from "./palette.ts";
import type { Moment, Spiral } from "./spiral.ts";
import { cosTurns, mixLog, smoothstep } from "./wave.ts";

/** The golden angle, in turns. */
const GOLDEN_TURN = (3 - Math.sqrt(5)) / 2;
/** Seeds further by this many steps stand nearly at the same angle: a visible parastichy. */
const STEP = 13;
const STEP_TURN = STEP * GOLDEN_TURN - Math.round(STEP * GOLDEN_TURN);
const COUNT = 560;
/** Growth of the logarithm of the radius per seed. */
const GROWTH = 0.0085;
const INNERMOST = 0.025;

/** A function that adds the seeds of one moment to a buffer. */
export function createSeeds(spiral: Spiral): (buffer: LightBuffer, moment: Moment) => void {
  const gain = 2.6 * spiral.seeds;
  const size = mixLog(0.034, 0.011, spiral.crispness);
  return (buffer, moment) => {
    const splat = createSplat(buffer);
    const zoom = Math.exp(moment.breath);
    for (let n = -STEP; n < COUNT; n++) {
      const rank = n + STEP * moment.growth;
      const radius = INNERMOST * Math.exp(GROWTH * rank);
      const turns = spiral.hand * (n * GOLDEN_TURN + STEP_TURN * moment.growth) * 0.5 + spiral.phases[2];
      const fade = smoothstep(0, 40, rank) * (1 - smoothstep(COUNT - 120, COUNT, rank));
      const wave = 0.5 + 0.5 * cosTurns(rank / 89 - moment.growth + spiral.phases[3]);
      const lobes = spiral.skew * cosTurns(3 * turns - 0.7 * Math.log(radius) + spiral.phases[2]);
      const light = gain * fade * (0.12 + 0.88 * wave * wave * wave);
      const tone = 0.35 + 0.6 * wave;
      const at = 3 * Math.min(PALETTE_SIZE - 1, (tone * PALETTE_SIZE) | 0);
      for (const side of [1, -1]) {
        const odd = light * (1 + 0.9 * side * lobes);
        const rgb = [0, 1, 2].map((c) => odd * (spiral.palette[at + c] as number));
        const u = side * radius * cosTurns(turns);
        const v = side * radius * cosTurns(turns - 0.25) * spiral.tilt;
        const x = moment.centreX + zoom * (u * spiral.tiltCos - v * spiral.tiltSin);
        const y = moment.centreY + zoom * (u * spiral.tiltSin + v * spiral.tiltCos);
        splat(x, y, (size * radius * zoom) / (1 + 0.7 * radius), rgb as [number, number, number]);
      }
    }
  };
}

type Splat = (x: number, y: number, sigma: number, rgb: readonly [number, number, number]) => void;

/** Adds round Gaussian spots; one smaller than a pixel keeps its light and spreads over a pixel. */
function createSplat({ width, height, data }: LightBuffer): Splat {
  const column = new Float64Array(width);
  return (x, y, sigma, [red, green, blue]) => {
    const scale = height / 2;
    const wanted = sigma * scale;
    const spread = Math.max(0.6, wanted);
    const dim = (wanted * wanted) / (spread * spread);
    const px = (x + width / height) * scale - 0.5;
    const py = (y + 1) * scale - 0.5;
    const reach = 3.2 * spread;
    const left = Math.max(0, Math.ceil(px - reach));
    const right = Math.min(width - 1, Math.floor(px + reach));
    const top = Math.max(0, Math.ceil(py - reach));
    const bottom = Math.min(height - 1, Math.floor(py + reach));
    const sharp = 0.5 / (spread * spread);
    for (let i = left; i <= right; i++) column[i] = Math.exp(-(i - px) * (i - px) * sharp);
    for (let j = top; j <= bottom; j++) {
      const line = dim * Math.exp(-(j - py) * (j - py) * sharp);
      for (let i = left, at = (j * width + left) * 3; i <= right; i++, at += 3) {
        const weight = line * (column[i] as number);
        data[at] = (data[at] as number) + weight * red;
        data[at + 1] = (data[at + 1] as number) + weight * green;
        data[at + 2] = (data[at + 2] as number) + weight * blue;
      }
    }
  };
}
