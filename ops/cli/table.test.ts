import { describe, expect, it } from "vitest";
import { formatTable } from "./table.ts";

const COLUMNS = [
  { head: "JOB" },
  { head: "STATE" },
  { head: "ATTEMPTS", isFigure: true, spare: 1 },
  { head: "DETAIL", spare: 2 },
];
const ROWS = [
  ["j_000001", "running 42 %", "0/4", "rendering"],
  ["j_000002", "pending", "0/4", ""],
];
const draw = (room?: number) => formatTable(COLUMNS, ROWS, String, room);

describe("formatTable", () => {
  it("lines up texts at their beginning and figures at their end", () => {
    expect(draw()).toEqual([
      "JOB       STATE         ATTEMPTS  DETAIL",
      "j_000001  running 42 %       0/4  rendering",
      "j_000002  pending            0/4",
    ]);
  });

  it.each([
    [43, "JOB       STATE         ATTEMPTS  DETAIL"],
    [42, "JOB       STATE         ATTEMPTS"],
    [31, "JOB       STATE"],
  ])("leaves out what can be spared on %d columns", (room, head) => {
    expect(draw(room)[0]).toBe(head);
    for (const line of draw(room)) expect(line.length).toBeLessThanOrEqual(room);
  });

  it("cuts the widest text when nothing more can be spared", () => {
    expect(draw(20)).toEqual(["JOB       STATE", "j_000001  running 4…", "j_000002  pending"]);
  });

  it("is never wider than there is room", () => {
    for (let room = 1; room < 50; room++)
      for (const line of draw(room)) expect(line.length).toBeLessThanOrEqual(room);
  });
});
