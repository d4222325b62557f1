import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { beginOf, drawEvent } from "./events.ts";

const plain = pc.createColors(false);

const event = (body: object) => ({
  seq: 7,
  wallMs: 0,
  kind: "node.decided",
  body: { node: "alpha", ...body },
});

describe("beginOf", () => {
  it.each([
    ["the newest so many", 100, 5, 95],
    ["the last 50 when none is said", 100, 0, 50],
    ["more than 50 where they are asked for", 100, 80, 20],
    ["all of a young journal", 3, 5, 0],
  ])("begins before %s", (_what, journalSeq, limit, begin) => {
    expect(beginOf(journalSeq, limit)).toBe(begin);
  });
});

describe("drawEvent", () => {
  it("shows what a node decided by its sentence instead of its inputs", () => {
    const line = drawEvent(event({ body: { sentence: "ada is ringing", gpu: "GPU-0" } }), plain, null);
    expect(line).toMatch(/^ {5}7 {2}\S+ {2}node\.decided +node=alpha ada is ringing$/);
  });

  it("keeps an event on its line when a label in it has several", () => {
    const line = drawEvent(event({ body: { sentence: "a\nb\tis refused" } }), plain, null);
    expect(line).toContain("node=alpha a b is refused");
  });
});
