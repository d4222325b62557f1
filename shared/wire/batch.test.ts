import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MESSAGE_LIMITS } from "../model/messages.ts";
import { approximateBytes, splitBatches } from "./batch.ts";

describe("splitBatches", () => {
  it("keeps 16 small items together and opens a second batch for the 17th", () => {
    expect(splitBatches(Array(16).fill("x"))).toHaveLength(1);
    expect(splitBatches(Array(17).fill("x")).map((batch) => batch.length)).toEqual([16, 1]);
  });

  it("closes a batch before it exceeds 192 KiB", () => {
    const item = "x".repeat(100 * 1024);
    expect(splitBatches([item, item, item]).map((batch) => batch.length)).toEqual([1, 1, 1]);
  });

  it("loses nothing, keeps the order and the bounds, whatever the sizes", () => {
    const items = fc.array(
      fc.nat({ max: 120_000 }).map((size) => "x".repeat(size)),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(items, (given) => {
        const batches = splitBatches(given);
        expect(batches.flat()).toEqual(given);
        for (const batch of batches) {
          const bytes = batch.reduce((sum, item) => sum + approximateBytes(item), 0);
          expect(batch.length).toBeLessThanOrEqual(MESSAGE_LIMITS.batchItems);
          expect(batch.length === 1 || bytes <= MESSAGE_LIMITS.batchBytes).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});
