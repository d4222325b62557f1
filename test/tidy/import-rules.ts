/**
 * Import rules: who may import whom. The folders keep the two programs apart, the pure cores free of I/O
 * and each third-party package in one place where it can be replaced (DESIGN section 8).
 */
import type { Offence } from "./offence.ts";
import type { Import, SourceFile } from "./source-file.ts";

/** What each top folder may import besides itself. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  proto: [],
  shared: [],
  agent: ["shared"],
  hub: ["shared"],
  ops: ["shared"],
};

const WIRE = "shared/wire/";
const CORE_IMPORTS = /^shared\/(?:model|policy)\/|^shared\/(?:invariant|decision|json|rng)\.ts$/;
const CORE_FOLDER = /^(?:agent|hub)\/core\/|^shared\/(?:policy|model)\//;

/** Each package and the places that may import it, type-only imports included. */
const PACKAGE_HOMES: Readonly<Record<string, readonly RegExp[]>> = {
  "@grpc/grpc-js": [/^shared\/wire\//, /^agent\/(?:link|local)\//, /^hub\/service\//, /^ops\/cli\//],
  "@grpc/proto-loader": [/^shared\/wire\//],
  "@photostructure/sqlite": [/^shared\/journal\//],
  "node:sqlite": [/^shared\/journal\//],
  commander: [/^ops\//, /^(?:agent|hub)\/main\.ts$/],
  koffi: [/^shared\/native\//, /^agent\/gpu\//],
  kysely: [/^hub\/store\//],
  lowdb: [/^hub\/store\//, /^agent\//],
  "jsonc-parser": [/^shared\/json-document\.ts$/],
  mediabunny: [/^agent\/runners\//],
  pg: [/^hub\/store\//],
  picocolors: [/^ops\//],
  pino: [/^shared\/log[./]/],
  sharp: [/^agent\/runners\//],
  systeminformation: [/^agent\/host\//],
  ws: [/^hub\/console\//, /^agent\/runners\//],
  zod: [/(?:^|\/)config[./]/, /^shared\/(?:wire\/|issue-words\.)/, /^hub\/store\//, /^agent\/runners\//],
};

export function checkImports(file: SourceFile): readonly Offence[] {
  return file.imports.flatMap((item) => {
    const problem = item.target === null ? packageProblem(file, item) : folderProblem(file, item.target);
    return problem === null ? [] : [{ ...problem, path: file.path, line: item.line, found: item.specifier }];
  });
}

type Problem = Pick<Offence, "rule" | "reason" | "remedy">;

function folderProblem(file: SourceFile, target: string): Problem | null {
  const from = topFolder(file.path);
  const to = topFolder(target);
  if (from === "test") return null;
  if (to === "test") return file.isTest ? null : PRODUCTION_FROM_TEST;
  if (to === "proto" && from !== "proto" && !file.path.startsWith(WIRE)) return GENERATED_TYPES;
  const isWire = to === "proto" && file.path.startsWith(WIRE);
  if (from !== to && !isWire && !LAYERS[from]?.includes(to)) return layerProblem(from, to);
  return file.isPure && !file.isTest && !isCoreImport(file.path, target) ? CORE_REACHES_OUT : null;
}

const PRODUCTION_FROM_TEST: Problem = {
  rule: "production-from-test",
  reason: "What is shipped must not depend on what is not.",
  remedy: "move the shared piece into the folder that uses it.",
};

const GENERATED_TYPES: Problem = {
  rule: "generated-types",
  reason: "Only the codec knows the shapes of the wire; everybody else has domain types.",
  remedy: "add what you need to the codec in shared/wire and import that.",
};

const CORE_REACHES_OUT: Problem = {
  rule: "core-import",
  reason: "A core runs the same in production, replay and simulation, so it imports only pure modules.",
  remedy: "return an effect or take the value as an argument; the shell does the rest.",
};

function layerProblem(from: string, to: string): Problem {
  return {
    rule: "layer",
    reason: `${from} and ${to} are apart: agent, hub and ops build on shared and never on each other.`,
    remedy: "move what both need into shared, or talk over the wire.",
  };
}

function isCoreImport(path: string, target: string): boolean {
  const own = CORE_FOLDER.exec(path)?.[0] ?? path;
  return target.startsWith(own) || CORE_IMPORTS.test(target);
}

function packageProblem(file: SourceFile, { specifier }: Import): Problem | null {
  if (file.isTest) return null;
  const name = packageName(specifier);
  const homes = PACKAGE_HOMES[name];
  if (file.isPure) return CORE_REACHES_OUT;
  if (homes === undefined) return specifier.startsWith("node:") ? null : homeless(name);
  if (homes.some((home) => home.test(file.path))) return null;
  return {
    rule: "package-home",
    reason: `${name} is imported in one place, so that it can be replaced and its traps are known there.`,
    remedy: `use the module that wraps it (home: ${homes.map((home) => home.source).join(", ")}).`,
  };
}

function homeless(name: string): Problem {
  return {
    rule: "package-home",
    reason: `${name} has no home in the table.`,
    remedy: "do without it, or pin it and give it one home in PACKAGE_HOMES.",
  };
}

function packageName(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
}

function topFolder(path: string): string {
  return path.split("/")[0] ?? path;
}
