import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../shared/json.ts";
import { builtinRunners } from "./builtin.ts";
import { buildArgv, paramsProblem, parseRunner, type RunnerDefinition } from "./definition.ts";

const TEXT = { type: "string" } as const;

function runner(changes: JsonObject): RunnerDefinition {
  return parseRunner(
    { name: "tool", argv: ["tool", "{params.file}"], params: { file: TEXT }, ...changes },
    "tool.json",
  );
}

describe("parseRunner", () => {
  it.each([
    { changes: { nmae: "x" }, message: /tool\.json: the file: nobody knows "nmae" here/ },
    { changes: { name: "Tool One" }, message: /tool\.json: name: must be a name/ },
    { changes: { argv: [] }, message: /tool\.json: argv: / },
    { changes: { argv: ["tool", "{params.other}"] }, message: /argv\.1: \{params\.other\} is not in params/ },
    { changes: { argv: ["tool", "{params.}"] }, message: /argv\.1: a placeholder is written/ },
    { changes: { argv: ["{params.file}"] }, message: /argv\.0: the program itself is not a parameter/ },
    { changes: { argv: ["tool", "a\0b"] }, message: /argv\.1: holds a zero byte/ },
    { changes: { params: { file: { type: "text" } } }, message: /params\.file\.type/ },
    {
      changes: { params: { file: { type: "object" } } },
      message: /argv\.1: \{params\.file\} is no text but object/,
    },
    { changes: { params: { file: { type: "string", pattern: "(" } } }, message: /pattern: is not a regular/ },
    { changes: { params: null }, message: /argv\.1: \{params\.file\} is not in params/ },
    { changes: { nice: 40 }, message: /tool\.json: nice: / },
  ])("refuses $changes, naming file and field", ({ changes, message }) => {
    expect(() => runner(changes)).toThrow(message);
  });

  it("fills in what is left out", () => {
    expect(runner({})).toMatchObject({ lane: null, vramBytes: 0, nice: 5, envAllow: [] });
  });
});

describe("paramsProblem", () => {
  const typed = runner({
    argv: ["tool"],
    params: {
      name: { type: "string", enum: ["a", "b"], required: false },
      word: { type: "string", pattern: "[a-z]+", maxLength: 5, required: false },
      count: { type: "integer", min: 1, max: 9, required: false },
      ratio: { type: "number", min: 0, max: 1, required: false },
      flag: { type: "boolean", required: false },
      more: { type: "object", required: false },
      list: { type: "array", required: false },
    },
  });

  it.each([
    { name: "a", word: "abc", count: 9, ratio: 0.5, flag: true, more: {}, list: [1] },
    { count: 1, ratio: 1 },
    {},
  ])("accepts %j", (given) => {
    expect(paramsProblem(typed, given)).toBe(null);
  });

  it.each([
    { given: { name: "c" }, problem: "parameter name of runner tool must be one of a, b" },
    { given: { name: 1 }, problem: "parameter name of runner tool must be a string" },
    { given: { word: "abcdef" }, problem: "parameter word of runner tool must be at most 5 characters" },
    { given: { word: "ab1" }, problem: "parameter word of runner tool must match [a-z]+" },
    { given: { word: "a\nb" }, problem: "parameter word of runner tool must match [a-z]+" },
    { given: { count: 1.5 }, problem: "parameter count of runner tool must be a whole number" },
    { given: { count: "1" }, problem: "parameter count of runner tool must be a whole number" },
    { given: { count: 0 }, problem: "parameter count of runner tool must be at least 1" },
    { given: { ratio: 2 }, problem: "parameter ratio of runner tool must be at most 1" },
    { given: { ratio: null }, problem: "parameter ratio of runner tool must be a number" },
    { given: { flag: "true" }, problem: "parameter flag of runner tool must be true or false" },
    { given: { more: [] }, problem: "parameter more of runner tool must be an object" },
    { given: { list: {} }, problem: "parameter list of runner tool must be a list" },
  ])("refuses $given", ({ given, problem }) => {
    expect(paramsProblem(typed, given)).toBe(problem);
  });

  it("refuses what is missing, unknown or inherited", () => {
    expect(paramsProblem(runner({}), {})).toBe("parameter file of runner tool is missing");
    expect(paramsProblem(runner({}), { file: "a", fiel: "b" })).toMatch(
      /has no parameter "fiel"; it has: file/,
    );
    expect(paramsProblem(runner({}), JSON.parse('{"file":"a","__proto__":{}}'))).toMatch(/has no parameter/);
    const odd = runner({ argv: ["tool", "{params.toString}"], params: { toString: TEXT } });
    expect(paramsProblem(odd, {})).toBe("parameter toString of runner tool is missing");
  });

  it("lets no value begin an argument with a dash unless the schema says so", () => {
    expect(paramsProblem(runner({}), { file: "--exec=rm" })).toMatch(/must not begin with "-"/);
    const free = runner({ params: { file: { ...TEXT, mayStartWithDash: true } } });
    expect(paramsProblem(free, { file: "-x" })).toBe(null);
    const behind = runner({ argv: ["tool", "--file={params.file}"] });
    expect(paramsProblem(behind, { file: "-x" })).toBe(null);
  });

  it("sees a dash that comes through an empty first value", () => {
    const two = runner({ argv: ["tool", "{params.a}{params.b}"], params: { a: TEXT, b: TEXT } });
    expect(paramsProblem(two, { a: "", b: "-x" })).toMatch(/must not begin with "-"/);
  });

  it("refuses a zero byte, which would end the argument early", () => {
    expect(paramsProblem(runner({}), { file: "a\0b" })).toMatch(/zero byte/);
  });

  it("leaves everything to a job that judges its own parameters", () => {
    const own = runner({ argv: ["tool"], params: null });
    expect(paramsProblem(own, { anything: [1, { a: null }] })).toBe(null);
  });
});

describe("buildArgv", () => {
  it("keeps each value inside its argument, whatever it holds", () => {
    const tool = runner({ argv: ["tool", "--in={params.file}.png", "{params.file}"] });
    fc.assert(
      fc.property(fc.string(), (file) => {
        fc.pre(paramsProblem(tool, { file }) === null);
        expect(buildArgv(tool, { file })).toEqual(["tool", `--in=${file}.png`, file]);
      }),
    );
  });

  it.each(["; rm -rf /", "$(id)", "`id`", "a b", "a\nb", "*", "'\"", "{params.file}", "$&", "$1", "$$"])(
    "passes %j through as it is",
    (file) => {
      expect(buildArgv(runner({}), { file })).toEqual(["tool", file]);
    },
  );

  it("drops the argument of an optional parameter that is absent", () => {
    const params = { file: TEXT, size: { type: "integer", required: false } };
    const tool = runner({ argv: ["tool", "--size={params.size}", "{params.file}"], params });
    expect(buildArgv(tool, { file: "a" })).toEqual(["tool", "a"]);
    expect(buildArgv(tool, { file: "a", size: 3 })).toEqual(["tool", "--size=3", "a"]);
  });
});

describe("the built-in runners", () => {
  it("are sleep, render and evaluate", () => {
    expect(builtinRunners().map(({ name, lane }) => [name, lane])).toEqual([
      ["sleep", null],
      ["render", "gpu"],
      ["evaluate", "cpu"],
    ]);
  });

  it("sleep for a day at most", () => {
    const [sleep] = builtinRunners();
    if (sleep === undefined) throw new Error("no sleep");
    expect(paramsProblem(sleep, { seconds: 86_400 })).toBe(null);
    expect(paramsProblem(sleep, { seconds: 86_401 })).toMatch(/at most 86400/);
    expect(paramsProblem(sleep, { seconds: "1" })).toMatch(/must be a number/);
    expect(buildArgv(sleep, { seconds: 0.5 })).toEqual(["sleep", "0.5"]);
  });
});
