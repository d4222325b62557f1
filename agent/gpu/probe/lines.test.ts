import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countLines, createLineSplitter } from "./lines.ts";

describe("createLineSplitter", () => {
  it("joins lines over chunks and holds an open one back", () => {
    const split = createLineSplitter(100);
    expect(split(Buffer.from("one\r\ntw"))).toEqual(["one"]);
    expect(split(Buffer.from("o"))).toEqual([]);
    expect(split(Buffer.from("\n\nthree"))).toEqual(["two", ""]);
  });

  it("drops a line above the cap whole, and only that line", () => {
    const split = createLineSplitter(5);
    expect(split(Buffer.from("12345\n123456\nabc"))).toEqual(["12345"]);
    expect(split(Buffer.from("def\nok\n"))).toEqual(["ok"]);
  });

  it("yields the same lines wherever the chunks end", () => {
    const text = fc.array(
      fc.string({ unit: "grapheme", maxLength: 12 }).map((line) => line.replace(/[\r\n]/g, "")),
    );
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), (lines, size) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        const split = createLineSplitter(1_000);
        const seen: string[] = [];
        for (let at = 0; at < bytes.length; at += size) seen.push(...split(bytes.subarray(at, at + size)));
        expect(seen).toEqual(lines);
      }),
    );
  });
});

describe("countLines", () => {
  it.each([
    ["", 0],
    ["a", 0],
    ["a\n", 1],
    ["\n\na\n", 3],
  ])("of %j is %i", (text, count) => {
    expect(countLines(Buffer.from(text))).toBe(count);
  });
});
