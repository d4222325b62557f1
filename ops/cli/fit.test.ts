import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { cutLine, cutRows, foldLine } from "./fit.ts";

const { red } = pc.createColors(true);

describe("cutLine", () => {
  it("leaves a line that fits", () => {
    expect(cutLine("12345", 5)).toBe("12345");
    expect(cutLine(red("12345"), 5)).toBe(red("12345"));
  });

  it("marks the cut, and does not count or leave open colours", () => {
    expect(cutLine("123456", 5)).toBe("1234…");
    const cut = cutLine(`${red("123456")} and more`, 5);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC.
    expect(cut.replace(/\u001b\[[0-9;]*m/g, "")).toBe("1234…");
    expect(cut.endsWith("\u001b[0m")).toBe(true);
  });
});

describe("foldLine", () => {
  it("breaks between words and hangs what follows under the text", () => {
    expect(foldLine("warning     the disk is full and work is refused", 40)).toEqual([
      "warning     the disk is full and work is",
      "            refused",
    ]);
  });

  it("cuts a word that is longer than a line", () => {
    expect(foldLine("a verylongword", 6)).toEqual(["a", "veryl…"]);
  });

  it("leaves a line that fits as it is, spaces and all", () => {
    expect(foldLine("queue       3 pending", 40)).toEqual(["queue       3 pending"]);
  });
});

describe("cutRows", () => {
  it("keeps the first lines and says how many are missing", () => {
    expect(cutRows(["a", "b", "c"], 3)).toEqual(["a", "b", "c"]);
    expect(cutRows(["a", "b", "c", "d"], 3)).toEqual(["a", "b", "… 2 more line(s): spiral status"]);
  });
});
