/**
 * Tokens: a small TypeScript lexer, so that the rules never mistake a comment or a text for code.
 * The compiler offers no syntax tree to JavaScript, and a lexer is all that these rules need.
 */
export type TokenKind = "word" | "number" | "string" | "template" | "regex" | "comment" | "punctuation";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** 1-based. */
  readonly line: number;
}

const SPACE = /\s+/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|^#![^\n]*/y;
const STRING = /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/y;
const WORD = /[#@\p{ID_Start}$_][\p{ID_Continue}$]*/uy;
const NUMBER = /\.?\d[\w.]*/y;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
const TEMPLATE_CHUNK = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{)/y;
const PUNCTUATION = /=>|\*\*=?|\.\.\.|\?\.|>=|<=|[\s\S]/y;

/** After these words a slash opens a regular expression; after any other word it divides. */
const BEFORE_EXPRESSION = new Set(
  "return typeof case in of new delete void throw await yield else do".split(" "),
);

/** All tokens of a source text, comments included; white space is dropped. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  /** One entry per open `${`: how many braces are open inside it. */
  const interpolations: number[] = [];
  let at = 0;
  let line = 1;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? null;
  };
  while (at < text.length) {
    const next = take(SPACE) ?? null;
    const token = next === null ? readToken(text[at] ?? "", take, tokens.at(-1), interpolations) : null;
    if (token !== null) tokens.push({ ...token, line });
    const consumed = next ?? token?.text ?? "";
    at += consumed.length;
    line += consumed.split("\n").length - 1;
  }
  return tokens;
}

type Taken = { readonly kind: TokenKind; readonly text: string };

function readToken(
  first: string,
  take: (pattern: RegExp) => string | null,
  previous: Token | undefined,
  interpolations: number[],
): Taken {
  const comment = take(COMMENT);
  if (comment !== null) return { kind: "comment", text: comment };
  if (first === "`" || (first === "}" && interpolations.at(-1) === 0)) {
    return readTemplate(first, take, interpolations);
  }
  const string = take(STRING);
  if (string !== null) return { kind: "string", text: string };
  const word = take(WORD);
  if (word !== null) return { kind: "word", text: word };
  const number = take(NUMBER);
  if (number !== null) return { kind: "number", text: number };
  const regex = first === "/" && mayStartExpression(previous) ? take(REGEX) : null;
  if (regex !== null) return { kind: "regex", text: regex };
  countBraces(first, interpolations);
  return { kind: "punctuation", text: take(PUNCTUATION) ?? first };
}

/** Reads from a backtick, or from the brace that ends an interpolation, to the next `${` or the end. */
function readTemplate(
  first: string,
  take: (pattern: RegExp) => string | null,
  interpolations: number[],
): Taken {
  if (first === "}") interpolations.pop();
  const chunk = take(new RegExp(`${first}${TEMPLATE_CHUNK.source}`, "y")) ?? first;
  if (chunk.endsWith("${")) interpolations.push(0);
  return { kind: "template", text: chunk };
}

function countBraces(first: string, interpolations: number[]): void {
  const open = interpolations.at(-1);
  if (open === undefined) return;
  if (first === "{") interpolations[interpolations.length - 1] = open + 1;
  if (first === "}") interpolations[interpolations.length - 1] = open - 1;
}

function mayStartExpression(previous: Token | undefined): boolean {
  if (previous === undefined || previous.kind === "comment") return true;
  if (previous.kind === "word") return BEFORE_EXPRESSION.has(previous.text);
  return previous.kind === "punctuation" && !")]}".includes(previous.text);
}
