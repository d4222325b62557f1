/**
 * Input cache: files by their content, so that a node fetches nothing twice and never what it made itself.
 * A job gets a copy of its own (shared blocks where the file system can), so whatever it does to its inputs
 * stays with it. What an earlier process left is hashed before it is used: it may not have been synced.
 */
import { constants, rmSync } from "node:fs";
import { copyFile, link, mkdir, readdir, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../shared/clock.ts";
import { hashFile, makeDirectories } from "../../shared/file-tree.ts";
import type { InputFile } from "../../shared/model/job.ts";
import { isSha256 } from "../../shared/model/manifest.ts";
import type { Content } from "../../shared/part-file.ts";

export interface InputCacheOptions {
  readonly directory: string;
  /** What is kept between uses; files in use may exceed it. */
  readonly maxBytes: number;
  readonly fetch: (content: Content, toPath: string) => Promise<void>;
  readonly clock: Clock;
}

export interface InputCache {
  /** Lays each input at its path below `directory`, fetching what is not here. @throws what `fetch` throws. */
  provide(inputs: readonly InputFile[], directory: string): Promise<void>;
  /** Keeps a file of a finished attempt, which must not change any more. */
  add(content: Content, fromPath: string): Promise<void>;
}

interface Entry {
  readonly bytes: number;
  isVerified: boolean;
  users: number;
}

interface Cache {
  readonly options: InputCacheOptions;
  /** Least recently used first. */
  readonly entries: Map<string, Entry>;
  /** Content on its way, so that two jobs wait for one fetch. */
  readonly arriving: Map<string, Promise<void>>;
}

/** Opens the cache as an earlier process left it. */
export async function openInputCache(options: InputCacheOptions): Promise<InputCache> {
  const cache: Cache = { options, entries: await readEntries(options.directory), arriving: new Map() };
  trim(cache);
  return {
    provide: async (inputs, directory) => {
      for (const input of inputs) {
        await makeDirectories(directory, dirname(input.path));
        await layInput(cache, input, join(directory, input.path));
      }
    },
    add: (content, fromPath) => add(cache, content, fromPath),
  };
}

async function readEntries(directory: string): Promise<Map<string, Entry>> {
  await mkdir(directory, { recursive: true });
  const found: { name: string; bytes: number; usedMs: number }[] = [];
  for (const name of await readdir(directory)) {
    if (isSha256(name)) {
      const { size, mtimeMs } = await stat(join(directory, name));
      found.push({ name, bytes: size, usedMs: mtimeMs });
    } else {
      await rm(join(directory, name), { recursive: true });
    }
  }
  found.sort((a, b) => a.usedMs - b.usedMs);
  return new Map(found.map(({ name, bytes }) => [name, { bytes, isVerified: false, users: 0 }]));
}

async function layInput(cache: Cache, content: Content, toPath: string): Promise<void> {
  const entry = await acquire(cache, content);
  try {
    await copyFile(pathOf(cache, content), toPath, constants.COPYFILE_FICLONE);
  } finally {
    entry.users--;
    trim(cache);
  }
}

/** The entry of a content that is here and verified, counted as in use. */
async function acquire(cache: Cache, content: Content): Promise<Entry> {
  for (;;) {
    const entry = cache.entries.get(content.sha256);
    if (entry?.isVerified !== true) {
      await (cache.arriving.get(content.sha256) ?? bring(cache, content));
    } else if (await touch(cache, content, entry)) {
      return entry;
    }
  }
}

/** Verifies what is here or fetches what is not; concurrent callers share one promise. */
function bring(cache: Cache, content: Content): Promise<void> {
  const path = pathOf(cache, content);
  const work = async (): Promise<void> => {
    // What cannot be read is not here: fetching it says what is wrong with the disk.
    const found = cache.entries.has(content.sha256) ? await hashFile(path).catch(() => null) : null;
    cache.entries.delete(content.sha256);
    if (found?.sha256 !== content.sha256) {
      await mkdir(cache.options.directory, { recursive: true });
      await cache.options.fetch(content, path);
    }
    cache.entries.set(content.sha256, { bytes: content.bytes, isVerified: true, users: 0 });
  };
  const arriving = work().finally(() => cache.arriving.delete(content.sha256));
  cache.arriving.set(content.sha256, arriving);
  return arriving;
}

async function add(cache: Cache, content: Content, fromPath: string): Promise<void> {
  const { entries, arriving, options } = cache;
  if (content.bytes > options.maxBytes || arriving.has(content.sha256)) return;
  if (entries.get(content.sha256)?.isVerified === true) return;
  const path = pathOf(cache, content);
  await rm(path, { force: true });
  await link(fromPath, path).catch(() => copyFile(fromPath, path, constants.COPYFILE_FICLONE));
  entries.delete(content.sha256);
  entries.set(content.sha256, { bytes: content.bytes, isVerified: true, users: 0 });
  trim(cache);
}

/** Takes the entry into use and moves it to the recent end; false when somebody has removed its file. */
async function touch({ entries, options }: Cache, { sha256 }: Content, entry: Entry): Promise<boolean> {
  entry.users++;
  entries.delete(sha256);
  entries.set(sha256, entry);
  const seconds = options.clock.wallMs() / 1000;
  try {
    await utimes(join(options.directory, sha256), seconds, seconds);
    return true;
  } catch (error) {
    entry.users--;
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    entries.delete(sha256);
    return false;
  }
}

/** Drops what was used least recently until the rest fits. */
function trim({ entries, options }: Cache): void {
  let heldBytes = 0;
  for (const { bytes } of entries.values()) heldBytes += bytes;
  for (const [sha256, { bytes, users }] of [...entries]) {
    if (heldBytes <= options.maxBytes) return;
    if (users > 0) continue;
    entries.delete(sha256);
    heldBytes -= bytes;
    // At once, so that a file which arrives under this name meanwhile is not the one removed.
    rmSync(join(options.directory, sha256), { force: true });
  }
}

function pathOf({ options }: Cache, { sha256 }: Content): string {
  return join(options.directory, sha256);
}
