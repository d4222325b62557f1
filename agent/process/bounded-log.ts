/**
 * Bounded log: the newest `limitBytes` of an attempt's output, whatever the attempt does. `current.log` is
 * written, `1.log` … `3.log` are older; together they never exceed the limit, so no job can fill the disk.
 */
import { constants } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";

export interface BoundedLog {
  /** One call at a time. @throws the file system's error; a later call tries again. */
  append(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

const FILES = 4;
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** Opens on the first append and continues the file that an earlier agent left. */
export function createBoundedLog(directory: string, limitBytes: number): BoundedLog {
  const fileBytes = Math.max(1, Math.floor(limitBytes / FILES));
  const current = join(directory, "current.log");
  let file: FileHandle | null = null;
  let size = 0;
  const close = async (): Promise<void> => {
    const closing = file;
    file = null;
    await closing?.close();
  };
  const room = async (): Promise<FileHandle> => {
    if (file !== null && size >= fileBytes) {
      await close();
      await shiftFiles(directory);
    }
    if (file === null) {
      file = await open(current, FLAGS, 0o600);
      size = (await file.stat()).size;
    }
    return file;
  };
  const append = async (chunk: Uint8Array): Promise<void> => {
    for (let offset = 0; offset < chunk.length; ) {
      const target = await room();
      const length = Math.max(0, Math.min(chunk.length - offset, fileBytes - size));
      const { bytesWritten } = await target.write(chunk, offset, length);
      offset += bytesWritten;
      size += bytesWritten;
    }
  };
  return { append, close };
}

async function shiftFiles(directory: string): Promise<void> {
  const name = (age: number): string => join(directory, age === 0 ? "current.log" : `${age}.log`);
  for (let age = FILES - 2; age >= 0; age--) {
    await rename(name(age), name(age + 1)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  }
}
