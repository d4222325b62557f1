/**
 * Output: where a verb writes. People get lines, programs get JSON; a verb hands over the value once and the
 * lines are drawn from a copy whose texts are safe, so nothing from a job or a node can drive a terminal.
 */
import pc from "picocolors";
import { safeText } from "../../shared/safe-text.ts";

export type Colours = ReturnType<typeof pc.createColors>;

export interface Output {
  readonly isJson: boolean;
  /** Whether a person watches: lines may be redrawn. */
  readonly isTerminal: boolean;
  readonly columns: number;
  /** Lines of the screen; no bound where no terminal is. */
  readonly rows: number;
  /** Columns that a line may take: those of a terminal; elsewhere no bound. */
  readonly room: number;
  readonly colours: Colours;
  /** The value as one line of JSON, or as the lines that `draw` makes of its safe copy. */
  show<Value>(value: Value, draw: (safe: Value) => readonly string[]): void;
  /** A line for people beside the result, on stderr. */
  note(text: string): void;
  /** Replaces the last line of a terminal; elsewhere nothing. An empty text clears it. */
  redraw(text: string): void;
  /** Clears a terminal, so that the next frame takes the place of the last one; elsewhere nothing. */
  clear(): void;
}

export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

const DEFAULT_COLUMNS = 100;
const DEFAULT_ROWS = 24;
const CLEAR_LINE = "\r\u001b[2K";
const CLEAR_SCREEN = "\u001b[H\u001b[2J\u001b[3J";

export function createOutput(
  { stdout, stderr }: Streams,
  { isJson, mayColour }: { readonly isJson: boolean; readonly mayColour: boolean },
): Output {
  const progress = isJson ? stderr : stdout;
  const isTerminal = progress.isTTY === true;
  let isDrawn = false;
  const redraw = (text: string): void => {
    if (!isTerminal || (text === "" && !isDrawn)) return;
    progress.write(`${CLEAR_LINE}${text}`);
    isDrawn = text !== "";
  };
  return {
    isJson,
    isTerminal,
    get columns() {
      return progress.columns ?? DEFAULT_COLUMNS;
    },
    get rows() {
      return isTerminal ? (progress.rows ?? DEFAULT_ROWS) : Number.POSITIVE_INFINITY;
    },
    get room() {
      return isTerminal ? (progress.columns ?? DEFAULT_COLUMNS) : Number.POSITIVE_INFINITY;
    },
    colours: pc.createColors(mayColour && isTerminal),
    show: (value, draw) => {
      redraw("");
      if (isJson) stdout.write(`${JSON.stringify(value)}\n`);
      else for (const line of draw(makeSafe(value))) stdout.write(`${line}\n`);
    },
    note: (text) => {
      redraw("");
      stderr.write(`${text}\n`);
    },
    redraw,
    clear: () => {
      if (isTerminal) progress.write(CLEAR_SCREEN);
    },
  };
}

/** The same value with every text made safe, keys included. */
function makeSafe<Value>(value: Value): Value {
  return safeCopy(value) as Value;
}

function safeCopy(value: unknown): unknown {
  if (typeof value === "string") return safeText(value);
  if (Array.isArray(value)) return value.map(safeCopy);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [safeText(key), safeCopy(item)]));
}
