import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  FAILURE_CAUSES,
  mayStart,
  recordFailure,
  START_LIMIT_CLEAN,
  START_LIMIT_POLICY,
  type StartLimit,
} from "../../shared/policy/start-limit.ts";
import { removeDirectory, scratchDirectory } from "../../test/helpers/supervisor-rig.ts";
import { decodeStartLimits, encodeStartLimits, openStartLimits } from "./start-limits.ts";

const SAVED = { bootId: "one", bootMs: 1_000_000 };
const LATER = { bootId: "one", bootMs: 1_000_500 };
const REBOOTED = { bootId: "two", bootMs: 20_000 };

/** A limit after these failures, one a second up to the moment it is saved. */
function failed(...causes: readonly ("own" | "oom" | "infra" | "preempted")[]): StartLimit {
  return causes.reduce(
    (limit, cause, index) =>
      recordFailure(START_LIMIT_POLICY, limit, cause, SAVED.bootMs - 1_000 * (causes.length - 1 - index)),
    START_LIMIT_CLEAN,
  );
}

const STRUCK = failed("own", "infra", "oom");
const GIVEN_UP = failed("own", "own", "own", "own", "own", "own");

describe("decodeStartLimits", () => {
  it("gives an agent of the same boot exactly what was saved", () => {
    const limits = new Map([
      ["render", STRUCK],
      ["train", GIVEN_UP],
    ]);
    expect(decodeStartLimits(encodeStartLimits(limits, SAVED), LATER)).toEqual(limits);
  });

  it("carries strikes over a reboot as ages, and stays given up", () => {
    const text = encodeStartLimits(
      new Map([
        ["render", STRUCK],
        ["train", GIVEN_UP],
      ]),
      SAVED,
    );
    const limits = decodeStartLimits(text, REBOOTED);
    expect(limits.get("render")).toEqual({
      strikesAtMs: [18_000, 20_000],
      notBeforeMs: 24_000,
      gaveUpAtMs: null,
      failures: { own: 1, oom: 1, infra: 1, preempted: 0 },
    });
    expect(mayStart(limits.get("train") ?? START_LIMIT_CLEAN, REBOOTED.bootMs)).toMatchObject({
      kind: "given-up",
      strikes: 6,
    });
  });

  it("can always be counted on from, whatever was saved and whenever it is read", () => {
    const steps = fc.array(
      fc.tuple(fc.constantFrom(...FAILURE_CAUSES), fc.integer({ min: 0, max: 900_000 })),
    );
    fc.assert(
      fc.property(steps, fc.boolean(), fc.nat(10_000_000), (failures, isSameBoot, laterMs) => {
        let nowMs = 0;
        let limit = START_LIMIT_CLEAN;
        for (const [cause, waitMs] of failures) {
          nowMs += waitMs;
          limit = recordFailure(START_LIMIT_POLICY, limit, cause, nowMs);
        }
        const now = isSameBoot ? { bootId: "a", bootMs: nowMs + laterMs } : { bootId: "b", bootMs: laterMs };
        const text = encodeStartLimits(new Map([["render", limit]]), { bootId: "a", bootMs: nowMs });
        const back = decodeStartLimits(text, now).get("render") ?? START_LIMIT_CLEAN;
        expect(back.strikesAtMs).toHaveLength(limit.strikesAtMs.length);
        recordFailure(START_LIMIT_POLICY, back, "own", now.bootMs);
      }),
    );
  });

  it.each([
    "",
    "null",
    "{",
    "[]",
    '{"limits":{}}',
    '{"bootId":"one","bootMs":1,"limits":{"render":null}}',
    '{"bootId":"one","bootMs":1,"limits":{"render":{"strikesAtMs":["x"],"notBeforeMs":0,"gaveUpAtMs":null,"failures":{}}}}',
    // A strike that has not happened yet would break the clock of the next one.
    `{"bootId":"one","bootMs":1,"limits":{"render":${JSON.stringify({ ...STRUCK, strikesAtMs: [9e9] })}}}`,
    `{"bootId":"one","bootMs":1,"limits":{"render":${JSON.stringify({ ...STRUCK, strikesAtMs: [9, 3] })}}}`,
    `{"bootId":"one","bootMs":1,"limits":{"render":${JSON.stringify({ ...STRUCK, failures: { own: -1 } })}}}`,
  ])("forgives what it cannot understand: %s", (text) => {
    expect(decodeStartLimits(text, LATER).size).toBe(0);
  });
});

describe("openStartLimits", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await scratchDirectory();
  });
  afterEach(() => removeDirectory(directory));

  it("begins with nothing, and the next agent reads what this one saved last", async () => {
    const store = openStartLimits(directory);
    expect(await store.load(SAVED)).toEqual(new Map());
    const saves = [STRUCK, GIVEN_UP].map((limit) => store.save(new Map([["render", limit]]), SAVED));
    await Promise.all(saves);
    expect(await openStartLimits(directory).load(LATER)).toEqual(new Map([["render", GIVEN_UP]]));
  });

  it("starts clean over a torn file", async () => {
    await writeFile(join(directory, "start-limits.json"), '{"bootId":"one","boo');
    expect(await openStartLimits(directory).load(SAVED)).toEqual(new Map());
  });
});
