import { describe, expect, it } from "vitest";
import { respell } from "./spelling.ts";

const CASES: readonly (readonly [string, string, string])[] = [
  ["a path of verbs", "gpu/stats --json", "gpu stats --json"],
  ["a path after a flag", "--json gpu/eviction-registry", "--json gpu eviction-registry"],
  [
    "flags in camel case",
    "system/resources --includeProcesses=true --topN=5",
    "system resources --include-processes --top-n=5",
  ],
  ["a switch that is off", "system/resources --includeProcesses=false", "system resources"],
  ["a value with an equals sign", "x --someFlag=a=b", "x --some-flag=a=b"],
  [
    "our own spelling",
    "system resources --top-n 5 --param a=true",
    "system resources --top-n 5 --param a=true",
  ],
  ["a path that is no verb", "submit render/flux --node a/b", "submit render/flux --node a/b"],
  ["what belongs to another program", "gpu run -- gpu/stats --topN=5", "gpu run -- gpu/stats --topN=5"],
];

describe("respell", () => {
  it.each(CASES)("reads %s", (_what, given, expected) => {
    expect(respell(given.split(" "))).toEqual(expected.split(" "));
  });
});
