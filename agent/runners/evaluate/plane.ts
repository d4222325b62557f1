/**
 * Plane: what the measures look at. Every frame is averaged down to about 90 rows first, so that the scores of
 * a picture hardly depend on the size it was rendered at, nor on the finest traces of an image codec.
 */
import type { RgbImage } from "../render/rgb-image.ts";

export const WORKING_ROWS = 90;

/** Planes of one frame: luma 0…1 (Rec. 601, gamma-encoded) and the opponent colours of the same scale. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly luma: Float64Array;
  /** R − G. */
  readonly redGreen: Float64Array;
  /** (R + G) / 2 − B. */
  readonly yellowBlue: Float64Array;
}

/** The planes of an image, averaged over whole square cells (a remainder at the edge is left out). */
export function toPlanes(image: RgbImage): Planes {
  const cell = Math.max(1, Math.floor(image.height / WORKING_ROWS));
  const width = Math.max(1, Math.floor(image.width / cell));
  const height = Math.max(1, Math.floor(image.height / cell));
  const size = width * height;
  const planes = {
    width,
    height,
    luma: new Float64Array(size),
    redGreen: new Float64Array(size),
    yellowBlue: new Float64Array(size),
  };
  const share = 1 / (255 * cell * cell);
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++, to++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let y = row * cell; y < (row + 1) * cell; y++) {
        let at = (y * image.width + column * cell) * 3;
        for (let x = 0; x < cell; x++, at += 3) {
          red += image.data[at] as number;
          green += image.data[at + 1] as number;
          blue += image.data[at + 2] as number;
        }
      }
      planes.luma[to] = share * (0.299 * red + 0.587 * green + 0.114 * blue);
      planes.redGreen[to] = share * (red - green);
      planes.yellowBlue[to] = share * (0.5 * (red + green) - blue);
    }
  }
  return planes;
}

/** A luma plane averaged over 4 × 4 cells: what the eye follows when things move. */
export function coarseLuma({ width, height, luma }: Planes): Float64Array {
  const columns = Math.max(1, Math.floor(width / 4));
  const rows = Math.max(1, Math.floor(height / 4));
  const coarse = new Float64Array(columns * rows);
  for (let row = 0; row < Math.min(height, rows * 4); row++) {
    for (let column = 0; column < Math.min(width, columns * 4); column++) {
      const to = (row >> 2) * columns + (column >> 2);
      coarse[to] = (coarse[to] as number) + (luma[row * width + column] as number) / 16;
    }
  }
  return coarse;
}

/** Mean and variance of a plane. */
export function momentsOf(plane: Float64Array): { readonly mean: number; readonly variance: number } {
  let sum = 0;
  for (const value of plane) sum += value;
  const mean = sum / plane.length;
  let squares = 0;
  for (const value of plane) squares += (value - mean) * (value - mean);
  return { mean, variance: squares / plane.length };
}
