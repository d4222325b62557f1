/** Table: aligned columns of plain text. A cell is padded before it is painted, so colours never shift it. */

export interface PaintedCell {
  readonly text: string;
  readonly paint: (text: string) => string;
}
export type Cell = string | PaintedCell;

export interface Column {
  readonly head: string;
  /** Figures line up at their right end. */
  readonly isFigure?: boolean;
}

const GAP = "  ";

/** The head and one line per row. Line breaks and tabs inside a cell become spaces. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  paintHead: (text: string) => string,
): readonly string[] {
  const texts = rows.map((row) => row.map((cell) => flat(typeof cell === "string" ? cell : cell.text)));
  const widths = columns.map(({ head }, at) =>
    Math.max(head.length, ...texts.map((row) => row[at]?.length ?? 0)),
  );
  const pad = (text: string, at: number): string =>
    columns[at]?.isFigure === true ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0);
  const head = columns.map((column, at) => pad(column.head, at)).join(GAP);
  const lines = rows.map((row, index) =>
    row
      .map((cell, at) => {
        const text = pad(texts[index]?.[at] ?? "", at);
        return typeof cell === "string" ? text : cell.paint(text);
      })
      .join(GAP)
      .trimEnd(),
  );
  return [paintHead(head.trimEnd()), ...lines];
}

function flat(text: string): string {
  return text.replace(/[\n\t]/g, " ");
}
