import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openProjection } from "./projection.ts";

function fileWith(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "spiral-projection-")), "insights.jsonl");
  writeFileSync(path, content);
  return path;
}

/** Opens with `content` in the file, closes at once, and returns what is left of it. */
function reopen(content: string, durableSeq: number): { readonly lastSeq: number; readonly left: string } {
  const path = fileWith(content);
  const file = openProjection(path, durableSeq);
  file.close();
  return { lastSeq: file.lastSeq, left: readFileSync(path, "utf8") };
}

const LINE_1 = '{"seq":1,"score":0.5}\n';
const LINE_4 = '{"seq":4,"score":0.75}\n';
const LONG_LINE = `${JSON.stringify({ seq: 5, text: "x".repeat(200_000) })}\n`;

describe("openProjection", () => {
  it.each([
    { name: "keeps whole lines", content: LINE_1 + LINE_4, left: LINE_1 + LINE_4, lastSeq: 4 },
    { name: "starts an empty file at 0", content: "", left: "", lastSeq: 0 },
    {
      name: "cuts a torn line",
      content: `${LINE_1}${LINE_4}{"seq":6,"sc`,
      left: LINE_1 + LINE_4,
      lastSeq: 4,
    },
    { name: "cuts a file that is one torn line", content: '{"seq":1', left: "", lastSeq: 0 },
    { name: "cuts a line of zeros", content: `${LINE_1}\0\0\0\0\n`, left: LINE_1, lastSeq: 1 },
    {
      name: "cuts what the journal never made durable",
      content: `${LINE_1}{"seq":11}\n{"seq":12}\n`,
      left: LINE_1,
      lastSeq: 1,
    },
    {
      name: "reads lines longer than its block",
      content: LINE_1 + LONG_LINE,
      left: LINE_1 + LONG_LINE,
      lastSeq: 5,
    },
    {
      name: "cuts a torn line longer than its block",
      content: LINE_1 + LONG_LINE.slice(0, -2),
      left: LINE_1,
      lastSeq: 1,
    },
  ])("$name", ({ content, left, lastSeq }) => {
    expect(reopen(content, 10)).toEqual({ lastSeq, left });
  });

  it("writes nothing before flush and ignores lines that are already there", () => {
    const path = fileWith(LINE_1 + LINE_4);
    const file = openProjection(path, 10);
    file.append(4, { score: 0.1 });
    file.append(5, { score: 1 });
    expect(readFileSync(path, "utf8")).toBe(LINE_1 + LINE_4);
    file.flush();
    expect(readFileSync(path, "utf8")).toBe(`${LINE_1}${LINE_4}{"seq":5,"score":1}\n`);
    file.append(6, {});
    file.sync();
    expect(readFileSync(path, "utf8")).toContain('{"seq":6}\n');
    file.close();
  });

  it("keeps the journal's seq whatever an event calls its own fields", () => {
    const path = fileWith("");
    const file = openProjection(path, 10);
    file.append(7, { seq: 1, level: "high" });
    file.close();
    expect(readFileSync(path, "utf8")).toBe('{"seq":7,"level":"high"}\n');
  });

  it("escapes what would move a cursor or hide text, and JSON reads it back", () => {
    const path = fileWith("");
    const file = openProjection(path, 10);
    const prompt = "a\u001b[31m\u009b2J\u202e\u2028b";
    file.append(1, { prompt });
    file.close();
    const line = readFileSync(path, "utf8");
    expect(line).toBe('{"seq":1,"prompt":"a\\u001b[31m\\u009b2J\\u202e\\u2028b"}\n');
    expect(JSON.parse(line)).toEqual({ seq: 1, prompt });
  });
});
