/**
 * JsonFile: a small operator-visible document on disk. lowdb keeps it; the adapter is ours, because lowdb's
 * own never waits for the disk: ours writes a temporary name, syncs it, renames it and syncs the directory,
 * so a reader sees the old document or the new one, and so does a machine that lost power.
 */
import { readFile } from "node:fs/promises";
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import { type Adapter, Low } from "lowdb";
import { writeFileDurable } from "../../shared/durable-file.ts";
import { FleetError } from "../../shared/errors.ts";

/** Opens a document that the hub alone writes; a missing file reads as `initial`. */
export async function openJsonFile<T>(path: string, initial: T): Promise<Low<T>> {
  const adapter: Adapter<T> = {
    read: async () => (await readJson(path)) as T | null,
    write: (data) => writeFileDurable(path, `${JSON.stringify(data, null, 2)}\n`),
  };
  const file = new Low<T>(adapter, initial);
  await file.read();
  return file;
}

/** The parsed document, null when there is none; a syntax error names file, line and column. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new FleetError("config", `${path} cannot be read: ${error.message}`, error);
  });
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    // The cause would repeat the text of the document, which may be long.
    throw error instanceof SyntaxError ? new FleetError("config", `${path}:${syntaxProblem(text)}`) : error;
  }
}

/** LINE:COLUMN and the nature of the first syntax error. */
function syntaxProblem(text: string): string {
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const [first = { error: 1, offset: text.length }] = errors;
  const lines = text.slice(0, first.offset).split("\n");
  const place = `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
  return `${place}: ${printParseErrorCode(first.error)}`;
}
