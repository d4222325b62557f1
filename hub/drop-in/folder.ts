/**
 * Folder: the drop-in folder on the disk. A file that has come to rest is taken by a rename before anybody acts on
 * it, so what is submitted is what is put away: a new file under an old name is another file. Every file is at any
 * time in exactly one of `queue/`, `taken/`, `accepted/` and `rejected/`; nothing is followed out of them and
 * nothing that a person wrote is deleted before it has been journaled.
 */
import { constants } from "node:fs";
import { lstat, mkdir, open, opendir, readdir, rename, rm, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { syncDirectory, writeFileDurable } from "../../shared/durable-file.ts";
import { FleetError } from "../../shared/errors.ts";

export const DROP_IN_LIMITS = {
  fileBytes: 1024 * 1024,
  /** Files of one pass. */
  passFiles: 32,
  /** Names looked at in one pass. */
  passNames: 10_000,
  /** Files put away in each of `accepted/` and `rejected/`, each with its answer. */
  keptFiles: 1_000,
} as const;

/** A file untouched for so long is ready. */
const QUIET_MS = 900;
/** One that is still no JSON gets so long to become it: its writer may be slow. */
const PATIENCE_MS = 10_000;
/** Leaves room for what is appended to a name. */
const NAME_BYTES = 180;

export type Fate = "accepted" | "rejected";
const ANSWER: Readonly<Record<Fate, string>> = { accepted: ".jobs.json", rejected: ".reason.json" };

/** A file that lies in the folder, and for how long it has not changed. */
export interface Resting {
  readonly name: string;
  readonly quietMs: number;
}

export interface Folder {
  /** Names that were taken and not yet put away: a hub was killed in between. */
  taken(): Promise<readonly string[]>;
  /** Files that have not changed for a while, at most `passFiles`. `nowMs`: any clock that only rises. */
  resting(nowMs: number): Promise<readonly Resting[]>;
  /** Whether the file, unchanged for `quietMs`, may be taken; `isWhole` looks at its text. */
  isReady(file: Resting, isWhole: (text: string) => boolean): Promise<boolean>;
  /** @throws FleetError `unavailable` while an earlier file of that name is still among the taken. */
  take(name: string): Promise<void>;
  /** The text of a taken file. @throws FleetError `invalid` for what is none. */
  read(name: string): Promise<string>;
  /** Ends a taken file; `answer` lies beside it. Returns the name that it has now. */
  putAway(name: string, fate: Fate, answer: object): Promise<string>;
  /** Files in `rejected/`, their reasons not counted. */
  rejected(): Promise<number>;
}

/** Makes the folder where it is missing. @throws FleetError `config` when anybody may write into it. */
export async function openFolder(path: string): Promise<Folder> {
  for (const each of ["taken", "accepted", "rejected"])
    await mkdir(join(path, each), { recursive: true, mode: 0o700 });
  await checkWriters(path);
  const seen = new Map<string, { readonly mark: string; readonly sinceMs: number }>();
  const inside = (...names: readonly string[]): string => join(path, ...names);
  return {
    taken: async () => (await namesIn(inside("taken"))).slice(0, DROP_IN_LIMITS.passFiles),
    resting: async (nowMs) => {
      await checkWriters(path);
      const names = await namesIn(path);
      const present = new Set(names);
      for (const name of seen.keys()) if (!present.has(name)) seen.delete(name);
      const resting: Resting[] = [];
      for (const name of names) {
        const mark = await markOf(inside(name));
        if (mark === null) continue;
        const before = seen.get(name);
        if (before?.mark !== mark) seen.set(name, { mark, sinceMs: nowMs });
        else if (nowMs - before.sinceMs >= QUIET_MS) resting.push({ name, quietMs: nowMs - before.sinceMs });
        if (resting.length === DROP_IN_LIMITS.passFiles) break;
      }
      return resting;
    },
    isReady: async ({ name, quietMs }, isWhole) => {
      if (quietMs >= PATIENCE_MS) return true;
      try {
        return isWhole(await readText(inside(name)));
      } catch (error) {
        // What can never be read has nothing to wait for.
        return error instanceof FleetError;
      }
    },
    take: async (name) => {
      if ((await markOf(inside("taken", name))) !== null)
        throw new FleetError("unavailable", "an earlier file of that name is not put away yet");
      await rename(inside(name), inside("taken", name));
    },
    read: (name) => readText(inside("taken", name)),
    putAway: async (name, fate, answer) => {
      const kept = await freeName(inside(fate), name);
      const text = `${JSON.stringify({ file: name, ...answer }, null, 2)}\n`;
      await writeFileDurable(inside(fate, kept + ANSWER[fate]), text);
      await rename(inside("taken", name), inside(fate, kept));
      await syncDirectory(inside(fate));
      if (fate === "accepted") await prune(inside(fate), ANSWER[fate]);
      return kept;
    },
    rejected: async () => (await readdir(inside("rejected"))).filter(isNotAnswer).length,
  };
}

function isNotAnswer(name: string): boolean {
  return !Object.values(ANSWER).some((suffix) => name.endsWith(suffix));
}

/** Whoever writes into the folder is an operator: the file system says who may. */
async function checkWriters(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & constants.S_IWOTH) !== 0)
    throw new FleetError("config", `anybody may write into it, so nothing is taken: chmod o-w ${path}`);
}

/** Names of candidates, in order; the temporary names of writers and editors are none. */
async function namesIn(path: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(path)) {
    if (name.endsWith(".json") && !name.startsWith(".")) names.push(name);
    if (names.length === DROP_IN_LIMITS.passNames) break;
  }
  return names.sort();
}

/** Changes with whatever happens to the file; null when it is gone. */
async function markOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await lstat(path);
    return `${ino}/${size}/${mtimeMs}/${ctimeMs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** What stands in the way of reading for as long as nobody changes the file itself. */
const UNREADABLE = ["EACCES", "EPERM", "ELOOP", "ENXIO"];

async function readText(path: string): Promise<string> {
  if (!(await lstat(path)).isFile()) throw new FleetError("invalid", "is no regular file");
  const handle = await open(path, READ_FLAGS).catch((error: NodeJS.ErrnoException) => {
    if (!UNREADABLE.includes(error.code ?? "")) throw error;
    throw new FleetError("invalid", `cannot be read: ${error.code}`, error);
  });
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw new FleetError("invalid", "is no regular file");
    const limit = DROP_IN_LIMITS.fileBytes;
    if (info.size > limit)
      throw new FleetError("invalid", `is longer than ${limit} bytes: use several files`);
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

/** The name itself, or with a number where that one is taken: nothing is written over. */
async function freeName(directory: string, name: string): Promise<string> {
  const extension = extname(name);
  const stem = clip(name.slice(0, name.length - extension.length));
  for (let n = 1; ; n++) {
    const candidate = `${stem}${n === 1 ? "" : `-${n}`}${extension}`;
    // An answer alone is that of an earlier try on the same file.
    if ((await markOf(join(directory, candidate))) === null) return candidate;
  }
}

function clip(stem: string): string {
  let clipped = stem;
  while (Buffer.byteLength(clipped) > NAME_BYTES) clipped = clipped.slice(0, -1);
  return clipped;
}

/** Of what is journaled the newest files are kept. */
async function prune(directory: string, suffix: string): Promise<void> {
  const names = (await readdir(directory)).filter(isNotAnswer);
  if (names.length <= DROP_IN_LIMITS.keptFiles) return;
  const aged = await Promise.all(
    names.map(async (name) => ({ name, ms: (await lstat(join(directory, name))).ctimeMs })),
  );
  aged.sort((a, b) => a.ms - b.ms);
  for (const { name } of aged.slice(0, names.length - DROP_IN_LIMITS.keptFiles)) {
    await rm(join(directory, name), { force: true });
    await rm(join(directory, name + suffix), { force: true });
  }
}
