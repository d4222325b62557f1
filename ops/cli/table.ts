/**
 * Table: aligned columns of plain text. A cell is padded before it is painted, so colours never shift it. Where a
 * table is wider than the terminal, columns that can be spared go first, then the widest text is cut.
 */
import { cutLine } from "./fit.ts";
import { clipText } from "./format.ts";

export interface PaintedCell {
  readonly text: string;
  readonly paint: (text: string) => string;
}
export type Cell = string | PaintedCell;

export interface Column {
  readonly head: string;
  /** Figures line up at their right end. */
  readonly isFigure?: boolean;
  /** Left out where there is no room, the highest first; without one it stays. */
  readonly spare?: number;
}

const GAP = "  ";
/** No text is cut below this many characters for the sake of others. */
const TEXT_MIN = 8;

/** The head and one line per row, none wider than `room`. Line breaks and tabs inside a cell become spaces. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  paintHead: (text: string) => string,
  room = Number.POSITIVE_INFINITY,
): readonly string[] {
  const texts = rows.map((row) => row.map((cell) => flat(typeof cell === "string" ? cell : cell.text)));
  const natural = columns.map(({ head }, at) =>
    Math.max(head.length, ...texts.map((row) => row[at]?.length ?? 0)),
  );
  const shown = keepColumns(columns, natural, room);
  const widths = cutWidest(columns, natural, { shown, room });
  const pad = (text: string, at: number): string => {
    const width = widths[at] ?? 0;
    const clipped = clipText(text, width);
    return columns[at]?.isFigure === true ? clipped.padStart(width) : clipped.padEnd(width);
  };
  const head = shown.map((at) => pad(columns[at]?.head ?? "", at)).join(GAP);
  const lines = rows.map((row, index) =>
    shown
      .map((at) => {
        const cell = row[at] ?? "";
        const text = pad(texts[index]?.[at] ?? "", at);
        return typeof cell === "string" ? text : cell.paint(text);
      })
      .join(GAP)
      .trimEnd(),
  );
  return [paintHead(cutLine(head.trimEnd(), room)), ...lines.map((line) => cutLine(line, room))];
}

/** The places of the columns that are shown. */
function keepColumns(columns: readonly Column[], widths: readonly number[], room: number): readonly number[] {
  let shown = columns.map((_, at) => at);
  while (widthOf(shown, widths) > room) {
    const spared = shown.map((at) => columns[at]?.spare ?? 0);
    const most = Math.max(...spared);
    if (most === 0) break;
    shown = shown.filter((at) => columns[at]?.spare !== most);
  }
  return shown;
}

interface Fit {
  readonly shown: readonly number[];
  readonly room: number;
}

/** The widths of all columns, the widest text of those shown as narrow as it takes. */
function cutWidest(columns: readonly Column[], widths: readonly number[], { shown, room }: Fit) {
  const excess = widthOf(shown, widths) - room;
  const texts = shown.filter((at) => columns[at]?.isFigure !== true);
  const widest = Math.max(0, ...texts.map((at) => widths[at] ?? 0));
  const cut = texts.find((at) => widths[at] === widest);
  if (excess <= 0 || cut === undefined) return widths;
  return widths.map((width, at) =>
    at === cut ? Math.max(Math.min(width, TEXT_MIN), width - excess) : width,
  );
}

function widthOf(shown: readonly number[], widths: readonly number[]): number {
  return shown.reduce((sum, at) => sum + (widths[at] ?? 0), 0) + GAP.length * Math.max(0, shown.length - 1);
}

function flat(text: string): string {
  return text.replace(/[\n\t]/g, " ");
}
