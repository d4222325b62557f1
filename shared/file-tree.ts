/**
 * File trees: what lies below a directory that a job wrote, without being led out of it. Links and special
 * files are refused and not skipped: a listing that leaves something out would be a lie about the outputs.
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, opendir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FleetError } from "./errors.ts";

export interface FileTree {
  /** Relative paths with "/" and sizes in bytes, in no particular order. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** Absolute, each below its parent; the root comes first. */
  readonly directories: readonly string[];
}

const READ_BYTES = 256 * 1024;

/** Every file below `root`. @throws FleetError invalid: too many, a link or a special file. */
export async function listTree(root: string, maxFiles: number): Promise<FileTree> {
  if (!(await lstat(root)).isDirectory()) throw new FleetError("invalid", `${root} is not a directory`);
  const files: { path: string; bytes: number }[] = [];
  const directories = [root];
  const prefixes = [""];
  for (let index = 0; index < directories.length; index++) {
    const prefix = prefixes[index] ?? "";
    for await (const entry of await opendir(directories[index] ?? root)) {
      const path = prefix + entry.name;
      if (entry.isDirectory()) {
        directories.push(join(root, path));
        prefixes.push(`${path}/`);
      } else if (entry.isFile()) {
        files.push({ path, bytes: (await lstat(join(root, path))).size });
      } else {
        throw new FleetError("invalid", `${JSON.stringify(path)} is neither a file nor a directory`);
      }
      if (files.length > maxFiles || directories.length - 1 > maxFiles) {
        throw new FleetError("invalid", `more than ${maxFiles} files or directories below ${root}`);
      }
    }
  }
  return { files, directories };
}

/** Makes each directory of `relative` below `base`; a link or a file in the way is refused, never followed. */
export async function makeDirectories(base: string, relative: string): Promise<void> {
  if (relative === ".") return;
  await makeDirectories(base, dirname(relative));
  const path = join(base, relative);
  await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
    if ((await lstat(path)).isDirectory()) return;
    throw new FleetError("invalid", `${JSON.stringify(relative)} is not a directory`);
  });
}

/** Size and SHA-256 (hex) of a file; a link is refused (ELOOP). */
export async function hashFile(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  for await (const data of handle.createReadStream({ highWaterMark: READ_BYTES })) {
    hash.update(data);
    bytes += data.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}
