/**
 * Bloom: the wide soft glow round what is bright. The light is averaged into coarse cells, blurred there by
 * running means and read back bilinearly, so it costs little at any size and looks the same at each.
 */
import type { LightBuffer } from "./light-buffer.ts";

export interface Bloom {
  /** Takes the glow of a picture; `read` then gives it row by row. */
  spread(light: LightBuffer): void;
  /** Writes the glow of one row of pixels, (R, G, B) each, into `target`. */
  read(target: Float64Array, row: number): void;
}

/** Radii of the running means, in cells of 1/45 of the height: together nearly a Gaussian. */
const RADII = [2, 3, 4] as const;

export function createBloom(width: number, height: number): Bloom {
  const cell = Math.max(1, Math.round(height / 45));
  const columns = Math.ceil(width / cell);
  const rows = Math.ceil(height / cell);
  const cells = new Float32Array(columns * rows * 3);
  const spare = new Float32Array(columns * rows * 3);
  const strip = new Float64Array(columns * 3);
  const places = Array.from({ length: width }, (_, column) => between(column, cell, columns));
  const lefts = Int32Array.from(places, ({ first }) => first * 3);
  const shares = Float64Array.from(places, ({ share }) => share);
  return {
    spread(light) {
      gather(light, cells, { cell, columns });
      for (const radius of RADII) {
        boxBlur(cells, spare, { lines: rows, lineStep: columns * 3, length: columns, step: 3, radius });
        boxBlur(spare, cells, { lines: columns, lineStep: 3, length: rows, step: columns * 3, radius });
      }
    },
    read(target, row) {
      const { first, share } = between(row, cell, rows);
      const above = first * columns * 3;
      const below = above + columns * 3;
      for (let i = 0; i < strip.length; i++) {
        strip[i] = (cells[above + i] as number) * (1 - share) + (cells[below + i] as number) * share;
      }
      for (let column = 0, out = 0; column < width; column++, out += 3) {
        const at = lefts[column] as number;
        const tx = shares[column] as number;
        for (let c = 0; c < 3; c++) {
          target[out + c] = (strip[at + c] as number) * (1 - tx) + (strip[at + 3 + c] as number) * tx;
        }
      }
    },
  };
}

/** The two neighbouring cells whose middles enclose a pixel, and the share of the second. */
function between(
  pixel: number,
  cell: number,
  cells: number,
): { readonly first: number; readonly share: number } {
  const at = Math.min(cells - 1, Math.max(0, (pixel + 0.5) / cell - 0.5));
  const first = Math.min(cells - 2, Math.floor(at));
  return { first, share: at - first };
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
