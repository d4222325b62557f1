import { describe, expect, it } from "vitest";
import { z } from "zod";
import { settingsProblem, wordIssue } from "./issue-words.ts";

function wordsOf(schema: z.ZodType, value: unknown): string {
  return (schema.safeParse(value).error?.issues ?? []).map(wordIssue).join("; ");
}

describe("wordIssue", () => {
  it.each<readonly [string, z.ZodType, unknown]>([
    ["is missing (a text)", z.string(), undefined],
    ["is missing (a number)", z.number(), undefined],
    ["must be a whole number", z.number().int(), 1.5],
    ["must be a list", z.array(z.string()), {}],
    ["must be realtime, batch", z.enum(["realtime", "batch"]), "fast"],
    ['nobody knows "promt" here', z.strictObject({}), { promt: 1 }],
    ["must be at most 5", z.number().max(5), 6],
    ["must be more than 0", z.number().positive(), 0],
    ["must not be empty", z.string().min(1), ""],
    ["must have at most 1 entries", z.array(z.string()).max(1), ["a", "b"]],
    ["has none of the forms that it may have", z.union([z.string(), z.number()]), true],
    ["is not a name", z.record(z.string().regex(/^a$/, "is not a name"), z.number()), { b: 1 }],
    ["min must be less than max", z.number().refine(() => false, "min must be less than max"), 1],
  ])("says: %s", (words, schema, value) => {
    expect(wordsOf(schema, value)).toBe(words);
  });
});

describe("settingsProblem", () => {
  const schema = z.strictObject({ logLevel: z.enum(["info", "warn"]), size: z.coerce.number() });
  const problemOf = (value: object, flags: Record<string, string>) =>
    settingsProblem({ issues: schema.safeParse(value).error?.issues ?? [], flags, elsewhere: "/r/hub.json" });

  it("calls a wrong flag wrong usage and shows what was given", () => {
    const given = { logLevel: "loud", size: "big" };
    expect(problemOf(given, given)).toMatchObject({
      code: "invalid",
      message: '--log-level: must be info, warn, got "loud"\n--size: must be a number, got "big"',
    });
  });

  it("calls what was not a flag bad configuration", () => {
    expect(problemOf({ logLevel: "loud", size: 1 }, {})).toMatchObject({
      code: "config",
      message: "/r/hub.json: logLevel: must be info, warn",
    });
  });
});
