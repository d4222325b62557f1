/**
 * Lines: a byte stream as lines of bounded length. A program that never ends its line, or writes a hundred
 * megabytes of one, costs no more memory than the cap: such a line is dropped whole, because half a row of
 * figures is worse than none.
 */
const NEWLINE = 0x0a;

/** A function over consecutive chunks; returns the whole lines that each one completes, without the newline. */
export function createLineSplitter(maxLineBytes: number): (chunk: Buffer) => readonly string[] {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const take = (part: Buffer): void => {
    heldBytes += part.length;
    if (heldBytes > maxLineBytes) held = [];
    else held.push(Buffer.from(part));
  };
  return (chunk) => {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, end));
      if (heldBytes <= maxLineBytes) lines.push(Buffer.concat(held).toString("utf8").replace(/\r$/, ""));
      held = [];
      heldBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) take(chunk.subarray(start));
    return lines;
  };
}

/** How many lines a chunk ends; much cheaper than making them. */
export function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
