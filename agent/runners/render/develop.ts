/**
 * Develop: from linear light to an 8-bit picture, as a lens and a film would: bloom round what is bright, a
 * filmic curve instead of clipping, a vignette, and a fixed half-step grain that keeps dark slopes from banding.
 */
import type { LightBuffer } from "./arms.ts";
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
  const weight = 0.08 + 0.4 * glow;
  return (light) => {
    const halo = bloom.spread(light);
    const data = new Uint8Array(width * height * 3);
    const { cell } = bloom;
    for (let row = 0, at = 0; row < height; row++) {
      const y = (2 * row + 1) / height - 1;
      for (let column = 0; column < width; column++, at += 3) {
        const x = (2 * column + 1) / width - 1;
        const vignette = exposure / (1 + 0.22 * (x * x + y * y));
        const grain = grainAt(column, row);
        bloom.sample(halo, (column + 0.5) / cell - 0.5, (row + 0.5) / cell - 0.5);
        for (let c = 0; c < 3; c++) {
          const value = ((light.data[at + c] as number) + weight * (bloom.rgb[c] as number)) * vignette;
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

interface Bloom {
  readonly cell: number;
  readonly rgb: Float64Array;
  spread(light: LightBuffer): Float32Array;
  sample(halo: Float32Array, x: number, y: number): void;
}

/** Wide soft glow: the light averaged into cells, blurred there by box passes, read back bilinearly. */
function createBloom(width: number, height: number): Bloom {
  const cell = Math.max(1, Math.round(height / 45));
  const columns = Math.ceil(width / cell);
  const rows = Math.ceil(height / cell);
  const cells = new Float32Array(columns * rows * 3);
  const spare = new Float32Array(columns * rows * 3);
  const rgb = new Float64Array(3);
  return {
    cell,
    rgb,
    spread(light) {
      gather(light, cells, { cell, columns });
      for (const radius of [2, 3, 4]) {
        boxBlur(cells, spare, { lines: rows, lineStep: columns * 3, length: columns, step: 3, radius });
        boxBlur(spare, cells, { lines: columns, lineStep: 3, length: rows, step: columns * 3, radius });
      }
      return cells;
    },
    sample(halo, x, y) {
      const fx = Math.min(columns - 1, Math.max(0, x));
      const fy = Math.min(rows - 1, Math.max(0, y));
      const column = Math.min(columns - 2, fx | 0);
      const row = Math.min(rows - 2, fy | 0);
      const tx = fx - column;
      const ty = fy - row;
      const at = (row * columns + column) * 3;
      for (let c = 0; c < 3; c++) {
        const top = (halo[at + c] as number) * (1 - tx) + (halo[at + 3 + c] as number) * tx;
        const below = at + columns * 3 + c;
        const bottom = (halo[below] as number) * (1 - tx) + (halo[below + 3] as number) * tx;
        rgb[c] = top * (1 - ty) + bottom * ty;
      }
    },
  };
}

function gather(light: LightBuffer, cells: Float32Array, grid: { cell: number; columns: number }): void {
  cells.fill(0);
  const share = 1 / (grid.cell * grid.cell);
  for (let row = 0, at = 0; row < light.height; row++) {
    const line = Math.floor(row / grid.cell) * grid.columns;
    for (let column = 0; column < light.width; column++, at += 3) {
      const to = (line + Math.floor(column / grid.cell)) * 3;
      for (let c = 0; c < 3; c++)
        cells[to + c] = (cells[to + c] as number) + share * (light.data[at + c] as number);
    }
  }
}

interface Sweep {
  readonly lines: number;
  readonly lineStep: number;
  readonly length: number;
  readonly step: number;
  readonly radius: number;
}

/** Running mean along each line of interleaved RGB cells; edges repeat. */
function boxBlur(from: Float32Array, to: Float32Array, sweep: Sweep): void {
  const { length, step, radius } = sweep;
  const share = 1 / (2 * radius + 1);
  for (let line = 0; line < sweep.lines; line++) {
    for (let c = 0; c < 3; c++) {
      const start = line * sweep.lineStep + c;
      const read = (i: number): number => from[start + Math.min(length - 1, Math.max(0, i)) * step] as number;
      let sum = 0;
      for (let i = -radius; i <= radius; i++) sum += read(i);
      for (let i = 0; i < length; i++) {
        to[start + i * step] = sum * share;
        sum += read(i + radius + 1) - read(i - radius);
      }
    }
  }
}
