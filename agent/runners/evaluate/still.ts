/**
 * Still: the six scores that a single frame has. Each is in 0…1, finite for every picture (a flat one
 * included) and free of thresholds, so that small changes of a picture give small changes of its scores.
 */
import { momentsOf, type Planes } from "./plane.ts";

/** Variance below which a plane counts as flat: less than a tenth of an 8-bit step of deviation. */
const FLAT = 1e-7;

export interface StillScores {
  readonly sharpness: number;
  readonly contrast: number;
  readonly colourfulness: number;
  readonly complexity: number;
  readonly symmetry: number;
  readonly balance: number;
}

export function scoreStill(planes: Planes): StillScores {
  const { mean, variance } = momentsOf(planes.luma);
  const gradient = gradientOf(planes);
  const isFlat = variance < FLAT;
  // Radians of luma wave per pixel; 1 for white noise, which has no finer structure.
  const fineness = isFlat ? 0 : Math.sqrt(gradient.meanSquare / variance);
  return {
    sharpness: fineness / (fineness + 0.5),
    contrast: clamp(2 * Math.sqrt(variance)),
    colourfulness: colourfulnessOf(planes),
    complexity: isFlat ? 0 : clamp((gradient.mean * gradient.mean) / gradient.meanSquare),
    symmetry: isFlat ? 1 : symmetryOf(planes, mean, variance),
    balance: balanceOf(planes),
  };
}

/** Mean and mean square of the gradient's length, by central differences inside the border. */
function gradientOf({ width, height, luma }: Planes): { readonly mean: number; readonly meanSquare: number } {
  let sum = 0;
  let squares = 0;
  for (let row = 1; row < height - 1; row++) {
    for (let at = row * width + 1; at < (row + 1) * width - 1; at++) {
      const dx = 0.5 * ((luma[at + 1] as number) - (luma[at - 1] as number));
      const dy = 0.5 * ((luma[at + width] as number) - (luma[at - width] as number));
      const square = dx * dx + dy * dy;
      squares += square;
      sum += Math.sqrt(square);
    }
  }
  const count = Math.max(1, (width - 2) * (height - 2));
  return { mean: sum / count, meanSquare: squares / count };
}

/** Hasler and Süsstrunk's M = σ + 0.37 μ over both opponent colours, in their 8-bit units, softly bounded. */
function colourfulnessOf({ redGreen, yellowBlue }: Planes): number {
  const rg = momentsOf(redGreen);
  const yb = momentsOf(yellowBlue);
  const spread = Math.sqrt(rg.variance + yb.variance);
  const strength = Math.sqrt(rg.mean * rg.mean + yb.mean * yb.mean);
  const m = 255 * (spread + 0.37 * strength);
  return m / (m + 50);
}

/** 1 when the mirror image or the half turn equals the picture, 0 when neither correlates with it. */
function symmetryOf({ width, height, luma }: Planes, mean: number, variance: number): number {
  let mirror = 0;
  let turned = 0;
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      const here = (luma[at] as number) - mean;
      mirror += here * ((luma[row * width + width - 1 - column] as number) - mean);
      turned += here * ((luma[luma.length - 1 - at] as number) - mean);
    }
  }
  const unlike = (covariance: number): number => clamp(1 - covariance / (luma.length * variance));
  return 1 - unlike(mirror) * unlike(turned);
}

/** exp(−4 d), d the distance of the centre of light from the middle in half widths and half heights. */
function balanceOf({ width, height, luma }: Planes): number {
  let light = 0;
  let x = 0;
  let y = 0;
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      const value = luma[at] as number;
      light += value;
      x += value * ((2 * column + 1) / width - 1);
      y += value * ((2 * row + 1) / height - 1);
    }
  }
  return light < FLAT ? 1 : Math.exp((-4 * Math.sqrt(x * x + y * y)) / light);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
