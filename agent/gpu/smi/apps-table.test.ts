import { describe, expect, it } from "vitest";
import { createAppsTable } from "./apps-table.ts";
import type { AppRow } from "./fields.ts";

const row = (pid: number): AppRow => ({ uuid: "GPU-a", pid, usedBytes: 1, name: null });
const pids = (rows: readonly AppRow[] | null): readonly number[] | null =>
  rows?.map(({ pid }) => pid) ?? null;

describe("createAppsTable", () => {
  it("knows nothing until a first round can be over, and then that nobody is there", () => {
    const table = createAppsTable(2_000, 8_000);
    expect(table.at(7_999)).toBeNull();
    expect(table.at(8_000)).toEqual([]);
  });

  it("shows a round when it is complete and the one before it until then", () => {
    const table = createAppsTable(2_000, 8_000);
    table.add(row(1), 1_000);
    table.add(row(2), 1_001);
    expect(pids(table.at(1_300))).toEqual([1, 2]);
    table.add(row(2), 3_000);
    expect(pids(table.at(3_000))).toEqual([1, 2]);
    table.add(row(3), 3_002);
    expect(pids(table.at(3_300))).toEqual([2, 3]);
  });

  it("takes silence for an empty list", () => {
    const table = createAppsTable(2_000, 8_000);
    table.add(row(1), 1_000);
    expect(pids(table.at(4_000))).toEqual([1]);
    expect(pids(table.at(4_001))).toEqual([]);
  });

  it("bounds a round", () => {
    const table = createAppsTable(2_000, 0);
    for (let pid = 0; pid < 10_000; pid++) table.add(row(pid), 0);
    expect(table.at(1_000)).toHaveLength(4_096);
  });
});
