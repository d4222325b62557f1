/**
 * Develop: from linear light to an 8-bit picture, as a lens and a film would: bloom round what is bright, a
 * filmic curve instead of clipping, a vignette, and a fixed half-step grain that keeps dark slopes from banding.
 */
import { createBloom } from "./bloom.ts";
import type { LightBuffer } from "./light-buffer.ts";
import type { RgbImage } from "./rgb-image.ts";

const CURVE_SIZE = 4096;
/** The curve covers linear light up to this; what is brighter is white. */
const CURVE_TOP = 16;

/** Filmic curve and sRGB transfer in one table over √light, which gives the shadows their share of cells. */
const CURVE = Float64Array.from({ length: CURVE_SIZE + 1 }, (_, i) => {
  const root = (i / CURVE_SIZE) * Math.sqrt(CURVE_TOP);
  return 255 * encodeSrgb(filmic(root * root));
});

/** Narkowicz 2015, "ACES filmic tone mapping curve". */
function filmic(x: number): number {
  return Math.min(1, (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14));
}

/** sRGB transfer function (IEC 61966-2-1). */
function encodeSrgb(x: number): number {
  return x <= 0.0031308 ? 12.92 * x : 1.055 * Math.exp(Math.log(x) / 2.4) - 0.055;
}

/** How a spiral wants to be developed: bloom 0…1 and the factor on all light. */
export interface Development {
  readonly glow: number;
  readonly exposure: number;
}

/** A function that develops buffers of one size. */
export function createDeveloper(
  width: number,
  height: number,
  { glow, exposure }: Development,
): (light: LightBuffer) => RgbImage {
  const bloom = createBloom(width, height);
  const halo = new Float64Array(width * 3);
  const weight = 0.08 + 0.4 * glow;
  return (light) => {
    bloom.spread(light);
    const data = new Uint8Array(width * height * 3);
    for (let row = 0, at = 0; row < height; row++) {
      bloom.read(halo, row);
      const y = (2 * row + 1) / height - 1;
      for (let column = 0; column < width; column++, at += 3) {
        const x = (2 * column + 1) / width - 1;
        const vignette = exposure / (1 + 0.22 * (x * x + y * y));
        const grain = grainAt(column, row);
        for (let c = 0; c < 3; c++) {
          const value =
            ((light.data[at + c] as number) + weight * (halo[column * 3 + c] as number)) * vignette;
          data[at + c] = curve(value) + grain;
        }
      }
    }
    return { width, height, data };
  };
}

/** Display value 0…254 of linear light, before grain. */
function curve(light: number): number {
  const at = Math.min(CURVE_SIZE - 1, Math.sqrt(light / CURVE_TOP) * CURVE_SIZE);
  const cell = at | 0;
  const low = CURVE[cell] as number;
  return Math.min(254, low + ((CURVE[cell + 1] as number) - low) * (at - cell));
}

/** Interleaved gradient noise (Jimenez 2014) in [0, 1): even in every small neighbourhood, the same in each frame. */
function grainAt(column: number, row: number): number {
  const a = 0.06711056 * column + 0.00583715 * row;
  const b = 52.9829189 * (a - Math.floor(a));
  return b - Math.floor(b);
}
