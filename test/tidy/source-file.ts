/** SourceFile: one TypeScript file as the rules see it: path, tokens and imports. */
import { dirname, join } from "node:path/posix";
import { type Token, tokenize } from "./tokens.ts";

export interface Source {
  /** Relative to the package root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly line: number;
  /** The specifier as written. */
  readonly specifier: string;
  /** Path relative to the package root; null for a package or a built-in module. */
  readonly target: string | null;
  readonly kind: "value" | "type" | "dynamic";
}

export interface SourceFile extends Source {
  readonly tokens: readonly Token[];
  /** The tokens without comments. */
  readonly code: readonly Token[];
  readonly imports: readonly Import[];
  /** A unit test or anything under test/. */
  readonly isTest: boolean;
  /** Code that must be a function of its arguments. */
  readonly isPure: boolean;
}

const PURE = /^(agent|hub)\/core\/|^shared\/(policy|model)\//;

export function parseSource({ path, text }: Source): SourceFile {
  const tokens = tokenize(text);
  const code = tokens.filter((token) => token.kind !== "comment");
  const isTest = path.startsWith("test/") || path.endsWith(".test.ts");
  return { path, text, tokens, code, imports: findImports(path, code), isTest, isPure: PURE.test(path) };
}

function findImports(path: string, code: readonly Token[]): readonly Import[] {
  return code.flatMap((token, at): readonly Import[] => {
    const found = isKeyword(code, at) ? findSpecifier(code, at) : null;
    if (found === null) return [];
    const specifier = found.text.slice(1, -1);
    const target = specifier.startsWith(".") ? join(dirname(path), specifier) : null;
    return [{ line: token.line, specifier, target, kind: kindOf(code, at) }];
  });
}

function isKeyword(code: readonly Token[], at: number): boolean {
  const word = code[at];
  return word?.kind === "word" && /^(import|export)$/.test(word.text) && code[at - 1]?.text !== ".";
}

/** The text that names the module of the import or re-export at `at`. */
function findSpecifier(code: readonly Token[], at: number): Token | null {
  const next = code[at + 1];
  if (next?.kind === "string") return next;
  if (next?.text === "(") return code[at + 2]?.kind === "string" ? (code[at + 2] ?? null) : null;
  for (let i = at + 1; i < code.length; i++) {
    const token = code[i];
    const isClause = token?.kind === "word" || token?.text === "," || token?.text === "*";
    if (token?.text === "from" && code[i + 1]?.kind === "string") return code[i + 1] ?? null;
    if (!isClause && token?.text !== "{" && token?.text !== "}") return null;
  }
  return null;
}

function kindOf(code: readonly Token[], at: number): Import["kind"] {
  if (code[at + 1]?.text === "(") return "dynamic";
  const isType = code[at + 1]?.text === "type" && code[at + 2]?.text !== "from";
  return isType ? "type" : "value";
}
