/**
 * Seeds: points of light in logarithmic phyllotaxis (golden-angle steps, radius growing geometrically), laid
 * over the arms in opposite pairs. In one loop each seed grows to the place of another a Fibonacci number of
 * steps further, so the flow outward never ends and the loop still closes.
 */
import type { LightBuffer } from "./light-buffer.ts";
import { colourIndex } from "./palette.ts";
import type { Moment, Spiral } from "./spiral.ts";
import { cosTurns, mixLog, sinTurns, smoothstep } from "./wave.ts";

/** The golden angle, in turns (Vogel 1979). */
const GOLDEN_TURN = (3 - Math.sqrt(5)) / 2;
/** Seeds this many steps apart stand at nearly the same angle: they form a visible parastichy. */
const STEP = 13;
const STEP_TURN = STEP * GOLDEN_TURN - Math.round(STEP * GOLDEN_TURN);
const COUNT = 560;
/** Growth of the logarithm of the radius per seed. */
const GROWTH = 0.0085;
const INNERMOST = 0.025;
/** Linear light that no screen shows. */
const FAINTEST = 1e-5;

/** A function that adds the seeds of one moment to a buffer. */
export function createSeeds(spiral: Spiral): (buffer: LightBuffer, moment: Moment) => void {
  const { palette, tilt, tiltCos, tiltSin } = spiral;
  const gain = 4.5 * spiral.seeds;
  const size = mixLog(0.03, 0.0075, spiral.crispness);
  return (buffer, moment) => {
    const splat = createSplat(buffer);
    const zoom = Math.exp(moment.breath);
    for (let n = -STEP; n < COUNT; n++) {
      const rank = n + STEP * moment.growth;
      const radius = INNERMOST * Math.exp(GROWTH * rank);
      const turns = 0.5 * spiral.hand * (n * GOLDEN_TURN + STEP_TURN * moment.growth) + spiral.phases[2];
      const wave = 0.5 + 0.5 * cosTurns(rank / 89 - moment.growth + spiral.phases[3]);
      const fade = smoothstep(0, 40, rank) * (1 - smoothstep(COUNT - 120, COUNT, rank));
      const light = gain * fade * (0.12 + 0.88 * wave * wave * wave);
      const at = colourIndex(0.35 + 0.6 * wave);
      const wound = spiral.hand * turns - 0.5 * spiral.pitch * Math.log(radius);
      const odd = 0.9 * spiral.skew * cosTurns(wound + spiral.phases[1] / spiral.arms);
      for (const side of [1, -1]) {
        const u = side * zoom * radius * cosTurns(turns);
        const v = side * zoom * radius * sinTurns(turns) * tilt;
        splat({
          x: moment.centreX + u * tiltCos - v * tiltSin,
          y: moment.centreY + u * tiltSin + v * tiltCos,
          sigma: (size * radius * zoom) / (1 + 0.7 * radius),
          light: light * (1 + side * odd),
          colour: palette.subarray(at, at + 3),
        });
      }
    }
  };
}

/** A round Gaussian spot; lengths in half heights from the middle of the picture. */
interface Spot {
  readonly x: number;
  readonly y: number;
  readonly sigma: number;
  readonly light: number;
  readonly colour: Float64Array;
}

/** Adds spots to a buffer; one smaller than a pixel keeps its light and spreads over a pixel. */
function createSplat({ width, height, data }: LightBuffer): (spot: Spot) => void {
  const across = new Float64Array(width);
  const scale = height / 2;
  return ({ x, y, sigma, light, colour }) => {
    const spread = Math.max(0.6, sigma * scale);
    const peak = light * ((sigma * scale) / spread) * ((sigma * scale) / spread);
    if (peak < FAINTEST) return;
    const red = peak * (colour[0] as number);
    const green = peak * (colour[1] as number);
    const blue = peak * (colour[2] as number);
    const px = (x + width / height) * scale - 0.5;
    const py = (y + 1) * scale - 0.5;
    const reach = 3.2 * spread;
    const left = Math.max(0, Math.ceil(px - reach));
    const right = Math.min(width - 1, Math.floor(px + reach));
    const bottom = Math.min(height - 1, Math.floor(py + reach));
    const narrow = 0.5 / (spread * spread);
    for (let i = left; i <= right; i++) across[i] = Math.exp(-(i - px) * (i - px) * narrow);
    for (let j = Math.max(0, Math.ceil(py - reach)); j <= bottom; j++) {
      const line = Math.exp(-(j - py) * (j - py) * narrow);
      for (let i = left, at = (j * width + left) * 3; i <= right; i++, at += 3) {
        const weight = line * (across[i] as number);
        data[at] = (data[at] as number) + weight * red;
        data[at + 1] = (data[at + 1] as number) + weight * green;
        data[at + 2] = (data[at + 2] as number) + weight * blue;
      }
    }
  };
}
