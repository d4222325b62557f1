/** An 8-bit picture in memory: rows from the top, three bytes (R, G, B) a pixel, sRGB. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
