/**
 * JsonFile: a small operator-visible document on disk. lowdb keeps it; the adapter is ours, because lowdb's
 * own never waits for the disk: ours writes a temporary name, syncs it, renames it and syncs the directory,
 * so a reader sees the old document or the new one, and so does a machine that lost power.
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
import { type Adapter, Low } from "lowdb";
import { writeFileDurable } from "../../shared/durable-file.ts";
import { FleetError } from "../../shared/errors.ts";

/** Opens a document that the hub alone writes; a missing file reads as `initial`. */
export async function openJsonFile<T>(path: string, initial: T): Promise<Low<T>> {
  const adapter: Adapter<T> = {
    read: async () => ((await readJson(path))?.value ?? null) as T | null,
    write: (data) => writeFileDurable(path, `${JSON.stringify(data, null, 2)}\n`),
  };
  const file = new Low<T>(adapter, initial);
  await file.read();
  return file;
}

/** A document as it was read; `lineOf` finds the line of a member, for messages about what it says. */
export interface JsonDocument {
  readonly value: unknown;
  readonly lineOf: (path: readonly PropertyKey[]) => number;
}

/** The parsed document, null when there is none; a syntax error names file, line and column. */
export async function readJson(path: string): Promise<JsonDocument | null> {
  const raw = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new FleetError("config", `${path} cannot be read: ${error.message}`, error);
  });
  if (raw === null) return null;
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
