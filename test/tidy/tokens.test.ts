import { describe, expect, it } from "vitest";
import { tokenize } from "./tokens.ts";

const kinds = (text: string): readonly string[] =>
  tokenize(text).map((token) => `${token.kind} ${token.text}`);

describe("tokenize", () => {
  it("finds the code inside a template, and nested templates", () => {
    expect(kinds(`\`a \${f({ b: \`\${c}\` })} d\``).filter((kind) => kind.startsWith("word"))).toEqual([
      "word f",
      "word b",
      "word c",
    ]);
  });

  it("tells a division from a pattern", () => {
    expect(kinds("a / b / c").filter((kind) => kind.startsWith("regex"))).toEqual([]);
    expect(kinds("return /a[/]b/g.test(c)")).toContain("regex /a[/]b/g");
  });

  it("keeps escaped quotes inside their text", () => {
    expect(kinds(String.raw`"a\"b" 'c'`)).toEqual([String.raw`string "a\"b"`, "string 'c'"]);
  });

  it("counts lines through comments and templates", () => {
    expect(tokenize("/* a\n */ `b\n` c").map((token) => token.line)).toEqual([1, 2, 3]);
  });

  it("loses no character that is not white space", () => {
    const text = `const a = <T>(b: T) => b ?? \`x\${1}\` // end`;
    const joined = tokenize(text)
      .map((token) => token.text)
      .join("");
    expect(joined.replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
  });
});
