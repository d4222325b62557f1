/**
 * Dimensions: the names of the eight scores, what each means and where its formula comes from. The formulas
 * themselves are in still.ts and motion.ts; docs/formula.md states them for people.
 */
export interface Dimension {
  readonly name: string;
  readonly description: string;
  readonly source: string;
}

export const DIMENSIONS = [
  {
    name: "sharpness",
    description: "gradient energy per contrast: how fine the structure is that carries the contrast",
    source: "Tenengrad, after Krotkov 1987; normalised by variance as compared in Pertuz et al. 2013",
  },
  {
    name: "contrast",
    description: "RMS contrast of luma, as a share of the largest there is",
    source: "Peli 1990, Contrast in complex images",
  },
  {
    name: "colourfulness",
    description: "spread and strength of the opponent colours, M / (M + 50)",
    source: "Hasler and Süsstrunk 2003, Measuring colourfulness in natural images",
  },
  {
    name: "complexity",
    description: "share of the picture that carries detail: participation ratio of the gradients",
    source: "edge density (Mack and Oliva 2004) without a threshold, by the sparseness of Hoyer 2004",
  },
  {
    name: "symmetry",
    description: "likeness to the own left-right mirror image or the own half turn, whichever there is",
    source: "Pearson correlation under the transformation, as in Mayer and Landwehr 2018",
  },
  {
    name: "balance",
    description: "nearness of the centre of light to the middle of the picture",
    source: "deviation of the centre of mass, Hübner and Fillinger 2016, after Arnheim 1974",
  },
  {
    name: "smoothness",
    description: "how little the picture changes from one frame to the next, against its own contrast",
    source: "normalised frame difference, after ITU-T P.910 temporal information",
  },
  {
    name: "closure",
    description: "how well the step from the last frame to the first fits the steps beside it",
    source: "seam cost of video textures, Schödl et al. 2000",
  },
] as const satisfies readonly Dimension[];

export type DimensionName = (typeof DIMENSIONS)[number]["name"];

/** One score for each dimension, 0…1. */
export type Scores = Readonly<Record<DimensionName, number>>;
