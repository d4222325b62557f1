/**
 * Line cap: output as lines that a terminal, a log shipper and a person can bear. What a line holds beyond
 * the cap is replaced by its count, so that one endless line cannot push everything else out of the log.
 */
const NEWLINE = 0x0a;

/** A function over consecutive chunks of one stream; it keeps the position inside the current line. */
export function createLineCap(maxLineBytes: number): (chunk: Buffer) => Buffer {
  let lineBytes = 0;
  return (chunk) => {
    const parts: Buffer[] = [];
    for (let start = 0; start < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline === -1 ? chunk.length : newline;
      const kept = Math.max(0, Math.min(end - start, maxLineBytes - lineBytes));
      parts.push(chunk.subarray(start, start + kept));
      lineBytes += end - start;
      if (newline !== -1) {
        const cut = lineBytes - maxLineBytes;
        parts.push(Buffer.from(cut > 0 ? ` [${cut} bytes cut]\n` : "\n"));
        lineBytes = 0;
      }
      start = end + 1;
    }
    return Buffer.concat(parts);
  };
}
