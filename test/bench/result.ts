/** Result: what one benchmark found, and how figures of several rounds become one line of the table. */
import { loadavg } from "node:os";

export interface Result {
  readonly id: string;
  readonly what: string;
  /** The measured figure with its unit, for people. */
  readonly value: string;
  /** Against what the bar names, in the same run; null where the bar is absolute. */
  readonly ratio: number | null;
  readonly bar: string;
  /** Null where this run cannot tell. */
  readonly isMet: boolean | null;
  /** Lowest and highest round of the figure that the bar judges. */
  readonly spread: readonly [number, number];
  readonly rounds: number;
  /** Load average of the machine when it ended. */
  readonly load: number;
  readonly notes: string;
}

export interface Figures {
  readonly median: number;
  readonly spread: readonly [number, number];
  readonly rounds: number;
}

export function figuresOf(samples: readonly number[]): Figures {
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    spread: [sorted[0] ?? Number.NaN, sorted.at(-1) ?? Number.NaN],
    rounds: sorted.length,
  };
}

/** Nearest rank; of sorted samples. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

export function sort(samples: Iterable<number>): number[] {
  return [...samples].sort((a, b) => a - b);
}

type Judged = Pick<Result, "id" | "what" | "value" | "bar"> & {
  readonly figures: Figures;
  /** Of the median; null judges nothing. */
  readonly isMet: boolean | null;
  readonly notes?: string;
};

/** A result whose bar is a ratio: `figures` are the ratios of the rounds. */
export function ratioResult(judged: Judged): Result {
  return { ...absoluteResult(judged), ratio: judged.figures.median };
}

/** A result whose bar is an absolute figure. */
export function absoluteResult({ figures, notes = "", ...rest }: Judged): Result {
  const load = Math.round(10 * (loadavg()[0] ?? 0)) / 10;
  return { ...rest, ratio: null, spread: figures.spread, rounds: figures.rounds, load, notes };
}

export function markdown(results: readonly Result[]): string {
  const head =
    "| id | what | value | ratio | bar | met | spread | rounds | load | notes |\n|---|---|---|---|---|---|---|---|---|---|";
  const rows = results.map((row) =>
    [
      row.id,
      row.what,
      row.value,
      row.ratio === null ? "" : short(row.ratio),
      row.bar,
      row.isMet === null ? "?" : row.isMet ? "yes" : "**no**",
      row.spread.map(short).join(" to "),
      row.rounds,
      row.load,
      row.notes,
    ].join(" | "),
  );
  return `${[head, ...rows.map((row) => `| ${row} |`)].join("\n")}\n`;
}

/** Three significant digits. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "?";
  return value >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}
