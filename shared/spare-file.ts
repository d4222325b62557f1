/**
 * Spare file: a small file that can be written when the disk is full, because its bytes were laid aside before. A
 * `down` that the disk refuses would be forgotten by the next start; so there is a file to turn into its latch.
 */
import { existsSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { syncDirectory, writeFileDurable } from "./durable-file.ts";

/** One block of most file systems; longer texts need a disk with room. */
const SPARE_BYTES = 4096;

/** Lays bytes aside for `path`, unless they are there. Never throws: a disk that gives none now may at the next occasion. */
export async function keepSpare(path: string): Promise<void> {
  if (existsSync(sparePath(path))) return;
  await writeFileDurable(sparePath(path), " ".repeat(SPARE_BYTES)).catch(() => {});
}

/**
 * `writeFileDurable` that falls back on the spare; the text then ends in blanks.
 * @throws the file system's error when neither way is open; the old file is then untouched.
 */
export async function writeFileSpared(path: string, text: string): Promise<void> {
  try {
    await writeFileDurable(path, text);
  } catch (error) {
    if (Buffer.byteLength(text) > SPARE_BYTES || !existsSync(sparePath(path))) throw error;
    await useSpare(path, text);
  }
}

/** Nothing here asks for a new byte: written in place, then renamed within one directory. */
async function useSpare(path: string, text: string): Promise<void> {
  const spare = await open(sparePath(path), "r+");
  try {
    const bytes = Buffer.alloc(SPARE_BYTES, " ");
    bytes.write(text);
    await spare.writev([bytes], 0);
    await spare.datasync();
  } finally {
    await spare.close();
  }
  await rename(sparePath(path), path);
  await syncDirectory(dirname(path));
}

function sparePath(path: string): string {
  return `${path}.spare`;
}
