/**
 * Arms: the continuous part of the formula. For every pixel, logarithmic arms in the plane of the tilted disc,
 * threads along them, haze between them and light at the core, added up as linear light.
 */
import type { LightBuffer } from "./light-buffer.ts";
import { colourIndex } from "./palette.ts";
import type { Moment, Spiral } from "./spiral.ts";
import { cosTurns, createBell, createRidge, mix, sinTurns, smoothstep } from "./wave.ts";

/** What the formula says about one point: how much light, and where on the palette (0…1). */
interface Sample {
  light: number;
  tone: number;
}

/** A function that overwrites a buffer of `height` rows with the arms of one moment. */
export function createArms(spiral: Spiral, height: number): (buffer: LightBuffer, moment: Moment) => void {
  const shade = createShader(spiral, height);
  const { tilt, tiltCos, tiltSin, palette } = spiral;
  const pixel = 2 / height;
  const sample: Sample = { light: 0, tone: 0 };
  return ({ width, data }, moment) => {
    const zoom = Math.exp(-moment.breath);
    for (let row = 0, out = 0; row < height; row++) {
      const dy = ((row + 0.5) * pixel - 1 - moment.centreY) * zoom;
      for (let column = 0; column < width; column++, out += 3) {
        const dx = ((column + 0.5) * pixel - width / height - moment.centreX) * zoom;
        shade(sample, moment, dx * tiltCos + dy * tiltSin, (dy * tiltCos - dx * tiltSin) / tilt);
        const at = colourIndex(sample.tone);
        data[out] = sample.light * (palette[at] as number);
        data[out + 1] = sample.light * (palette[at + 1] as number);
        data[out + 2] = sample.light * (palette[at + 2] as number);
      }
    }
  };
}

/** The formula at a point (u, v) of the disc's plane; it writes into the sample to spare an object per pixel. */
function createShader(
  spiral: Spiral,
  height: number,
): (sample: Sample, moment: Moment, u: number, v: number) => void {
  const { arms, hand, pitch, detail, skew } = spiral;
  const [phaseA, phaseB, phaseC, phaseD] = spiral.phases;
  const bell = createBell(spiral.focus);
  const ridge = createRidge(1 + 0.35 * spiral.focus);
  const haze = mix(0.015, 0.16, spiral.glow);
  // One arm spacing at radius 1, measured across the arms, in pixels.
  const spacing = (Math.PI * height) / (arms * Math.sqrt(1 + Math.PI * Math.PI * pitch * pitch));

  return (sample, moment, u, v) => {
    const square = u * u + v * v + 1e-4;
    const logRadius = 0.5 * Math.log(square);
    const angle = (hand * Math.atan2(v, u)) / (2 * Math.PI);
    const wound = angle - 0.5 * pitch * logRadius;
    const bend = moment.bend * cosTurns(2 * angle + 0.4 * logRadius + phaseA);
    const phase = arms * wound + bend + phaseB - moment.turn;

    const crest = bell(cosTurns(phase));
    const under = bell(cosTurns(phase + 0.42 + 0.1 * sinTurns(2 * angle - logRadius + phaseC)));
    const wave = 0.4 * cosTurns(2 * angle + 1.3 * logRadius + phaseD);
    const room = spacing * Math.sqrt(square);
    const coarse = ridge(cosTurns(4 * phase + wave + 2 * bend));
    const middle = ridge(cosTurns(9 * phase - 2 * wave + 1.7 * logRadius + moment.growth));
    const fine = ridge(cosTurns(17 * phase + 3 * wave - 1.1 * logRadius - moment.growth));
    const threads =
      0.42 * shown(room / 4) * coarse + 0.34 * shown(room / 9) * middle + 0.3 * shown(room / 17) * fine;
    const silk = Math.max(0, 1 + detail * threads);

    const odd = 1 + 0.9 * skew * cosTurns(wound + phaseB / arms);
    const reach = 1 / (1 + 0.35 * square + 0.55 * square * square);
    const fold = 0.66 + 0.34 * sinTurns(phase + 0.06);
    const core = 0.02 / (square + 0.012);
    const arm = odd * silk * (1.2 * crest * fold + 0.34 * under);
    sample.light = core + reach * (arm + haze * (0.4 + 0.6 * silk));
    const drift = 0.12 * cosTurns(2 * angle + 0.5 * logRadius + phaseA);
    sample.tone = 0.03 + 0.46 * crest * fold + 0.07 * silk + 0.34 * reach + drift + 0.2 * core;
  };
}

/** How much of threads this many pixels wide is shown: none that a pixel cannot resolve. */
function shown(pixels: number): number {
  return smoothstep(2.6, 6, pixels);
}
