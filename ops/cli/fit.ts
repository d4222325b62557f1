/**
 * Fit: painted lines in a terminal of so many columns. A terminal breaks a line that is too long wherever it ends, in
 * the middle of a word, and a frame that is higher than the screen loses its first lines; here words stay whole and
 * the first lines stay. Colours take no room. Pure.
 */

/** Either a colour or one visible character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC.
const PARTS = /\u001b\[[0-9;]*m|[\s\S]/gu;
const ESCAPE = "\u001b";
const RESET = "\u001b[0m";
/** Under which the further lines of one stand: beside the labels of a frame. */
const HANG = 12;

/** The line cut to `columns`, the cut marked. */
export function cutLine(line: string, columns: number): string {
  const parts = line.match(PARTS) ?? [];
  if (widthOf(parts) <= columns) return line;
  let room = Math.max(0, columns - 1);
  const kept = parts.filter((part) => part.startsWith(ESCAPE) || room-- > 0);
  const end = kept.some((part) => part.startsWith(ESCAPE)) ? RESET : "";
  return `${kept.join("")}…${end}`;
}

/** The line on as many lines as it takes, broken between words; a word that is longer than a line is cut. */
export function foldLine(line: string, columns: number): readonly string[] {
  if (widthOf(line.match(PARTS) ?? []) <= columns) return [line];
  const hang = " ".repeat(columns > 3 * HANG ? HANG : 0);
  const lines: string[] = [];
  let current = "";
  for (const word of line.match(/\s*\S+/gu) ?? []) {
    const isFull = current !== "" && visible(current + word) > columns;
    if (isFull) lines.push(current);
    current = isFull ? hang + word.trimStart() : current + word;
  }
  return [...lines, current].map((each) => cutLine(each, columns));
}

/** At most `rows` lines; where there are more, the last one says how many are not shown. */
export function cutRows(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = lines.slice(0, Math.max(0, rows - 1));
  return [...shown, `… ${lines.length - shown.length} more line(s): spiral status`];
}

function visible(text: string): number {
  return widthOf(text.match(PARTS) ?? []);
}

function widthOf(parts: readonly string[]): number {
  return parts.reduce((width, part) => (part.startsWith(ESCAPE) ? width : width + 1), 0);
}
