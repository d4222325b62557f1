/**
 * Arms: the continuous part of the formula. For every pixel, logarithmic arms in the plane of the tilted disc,
 * threads along them, haze between them and light at the core, added up as linear light.
 */
import { PALETTE_SIZE } from "./palette.ts";
import type { Moment, Spiral } from "./spiral.ts";
import { cosTurns, createBell, mix, sinTurns, smoothstep } from "./wave.ts";

/** Linear light, width × height × (R, G, B), rows from the top. */
export interface LightBuffer {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

const THREADS = 7;

/** A function that overwrites a buffer with the arms of one moment. */
export function createArms(spiral: Spiral): (buffer: LightBuffer, moment: Moment) => void {
  const armBell = createBell(spiral.focus);
  const threadBell = createBell(1.2 + 0.5 * spiral.focus);
  const { arms, hand, tilt, tiltCos, tiltSin, palette, pitch, detail, skew } = spiral;
  const [phaseA, phaseB, phaseC, phaseD] = spiral.phases;
  const steepness = Math.sqrt(1 + 9.87 * pitch * pitch);
  const haze = mix(0.015, 0.16, spiral.glow);

  return ({ width, height, data }, moment) => {
    const pixel = 2 / height;
    const zoom = Math.exp(-moment.breath);
    let out = 0;
    for (let row = 0; row < height; row++) {
      const dy = ((row + 0.5) * pixel - 1 - moment.centreY) * zoom;
      for (let column = 0; column < width; column++, out += 3) {
        const dx = ((column + 0.5) * pixel - width / height - moment.centreX) * zoom;
        const u = dx * tiltCos + dy * tiltSin;
        const v = (dy * tiltCos - dx * tiltSin) / tilt;
        const square = u * u + v * v + 1e-4;
        const logRadius = 0.5 * Math.log(square);
        const angle = (hand * Math.atan2(v, u)) / (2 * Math.PI);
        const radius = Math.sqrt(square);

        const bend = moment.bend * cosTurns(2 * angle + 0.4 * logRadius + phaseA);
        const phase = arms * angle - arms * pitch * logRadius * 0.5 + bend + phaseB - moment.turn;
        const crest = armBell(cosTurns(phase));
        const under = armBell(cosTurns(phase * 1 + 0.42 + 0.1 * sinTurns(2 * angle - logRadius + phaseC)));
        const fine = smoothstep(2, 6, (2 * Math.PI * radius) / (THREADS * arms * pixel * steepness));
        const weave = 0.3 * cosTurns(2 * angle + 1.3 * logRadius + phaseD);
        const thread = threadBell(cosTurns(THREADS * phase + weave + 2 * bend));
        const thread2 = threadBell(cosTurns((THREADS - 2) * phase - 2 * weave + 1.7 * logRadius));
        const silk = mix(1, 0.12 + 2.2 * (0.6 * thread + 0.6 * thread2), detail * fine);

        const odd = 1 + 0.9 * skew * cosTurns(3 * angle - 0.7 * logRadius + phaseC);
        const reach = 1 / (1 + 0.55 * square * square + 0.35 * square);
        const fold = 0.72 + 0.28 * sinTurns(phase + 0.08);
        const arm = odd * reach * silk * (crest * 1.15 * fold + 0.3 * under);
        const core = 0.02 / (square + 0.012);
        const light = arm + core + haze * reach;
        const tone =
          0.1 +
          0.5 * crest * fold +
          0.34 * reach +
          0.12 * cosTurns(angle * 2 + 0.5 * logRadius + phaseA) +
          core * 0.2;
        const at = 3 * Math.min(PALETTE_SIZE - 1, Math.max(0, (tone * PALETTE_SIZE) | 0));
        data[out] = light * (palette[at] as number);
        data[out + 1] = light * (palette[at + 1] as number);
        data[out + 2] = light * (palette[at + 2] as number);
      }
    }
  };
}
