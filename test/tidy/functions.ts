/**
 * Functions: finds every function with a body in a token stream and measures it. A parameter list is a
 * pair of parentheses that a body or an arrow follows, with or without a return type between.
 */
import type { Token } from "./tokens.ts";

export interface FunctionShape {
  readonly line: number;
  readonly name: string;
  /** From the parameter list to the closing brace; 0 for a function type or a short arrow. */
  readonly lines: number;
  readonly parameters: number;
  /** A callback that holds tests is a chapter, not a function. */
  readonly isSuite: boolean;
  /** Has no name of its own: written as the argument of a call. */
  readonly isCallback: boolean;
}

const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const CONTROL = new Set(["if", "for", "while", "switch", "catch", "with", "await"]);
/** After these tokens of a return type an opening brace is a type literal and not the body. */
const BEFORE_TYPE = new Set([":", "|", "&", "=>", "<", ","]);
const ENDS_TYPE = new Set([";", ")", "]", "}", "=", "?"]);

/** `code` holds no comments. */
export function findFunctions(code: readonly Token[]): readonly FunctionShape[] {
  const closers = matchBrackets(code);
  return code.flatMap((token, open) => {
    const close = token.text === "(" && token.kind === "punctuation" ? closers.get(open) : undefined;
    if (close === undefined || CONTROL.has(code[open - 1]?.text ?? "")) return [];
    const body = findBody(code, close + 1, closers);
    if (body === null) return [];
    const end = closers.get(body);
    const name = nameBefore(code, open);
    const inside = end === undefined ? [] : code.slice(body, end);
    return [
      {
        line: token.line,
        name: name ?? "a callback",
        isCallback: name === null,
        lines: end === undefined ? 0 : (code[end]?.line ?? 0) - token.line + 1,
        parameters: countParameters(code.slice(open + 1, close)),
        isSuite: inside.some((part, at) => part.text === "it" && /^[(.]$/.test(inside[at + 1]?.text ?? "")),
      },
    ];
  });
}

/** Index of each opening bracket to that of its closing one. */
function matchBrackets(code: readonly Token[]): ReadonlyMap<number, number> {
  const closers = new Map<number, number>();
  const open: number[] = [];
  code.forEach((token, at) => {
    if (token.kind !== "punctuation") return;
    if (token.text in CLOSERS) open.push(at);
    else if (/^[)\]}]$/.test(token.text)) closers.set(open.pop() ?? -1, at);
  });
  return closers;
}

/** Index of the token that opens the body (or follows the arrow); null when no function is here. */
function findBody(
  code: readonly Token[],
  after: number,
  closers: ReadonlyMap<number, number>,
): number | null {
  const text = code[after]?.text;
  if (text === "=>") return after + 1;
  if (text === "{") return after;
  if (text !== ":") return null;
  let angles = 0;
  for (let at = after + 1; at < code.length; at++) {
    const token = code[at]?.text ?? "";
    const previous = code[at - 1]?.text ?? "";
    if (token === "=>" && previous !== ")") return at + 1;
    if (token === "{" && angles === 0 && !BEFORE_TYPE.has(previous)) return at;
    if (token === "<") angles++;
    if (token === ">") angles--;
    if (angles === 0 && (ENDS_TYPE.has(token) || token === ",")) return null;
    if (token in CLOSERS) at = closers.get(at) ?? code.length;
  }
  return null;
}

/** Top-level commas of a parameter list, generics and nested brackets aside. */
function countParameters(list: readonly Token[]): number {
  if (list.length === 0) return 0;
  let depth = 0;
  let commas = 0;
  for (const { text, kind } of list) {
    if (kind !== "punctuation") continue;
    if (/^[([{<]$/.test(text)) depth++;
    if (/^[)\]}>]$/.test(text)) depth--;
    if (text === "," && depth === 0) commas++;
  }
  return list.at(-1)?.text === "," ? commas : commas + 1;
}

function nameBefore(code: readonly Token[], open: number): string | null {
  const before = code[open - 1];
  if (before?.kind === "word" && before.text !== "async" && before.text !== "function") return before.text;
  const assigned = code[open - 1]?.text === "async" ? code[open - 3] : code[open - 2];
  return assigned?.kind === "word" ? assigned.text : null;
}
