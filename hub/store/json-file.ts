/**
 * JsonFile: a small operator-visible document on disk. lowdb keeps it; the adapter is ours, because lowdb's
 * own never waits for the disk: ours writes a temporary name, syncs it, renames it and syncs the directory,
 * so a reader sees the old document or the new one, and so does a machine that lost power.
 */
import { type Adapter, Low } from "lowdb";
import { removeLeftovers, type WriteFailpoint, writeFileDurable } from "../../shared/durable-file.ts";
import { readJson } from "../../shared/json-document.ts";

/** Opens a document that the hub alone writes; a missing file reads as `initial`. */
export async function openJsonFile<T>(
  path: string,
  initial: T,
  failpoint?: (name: WriteFailpoint) => void,
): Promise<Low<T>> {
  await removeLeftovers(path);
  const adapter: Adapter<T> = {
    read: async () => ((await readJson(path))?.value ?? null) as T | null,
    write: (data) => writeFileDurable(path, `${JSON.stringify(data, null, 2)}\n`, failpoint),
  };
  const file = new Low<T>(adapter, initial);
  await file.read();
  return file;
}
