/**
 * Palette: a prompt's words as light. Known colour words choose the hues; unknown ones are hashed to a hue
 * and a harmony, so that every prompt has a palette of its own and the same prompt always has the same.
 * Colours run through OKLCH (Ottosson 2020), where equal steps look equal, and come out as linear-light sRGB.
 */
import { createRng } from "../../../shared/rng.ts";

/** Hues in OKLCH degrees: of the shadows, the body and the crests. */
interface Harmony {
  readonly shadow: number;
  readonly body: number;
  readonly crest: number;
}

const COLOUR_WORDS: Readonly<Record<string, Harmony>> = {
  ember: { shadow: 5, body: 40, crest: 82 },
  fire: { shadow: 10, body: 38, crest: 90 },
  gold: { shadow: 38, body: 75, crest: 95 },
  amber: { shadow: 30, body: 65, crest: 92 },
  sunset: { shadow: 300, body: 20, crest: 75 },
  rose: { shadow: 330, body: 5, crest: 60 },
  coral: { shadow: 350, body: 30, crest: 70 },
  violet: { shadow: 270, body: 305, crest: 350 },
  dusk: { shadow: 275, body: 320, crest: 50 },
  ocean: { shadow: 265, body: 225, crest: 185 },
  deep: { shadow: 275, body: 245, crest: 200 },
  ice: { shadow: 255, body: 220, crest: 200 },
  silver: { shadow: 265, body: 240, crest: 90 },
  teal: { shadow: 240, body: 190, crest: 160 },
  forest: { shadow: 175, body: 145, crest: 110 },
  moss: { shadow: 160, body: 125, crest: 100 },
  aurora: { shadow: 290, body: 165, crest: 140 },
  nebula: { shadow: 260, body: 330, crest: 55 },
  night: { shadow: 270, body: 265, crest: 80 },
};

const PALETTE_SIZE = 1024;

/** Linear-light colours, `PALETTE_SIZE` × (R, G, B), from shadow to crest. */
export type Palette = Float64Array;

/** The palette of a prompt; `chroma` scales colourfulness (1 = as the harmony has it). */
export function createPalette(prompt: string, seed: string, chroma: number): Palette {
  const harmony = harmonyOf(prompt, seed);
  const stops = [
    { at: 0, l: 0.3, c: 0.12, h: harmony.shadow },
    { at: 0.35, l: 0.52, c: 0.17, h: harmony.shadow + arc(harmony.shadow, harmony.body) * 0.6 },
    { at: 0.65, l: 0.7, c: 0.16, h: harmony.body },
    { at: 0.9, l: 0.86, c: 0.11, h: harmony.crest },
    { at: 1, l: 0.96, c: 0.04, h: harmony.crest },
  ];
  const palette = new Float64Array(PALETTE_SIZE * 3);
  for (let i = 0; i < PALETTE_SIZE; i++) {
    const at = i / (PALETTE_SIZE - 1);
    const next = Math.max(
      1,
      stops.findIndex((stop) => stop.at >= at),
    );
    const low = stops[next - 1] ?? stops[0];
    const high = stops[next] ?? low;
    if (low === undefined || high === undefined) continue;
    const t = (at - low.at) / (high.at - low.at);
    const hue = low.h + arc(low.h, high.h) * t;
    const rgb = oklchToLinear(low.l + (high.l - low.l) * t, (low.c + (high.c - low.c) * t) * chroma, hue);
    palette.set(rgb, i * 3);
  }
  return palette;
}

/** Where the colour of a tone (0 shadow … 1 crest, clamped) begins in a palette. */
export function colourIndex(tone: number): number {
  return 3 * Math.min(PALETTE_SIZE - 1, Math.max(0, (tone * PALETTE_SIZE) | 0));
}

/** The hues that a prompt's words ask for. */
export function harmonyOf(prompt: string, seed: string): Harmony {
  const words = prompt.toLowerCase().match(/\p{L}+/gu) ?? [];
  const known = words.flatMap((word) => COLOUR_WORDS[word] ?? []);
  const shift = createRng(`palette ${seed}`).next() * 16 - 8;
  const [first, second] = known;
  if (first === undefined) return hashedHarmony(words.join(" "), shift);
  return {
    shadow: first.shadow + shift,
    body: first.body + shift,
    crest: (second ?? first).crest + shift,
  };
}

function hashedHarmony(text: string, shift: number): Harmony {
  const rng = createRng(`words ${text}`);
  const body = rng.next() * 360 + shift;
  // Shadows a third of the wheel away at most: neighbours glow, complements turn to grey on the way.
  const side = rng.next() < 0.5 ? -1 : 1;
  return {
    shadow: body - side * (35 + 45 * rng.next()),
    body,
    crest: body + side * (30 + 40 * rng.next()),
  };
}

/** Shortest signed way from one hue to another, in (-180, 180]. */
function arc(from: number, to: number): number {
  const turn = (((to - from) % 360) + 540) % 360;
  return turn - 180;
}

/** OKLCH → linear sRGB (bottosson.github.io/posts/oklab), negative light cut off. */
function oklchToLinear(lightness: number, chroma: number, hueDegrees: number): [number, number, number] {
  const hue = (hueDegrees * Math.PI) / 180;
  const a = chroma * Math.cos(hue);
  const b = chroma * Math.sin(hue);
  const l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
  const m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
  const s = cube(lightness - 0.0894841775 * a - 1.291485548 * b);
  return [
    Math.max(0, 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    Math.max(0, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    Math.max(0, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function cube(x: number): number {
  return x * x * x;
}
