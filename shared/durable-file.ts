/**
 * Durable files: a write that is either wholly there or not there at all after a power cut. Rename alone
 * is not enough: without the two syncs a crash may leave a new name with old or empty contents.
 */
import { type FileHandle, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

let writes = 0;

/** Named places of a write at which a test ends the process. */
export const WRITE_FAILPOINTS = [
  /** The new contents are synced under a name of their own. */
  "document-written",
  /** They have the real name, the directory is not synced. */
  "document-renamed",
] as const;
export type WriteFailpoint = (typeof WRITE_FAILPOINTS)[number];

/**
 * Replaces `path` by `text`; when the promise resolves the new contents survive a power cut.
 * Concurrent writers of one path do not tear each other's file: the last rename wins.
 * @throws the file system's error; the old file is then untouched and no temporary file is left.
 */
export async function writeFileDurable(
  path: string,
  text: string | Uint8Array,
  failpoint: (name: WriteFailpoint) => void = () => {},
): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${process.pid}.${++writes}`);
  try {
    await withHandle(temporary, "wx", async (file) => {
      await file.writeFile(text);
      await file.datasync();
    });
    failpoint("document-written");
    await rename(temporary, path);
    failpoint("document-renamed");
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory);
}

/** Removes what writers of `path` left behind when they were killed; for the only writer, before it writes. */
export async function removeLeftovers(path: string): Promise<void> {
  const directory = dirname(path);
  const prefix = `.${basename(path)}.`;
  const isLeftover = (name: string): boolean =>
    name.startsWith(prefix) && /^\d+\.\d+$/.test(name.slice(prefix.length));
  for (const name of (await readdir(directory)).filter(isLeftover))
    await rm(join(directory, name), { force: true });
}

/** Makes the contents of a file survive a power cut; its name is the business of `syncDirectory`. */
export async function syncFile(path: string): Promise<void> {
  await withHandle(path, "r", (handle) => handle.datasync());
}

/** Makes the names created, renamed and removed in `directory` so far survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  await withHandle(directory, "r", (handle) => handle.sync());
}

async function withHandle(
  path: string,
  flags: string,
  use: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags, 0o600);
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}
