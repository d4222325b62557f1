/**
 * Staging: outputs that have arrived but belong to nobody yet. Each token has a tree of checked files and,
 * beside it, the parts that are still arriving; a tree becomes publishable when its manifest is written as
 * the last thing, after every file and directory has been synced. Whatever a crash leaves behind without a
 * manifest is judged by its content again.
 */
import { constants } from "node:fs";
import { lstat, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncDirectory, writeFileDurable } from "../../shared/durable-file.ts";
import { FleetError } from "../../shared/errors.ts";
import { type FileTree, hashFile, listTree, makeDirectories } from "../../shared/file-tree.ts";
import type { OutputFile } from "../../shared/model/job.ts";
import { MANIFEST_FILE, MANIFEST_LIMITS, outputProblem, parseManifest } from "../../shared/model/manifest.ts";
import { openPart, type PartFile } from "../../shared/part-file.ts";
import { createSerial, type Serial } from "../../shared/serial.ts";

/** One file on its way into staging. */
export interface Upload {
  /** Bytes that are already here; when it equals the file's size, `finish` may be called at once. */
  readonly offset: number;
  /** @throws FleetError invalid when more arrives than was announced. */
  append(data: Uint8Array): Promise<void>;
  /** False: the content is not what was announced; it is dropped. */
  finish(): Promise<boolean>;
  /** Keeps what has arrived for a later upload of the same file. */
  close(): Promise<void>;
}

export interface Staging {
  begin(token: number, file: OutputFile): Promise<Upload>;
  commit(token: number, manifestText: string): Promise<readonly OutputFile[]>;
  /** Runs `task` on the tree of a token (which may not exist) while nothing else touches it. */
  withTree(token: number, task: (tree: string) => Promise<void>): Promise<void>;
  discard(token: number): Promise<void>;
  /** Every token that staging holds anything of, ascending. */
  tokens(): Promise<readonly number[]>;
}

interface Area {
  readonly staging: string;
  readonly name: string;
  readonly tree: string;
  readonly parts: string;
  readonly serial: Serial;
  /** Null until the disk has been looked at. */
  contents: Contents | null;
}

interface Contents {
  /** In the tree. `sha256` is null for what an earlier process left: its bytes may not have been synced. */
  readonly files: Map<string, { readonly bytes: number; readonly sha256: string | null }>;
  /** Arriving, by SHA-256; `part` is null for a leftover. Bytes are those announced. */
  readonly parts: Map<string, { readonly bytes: number; readonly part: PartFile | null }>;
}

const SYNC_CONCURRENCY = 8;
/** What a process leaves that ends while it writes the manifest; the job has no part in it. */
const UNFINISHED_MANIFEST = /^\.manifest\.json\.\d+\.\d+$/;
const AREA_NAME = /^([1-9][0-9]*)(?:\.parts)?$/;

/** Staging in `directory`, which exists. */
export function createStaging(directory: string): Staging {
  const areas = new Map<number, Area>();
  const areaOf = (token: number): Area => {
    const known = areas.get(token);
    if (known !== undefined) return known;
    const area = createArea(directory, String(token));
    areas.set(token, area);
    return area;
  };
  const locked = <T>(token: number, task: (area: Area) => Promise<T>): Promise<T> => {
    const area = areaOf(token);
    return area.serial(() => task(area));
  };
  return {
    begin: (token, file) => locked(token, (area) => begin(area, file)),
    commit: (token, text) => locked(token, (area) => commit(area, text)),
    withTree: (token, task) => locked(token, (area) => task(area.tree)),
    discard: (token) =>
      locked(token, async (area) => {
        await discard(area);
        areas.delete(token);
      }),
    tokens: async () => {
      const found = (await readdir(directory)).flatMap((name) => AREA_NAME.exec(name)?.[1] ?? []);
      return [...new Set(found.map(Number))].sort((a, b) => a - b);
    },
  };
}

function createArea(staging: string, name: string): Area {
  const tree = join(staging, name);
  return { staging, name, tree, parts: `${tree}.parts`, serial: createSerial(), contents: null };
}

async function begin(area: Area, file: OutputFile): Promise<Upload> {
  const problem = outputProblem(file);
  if (problem !== null) throw new FleetError("invalid", `${JSON.stringify(file.path)}: ${problem}`);
  const contents = await look(area);
  if (await isStaged(area, contents, file)) return stagedUpload(file);
  if (contents.files.has(MANIFEST_FILE)) {
    throw new FleetError("invalid", `outputs are complete without ${JSON.stringify(file.path)}`);
  }
  checkQuota(contents, file);
  await contents.parts.get(file.sha256)?.part?.close();
  await makeDirectories(area.staging, `${area.name}.parts`);
  const part = await openPart(join(area.parts, file.sha256), file);
  contents.parts.set(file.sha256, { bytes: file.bytes, part });
  return {
    get offset() {
      return part.offset;
    },
    append: (data) => part.append(data),
    finish: () => area.serial(() => finish(area, file, part)),
    close: () => part.close(),
  };
}

function stagedUpload(file: OutputFile): Upload {
  return {
    offset: file.bytes,
    append: async () => {
      throw new FleetError("invalid", "the file is complete");
    },
    finish: async () => true,
    close: async () => {},
  };
}

/** What the disk holds of a token, read once per process. */
async function look(area: Area): Promise<Contents> {
  if (area.contents !== null) return area.contents;
  const files: Contents["files"] = new Map();
  const parts: Contents["parts"] = new Map();
  for (const { path, bytes } of await list(area.tree)) files.set(path, { bytes, sha256: null });
  for (const { path, bytes } of await list(area.parts)) parts.set(path, { bytes, part: null });
  area.contents = { files, parts };
  return area.contents;
}

async function list(directory: string): Promise<FileTree["files"]> {
  return (await listTree(directory, MANIFEST_LIMITS.files + 1).catch(absent))?.files ?? [];
}

/** Whether the tree holds this very file; one that an earlier process left is read to find out. */
async function isStaged(area: Area, contents: Contents, file: OutputFile): Promise<boolean> {
  const held = contents.files.get(file.path);
  if (held === undefined || held.bytes !== file.bytes) return false;
  if (held.sha256 !== null) return held.sha256 === file.sha256;
  const content = await hashFile(join(area.tree, file.path));
  contents.files.set(file.path, content);
  return content.sha256 === file.sha256 && content.bytes === file.bytes;
}

/** A token may hold as much as one manifest may list, arrived or arriving. */
function checkQuota({ files, parts }: Contents, file: OutputFile): void {
  const others = [
    ...[...files].filter(([path]) => path !== file.path),
    ...[...parts].filter(([sha256]) => sha256 !== file.sha256),
  ];
  if (others.length >= MANIFEST_LIMITS.files) {
    throw new FleetError("invalid", `more than ${MANIFEST_LIMITS.files} files`);
  }
  const heldBytes = others.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  if (heldBytes + file.bytes > MANIFEST_LIMITS.totalBytes) {
    throw new FleetError("invalid", `outputs are larger than ${MANIFEST_LIMITS.totalBytes} bytes`);
  }
}

async function finish(area: Area, file: OutputFile, part: PartFile): Promise<boolean> {
  const contents = await look(area);
  if (contents.parts.get(file.sha256)?.part !== part) {
    throw new FleetError("unavailable", "a newer upload of this file has taken over");
  }
  contents.parts.delete(file.sha256);
  if (!(await part.finish())) return false;
  const target = join(area.tree, file.path);
  await makeDirectories(area.staging, join(area.name, dirname(file.path)));
  if ((await lstat(target).catch(absent))?.isDirectory() === true) {
    throw new FleetError("invalid", `${JSON.stringify(file.path)} is a directory`);
  }
  await rename(join(area.parts, file.sha256), target);
  contents.files.set(file.path, { bytes: file.bytes, sha256: file.sha256 });
  return true;
}

async function commit(area: Area, text: string): Promise<readonly OutputFile[]> {
  const manifest = parseManifest(text);
  if (manifest.kind === "refused") throw new FleetError("invalid", manifest.reason);
  const committed = await readManifest(area.tree);
  if (committed === text) return manifest.files;
  if (committed !== null) throw new FleetError("invalid", "another manifest has been committed");
  await checkComplete(area, manifest.files);
  await syncTree(area.tree);
  await writeFileDurable(join(area.tree, MANIFEST_FILE), text);
  await syncDirectory(area.staging);
  await forget(area);
  return manifest.files;
}

/** The tree holds every file of the manifest, as listed, and nothing else. */
async function checkComplete(area: Area, files: readonly OutputFile[]): Promise<void> {
  const contents = await look(area);
  for (const file of files) {
    if (await isStaged(area, contents, file)) continue;
    throw new FleetError("invalid", `${JSON.stringify(file.path)} has not arrived as listed`);
  }
  const listed = new Set(files.map(({ path }) => path));
  for (const { path } of await list(area.tree)) {
    if (listed.has(path)) continue;
    if (!UNFINISHED_MANIFEST.test(path)) {
      throw new FleetError("invalid", `${JSON.stringify(path)} is not listed in the manifest`);
    }
    await rm(join(area.tree, path));
  }
}

async function syncTree(tree: string): Promise<void> {
  const { files, directories } = await listTree(tree, MANIFEST_LIMITS.files);
  for (let start = 0; start < files.length; start += SYNC_CONCURRENCY) {
    const batch = files.slice(start, start + SYNC_CONCURRENCY);
    await Promise.all(batch.map(({ path }) => syncFile(join(tree, path))));
  }
  for (const directory of directories) await syncDirectory(directory);
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function discard(area: Area): Promise<void> {
  // The manifest goes first: a tree that is half gone must not look complete.
  await rm(join(area.tree, MANIFEST_FILE), { force: true });
  await rm(area.tree, { recursive: true, force: true });
  await forget(area);
}

/** Drops what was still arriving, and what is known of the tree. */
async function forget(area: Area): Promise<void> {
  const arriving = [...(area.contents?.parts.values() ?? [])];
  area.contents = null;
  await Promise.all(arriving.map(({ part }) => part?.close()));
  await rm(area.parts, { recursive: true, force: true });
}

/** The manifest that makes a directory complete, or null when it has none. */
export async function readManifest(directory: string): Promise<string | null> {
  const flag = constants.O_RDONLY | constants.O_NOFOLLOW;
  const path = join(directory, MANIFEST_FILE);
  return (await readFile(path, { encoding: "utf8", flag }).catch(absent)) ?? null;
}

/** For `catch`: what is not there is undefined, every other failure stays one. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
}
