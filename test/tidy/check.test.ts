import { describe, expect, it } from "vitest";
import { check } from "./check.ts";
import type { Source } from "./source-file.ts";

const HEADER = "/** Planted. */\n";
const lines = (count: number): string => "  step();\n".repeat(count);

/** Each offence is the only thing wrong with an otherwise clean file. */
const OFFENCES: readonly (readonly [rule: string, path: string, code: string])[] = [
  ["layer", "hub/service/queue.ts", 'import { gate } from "../../agent/core/gate.ts";'],
  ["layer", "hub/service/queue.ts", 'import type { Gate } from "../../agent/core/gate.ts";'],
  ["layer", "agent/link/session.ts", 'export { queue } from "../../hub/core/queue/queue.ts";'],
  ["layer", "shared/loop.ts", 'import { main } from "../ops/cli/main.ts";'],
  ["layer", "ops/cli/hub.ts", 'const hub = await import("../../hub/main.ts");'],
  ["layer", "hub/core/queue.test.ts", 'import { gate } from "../../agent/core/gate.ts";'],
  [
    "generated-types",
    "hub/service/control.ts",
    'import type { Hello } from "../../proto/gen/fleet/v1/Hello.ts";',
  ],
  [
    "generated-types",
    "shared/model/job.ts",
    'import type { Hello } from "../../proto/gen/fleet/v1/Hello.ts";',
  ],
  ["production-from-test", "hub/main.ts", 'import { FakeClock } from "../test/helpers/fake-clock.ts";'],
  ["core-import", "hub/core/lease.ts", 'import { systemClock } from "../../shared/clock.ts";'],
  ["core-import", "hub/core/lease.ts", 'import { documents } from "../store/documents.ts";'],
  ["core-import", "agent/core/held.ts", 'import { readFileSync } from "node:fs";'],
  ["core-import", "agent/core/held.ts", 'import type { Logger } from "pino";'],
  ["core-import", "shared/policy/gate.ts", 'import { FleetError } from "../errors.ts";'],
  ["package-home", "hub/service/control.ts", 'import pino from "pino";'],
  ["package-home", "agent/process/shim.ts", 'import { credentials } from "@grpc/grpc-js";'],
  ["package-home", "hub/store/documents.ts", 'import { DatabaseSync } from "node:sqlite";'],
  ["package-home", "hub/store/documents.ts", 'import lodash from "lodash/fp";'],
  ["import-cycle", "shared/a.ts", 'import { a } from "./a.ts";'],
  ["clock", "hub/core/lease.ts", "const nowMs = Date.now();"],
  ["clock", "hub/service/control.ts", "const now = new Date();"],
  ["clock", "agent/link/session.ts", "const nowMs = globalThis.performance.now();"],
  ["clock", "agent/link/session.ts", "const now = process.hrtime.bigint();"],
  ["timer", "agent/link/session.ts", "setTimeout(connect, 500);"],
  ["timer", "hub/main.ts", "globalThis.setInterval(tick, 500);"],
  ["chance", "agent/link/session.ts", "const jitter = Math.random();"],
  ["environment", "agent/process/spawn.ts", "const path = process.env.PATH;"],
  ["console", "hub/main.ts", 'console.log("ready");'],
  ["core-effect", "hub/core/step.ts", "export async function step() {}"],
  ["core-effect", "shared/policy/gate.ts", "process.exit(1);"],
  ["power", "agent/core/score.ts", "const y = x ** 0.5;"],
  ["power", "agent/runners/render.ts", "const y = Math.pow(x, 0.5);"],
  ["incomplete-test", "hub/core/queue.test.ts", 'it.skip("admits", () => {});'],
  ["incomplete-test", "test/e2e/demo.test.ts", 'describe.only("demo", () => {});'],
  ["incomplete-test", "test/e2e/demo.test.ts", 'it.skipIf(slow)("runs", () => {});'],
  ["note-to-self", "hub/core/queue/queue.ts", "// TODO: fairness"],
  ["file-length", "hub/core/queue/queue.ts", "step();\n".repeat(501)],
  ["file-name", "hub/core/jobQueue.ts", "export const a = 1;"],
  ["barrel", "hub/core/index.ts", "export const a = 1;"],
  ["barrel", "hub/core/queue/queue.ts", 'export * from "./lease.ts";'],
  ["default-export", "hub/core/queue/queue.ts", "export default 1;"],
  ["erasable", "hub/core/queue/queue.ts", "export enum State { pending }"],
  ["erasable", "hub/core/queue/queue.ts", "namespace Queue { export const a = 1; }"],
  ["function-length", "hub/core/queue/queue.ts", `function long(): { a: number } {\n${lines(69)}}`],
  [
    "function-length",
    "hub/core/queue/queue.ts",
    `const long = (a: number): Map<string, { b: 1 }> => {\n${lines(69)}};`,
  ],
  ["function-length", "hub/core/queue/queue.ts", `class Queue {\n  take(a: number) {\n${lines(69)}  }\n}`],
  ["function-length", "hub/core/queue.test.ts", `function build() {\n${lines(69)}}`],
  [
    "parameters",
    "hub/core/queue/queue.ts",
    "function f(a: 1, b: Map<1, 2>, c: { d: 1, e: 2 }, g = [1, 2], h: 1) {}",
  ],
  ["parameters", "hub/core/queue/queue.ts", "const f = (a: 1, b: 1, c: 1, d: 1, e: 1): void => undefined;"],
  ["parameters", "hub/core/queue/queue.ts", "class Q { constructor(a: 1, b: 1, c: 1, d: 1, e: 1) {} }"],
];

/** Code that looks like an offence and is none. */
const CLEAN: readonly (readonly [what: string, path: string, code: string])[] = [
  ["a word in a comment", "hub/core/a.ts", "// Date.now() and await would not do here\n/* console */"],
  ["a word in a text", "hub/core/a.ts", "const a = \"Date.now()\"; const b = 'x ** 2'; const c = `await`;"],
  ["a word in a pattern", "hub/core/a.ts", 'const a = /Date|`|"/; const b = [/await/];'],
  ["a member of that name", "hub/core/a.ts", "call.setTimeout(1); const times = { Date: 1 };"],
  ["a shell that waits", "hub/service/a.ts", "export async function send() { await done; }"],
  ["the home of the clock", "shared/clock.ts", "export const nowMs = () => Date.now();"],
  ["the home of timers", "shared/loop.ts", "setTimeout(tick, 1);"],
  ["the environment in a main", "agent/main.ts", "const root = process.env.SPIRAL_ROOT;"],
  ["a core that uses a policy", "hub/core/a.ts", 'import { admit } from "../../shared/policy/gate.ts";'],
  ["a core that uses its own folder", "hub/core/b/a.ts", 'import type { Job } from "../job.ts";'],
  ["the codec", "shared/wire/codec.ts", 'import type { Hello } from "../../proto/gen/fleet/v1/Hello.ts";'],
  ["a package at home", "agent/runners/a.ts", 'import sharp from "sharp";'],
  ["a test that reads time", "hub/core/a.test.ts", "const a = Date.now(); setTimeout(run, 1);"],
  [
    "a unit test with a helper",
    "hub/core/a.test.ts",
    'import { FakeClock } from "../../test/helpers/clock.ts";',
  ],
  [
    "a test of both sides",
    "test/e2e/a.test.ts",
    'import { a } from "../../agent/a.ts";\nimport { h } from "../../hub/h.ts";',
  ],
  ["a long suite", "hub/core/a.test.ts", `describe("a", () => {\nit("b", run);\n${lines(80)}});`],
  ["a function at the limit", "hub/core/a.ts", `function a() {\n${lines(68)}}`],
  ["four parameters", "hub/core/a.ts", "function f(a: 1, b: Map<1, 2>, c: { d: 1, e: 2 }, g = [1, 2],) {}"],
  [
    "a row of a test table",
    "hub/core/a.test.ts",
    'it.each(rows)("%s", (a, b, c, d, e) => expect(a).toBe(b));',
  ],
  ["a constant in powers", "shared/model/a.ts", "const mebibyte = 1024 ** 2;"],
  ["a call with many arguments", "hub/core/a.ts", "const a = Math.max(1, 2, 3, 4, 5);\nif (a) { step(); }"],
];

const plant = (path: string, code: string): readonly Source[] => [{ path, text: `${HEADER}${code}` }];

describe("check", () => {
  it.each(OFFENCES)("reports %s in %s: %s", (rule, path, code) => {
    const rules = check(plant(path, code)).map((offence) => offence.rule);
    expect(rules).toContain(rule);
  });

  it.each(CLEAN)("accepts %s", (_what, path, code) => {
    expect(check(plant(path, code))).toEqual([]);
  });

  it("reports a module without a header comment", () => {
    const rules = check([{ path: "hub/core/a.ts", text: "export const a = 1;\n" }]).map(({ rule }) => rule);
    expect(rules).toEqual(["header"]);
  });

  it("reports a cycle over several files once, and none of types", () => {
    const link = (from: string, to: string, keyword: string): Source => ({
      path: `shared/${from}.ts`,
      text: `${HEADER}${keyword} { ${to} } from "./${to}.ts";\n`,
    });
    const cycle = [link("a", "b", "import"), link("b", "c", "export"), link("c", "a", "import")];
    expect(check(cycle)).toMatchObject([{ rule: "import-cycle", path: "shared/c.ts" }]);
    expect(check([link("a", "b", "import"), link("b", "a", "import type")])).toEqual([]);
  });

  it("names place, reason and remedy", () => {
    expect(check(plant("hub/core/lease.ts", "\nconst nowMs = Date.now();"))).toEqual([
      {
        rule: "clock",
        path: "hub/core/lease.ts",
        line: 3,
        found: "Date . now",
        reason: expect.stringMatching(/^Time .*\.$/),
        remedy: expect.stringContaining("shared/clock.ts"),
      },
    ]);
  });
});
