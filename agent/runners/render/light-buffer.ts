/** A picture as linear light, before exposure: rows from the top, (R, G, B) a pixel, 1 about white. */
export interface LightBuffer {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}
