import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PRIORITIES, PRIORITY_RANK } from "../../../shared/model/priority.ts";
import { Waiters } from "./waiters.ts";

const step = fc.record({
  jobId: fc.constantFrom("a", "b", "c", "d"),
  runner: fc.constantFrom("flux", "llm"),
  priority: fc.option(fc.constantFrom(...PRIORITIES)),
});

describe("Waiters", () => {
  it("knows the highest priority for each runner, and tells each change of it", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const waiters = new Waiters();
        const plain = new Map<string, (typeof steps)[number]>();
        const told = new Map<string, string | null>();
        for (const each of steps) {
          const { jobId, runner, priority } = each;
          if (priority === null) waiters.delete(jobId);
          else waiters.set(jobId, runner, priority);
          if (priority === null) plain.delete(jobId);
          else plain.set(jobId, each);
          for (const changed of waiters.takeChanged()) told.set(changed, waiters.best(changed));
          for (const asked of ["flux", "llm"]) {
            const waiting = [...plain.values()].filter((one) => one.runner === asked);
            const [best] = waiting
              .flatMap((one) => one.priority ?? [])
              .sort((a, b) => PRIORITY_RANK[a] - PRIORITY_RANK[b]);
            expect(waiters.best(asked)).toBe(best ?? null);
            expect(told.get(asked) ?? null).toBe(best ?? null);
          }
        }
      }),
    );
  });
});
