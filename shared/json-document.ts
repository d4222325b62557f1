/**
 * JsonDocument: JSON that people write, read so that a complaint can name its place: file, line and field. What
 * cannot be parsed is never quoted, because it may be a secret.
 */
import { readFile } from "node:fs/promises";
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { FleetError } from "./errors.ts";
import { fileProblem } from "./file-problem.ts";
import { type Issue, wordIssue } from "./issue-words.ts";

/** A document as it was read; `lineOf` finds the line of a member, for messages about what it says. */
export interface JsonDocument {
  readonly value: unknown;
  readonly lineOf: (path: readonly PropertyKey[]) => number;
}

/** The parsed document, null when there is none; a syntax error names file, line and column. */
export async function readJson(path: string): Promise<JsonDocument | null> {
  const raw = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw fileProblem(path, error);
  });
  return raw === null ? null : parseJson(path, raw);
}

/** The parsed text of the file at `path`; throws as `readJson` does. */
export function parseJson(path: string, raw: string): JsonDocument {
  const text = raw.replace(/^\ufeff/, "");
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  if (first !== undefined || tree === undefined) {
    const { error, offset } = first ?? { error: 1, offset: text.length };
    const column = offset - text.lastIndexOf("\n", offset - 1);
    const problem = printParseErrorCode(error)
      .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
      .toLowerCase();
    throw new FleetError("config", `${path}:${lineAt(text, offset)}:${column}: ${problem}`);
  }
  const lineOf = (member: readonly PropertyKey[]): number => {
    const node = nearestNode(tree, member);
    return lineAt(text, node.offset);
  };
  return { value: getNodeValue(tree), lineOf };
}

/** The member itself, or the nearest one around it that is there. */
function nearestNode(tree: Node, path: readonly PropertyKey[]): Node {
  const keys = path.map((key) => (typeof key === "symbol" ? String(key) : key));
  for (let depth = keys.length; depth > 0; depth--) {
    const node = findNodeAtLocation(tree, keys.slice(0, depth));
    if (node !== undefined) return node;
  }
  return tree;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** Each complaint as `file:line: field: what is wrong`, one a line, the first few of them. */
export function placeProblems(path: string, { lineOf }: JsonDocument, issues: readonly Issue[]): string {
  const placed = issues.slice(0, PROBLEMS_MAX).map((issue) => {
    const field = issue.path.map(String).join(".") || "document";
    return `${path}:${lineOf(issue.path)}: ${field}: ${wordIssue(issue)}`;
  });
  return placed.join("\n");
}

const PROBLEMS_MAX = 5;
