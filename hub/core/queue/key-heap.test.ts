import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyHeap } from "./key-heap.ts";

describe("KeyHeap", () => {
  it("gives the least key first, and of equal keys the lower number", () => {
    const heap = new KeyHeap();
    for (const [member, key] of [
      ["j_1000000", 2],
      ["j_999999", 2],
      ["b", 3],
      ["a", 9],
    ] as const)
      heap.set(member, key);
    heap.set("a", 1);
    const order: (string | undefined)[] = [];
    while (heap.size > 0) {
      order.push(heap.first);
      heap.delete(heap.first ?? "");
    }
    expect(order).toEqual(["a", "j_999999", "j_1000000", "b"]);
  });

  it("is always as if it had been sorted", () => {
    const step = fc.record({
      member: fc.integer({ min: 0, max: 20 }),
      key: fc.option(fc.integer({ min: 0, max: 9 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new KeyHeap();
        const model = new Map<string, number>();
        for (const { member, key } of steps) {
          const name = `m${String(member).padStart(2, "0")}`;
          if (key === null) {
            heap.delete(name);
            model.delete(name);
          } else {
            heap.set(name, key);
            model.set(name, key);
          }
          const [least] = [...model].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
          expect([heap.first, heap.firstKey, heap.size]).toEqual([least?.[0], least?.[1], model.size]);
        }
      }),
    );
  });
});
