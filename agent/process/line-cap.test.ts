import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLineCap } from "./line-cap.ts";

function capped(maxLineBytes: number, chunks: readonly string[]): string {
  const capLines = createLineCap(maxLineBytes);
  return chunks.map((chunk) => capLines(Buffer.from(chunk, "latin1")).toString("latin1")).join("");
}

describe("createLineCap", () => {
  it.each([
    { name: "short lines as they are", chunks: ["a\nbc\n\n"], text: "a\nbc\n\n" },
    { name: "a line of exactly the cap as it is", chunks: ["abcd\n"], text: "abcd\n" },
    {
      name: "the rest of a long line as its count",
      chunks: ["abcdef\ng\n"],
      text: "abcd [2 bytes cut]\ng\n",
    },
    { name: "a long line over many chunks", chunks: ["ab", "cd", "ef", "g\n"], text: "abcd [3 bytes cut]\n" },
    { name: "an unfinished line up to the cap", chunks: ["abcdefgh"], text: "abcd" },
    { name: "binary output without interpretation", chunks: ["\0\xff\n"], text: "\0\xff\n" },
  ])("keeps $name", ({ chunks, text }) => {
    expect(capped(4, chunks)).toBe(text);
  });

  it("gives the same text however the stream is cut into chunks", () => {
    const piece = fc.stringMatching(/^[ab\n]{0,12}$/);
    fc.assert(fc.property(fc.array(piece), (chunks) => capped(5, chunks) === capped(5, [chunks.join("")])));
  });
});
