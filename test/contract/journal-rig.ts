/** Rig: both journal adapters behind one handle, and real processes to kill. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import type { FsckReport } from "../../shared/journal/fsck-report.ts";
import type { JournalDefinition, OpenedJournal } from "../../shared/journal/journal.ts";
import { MemoryDisk, openMemoryJournal } from "../../shared/journal/memory-journal.ts";
import { openSqliteJournal } from "../../shared/journal/sqlite-journal.ts";
import { delay } from "../../shared/loop.ts";
import { packageRoot } from "../../shared/package-root.ts";
import { type Added, type Counter, counter } from "./journal-counter.fixture.ts";

export interface OpenOptions {
  readonly snapshotEvery?: number;
  readonly maxUndurable?: number;
}

/** One disk that can be opened again and again. */
export interface Rig {
  open(options?: OpenOptions): Promise<OpenedJournal<Counter, Added>>;
  setFull(isFull: boolean): void | Promise<void>;
  /** The next append meets an I/O error. */
  breakDisk(): void | Promise<void>;
}

export function createMemoryRig(definition: JournalDefinition<Counter, Added> = counter): Rig {
  const disk = new MemoryDisk();
  let control: ReturnType<typeof openMemoryJournal>["control"] | null = null;
  return {
    async open(options) {
      const opened = openMemoryJournal<Counter, Added>({ definition, disk, ...options });
      ({ control } = opened);
      return opened;
    },
    setFull: (isFull) => control?.setFull(isFull),
    breakDisk: () => control?.breakDisk(),
  };
}

export interface SqliteRig extends Rig {
  readonly root: string;
  readonly path: string;
}

const made: string[] = [];

/** Removes every directory that this test process made. */
export function cleanUp(): void {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
}

/** Pages that no file has fewer than, so the limit becomes the size the file has. */
const NO_MORE_PAGES = "1";
const AMPLE_PAGES = "1000000";

export function createSqliteRig(): SqliteRig {
  const root = mkdtempSync(join(tmpdir(), "spiral-journal-"));
  made.push(root);
  const path = join(root, "journal.db");
  return {
    root,
    path,
    async open(options) {
      const workerUrl = pathToFileURL(join(await fixtures(), "journal-worker.fixture.mjs"));
      return openSqliteJournal<Counter, Added>({ path, root, workerUrl, decode: counter.decode, ...options });
    },
    setFull: (isFull) => plantFault(root, "before-append", isFull ? NO_MORE_PAGES : AMPLE_PAGES),
    breakDisk: () => plantFault(root, "after-append", "throw"),
  };
}

export function plantFault(root: string, point: string, fault: string): void {
  writeFileSync(join(root, `fault-${point}`), fault);
}

let built: Promise<string> | null = null;

/** The fixtures as plain Node modules, below node_modules so that they find the packages. */
export function fixtures(): Promise<string> {
  built ??= buildFixtures();
  return built;
}

async function buildFixtures(): Promise<string> {
  const outdir = join(packageRoot(), "node_modules/.cache/spiral-test", `journal-${process.pid}`);
  made.push(outdir);
  await build({
    entryPoints: ["journal-worker", "journal-child", "journal-fsck", "postgres-worker"].map((name) =>
      join(import.meta.dirname, `${name}.fixture.ts`),
    ),
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
  });
  return outdir;
}

/** `fsck` as the operator runs it: in a process of its own. */
export async function runFsck(path: string): Promise<FsckReport> {
  const script = join(await fixtures(), "journal-fsck.fixture.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [script, path]);
  return JSON.parse(stdout) as FsckReport;
}

/** A child that acknowledges nothing for so long hangs; one on a machine that is busy is only slow. */
export const SILENCE_MS = 30_000;

export interface Appender {
  readonly process: ChildProcess;
  /** Resolves when the child has acknowledged this many events more, or has died; rejects when it hangs. */
  acknowledged(events: number): Promise<void>;
  /** The last seq it acknowledged, final once it has died. */
  died(): Promise<number>;
}

/** A process that appends until it is killed. */
export async function startAppender(root: string, snapshotEvery: number): Promise<Appender> {
  const script = join(await fixtures(), "journal-child.fixture.mjs");
  const child = spawn(process.execPath, [script, root, String(snapshotEvery)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  const exited = once(lines, "close");
  let durable: number | null = null;
  lines.on("line", (line) => {
    durable = Number(/^durable (\d+)$/.exec(line)?.[1] ?? durable);
  });
  return {
    process: child,
    async acknowledged(events) {
      let first = durable;
      while (child.exitCode === null && child.signalCode === null) {
        if (first !== null && (durable ?? 0) >= first + events) return;
        await hear(once(lines, "line"), exited);
        first ??= durable;
      }
    },
    async died() {
      await exited;
      return durable ?? 0;
    },
  };
}

/** Resolves with the first of them. */
async function hear(...signs: readonly Promise<unknown>[]): Promise<void> {
  const heard = new AbortController();
  const silence = delay(SILENCE_MS, heard.signal).then(() => {
    if (!heard.signal.aborted) throw new Error(`the child has acknowledged nothing for ${SILENCE_MS} ms`);
  });
  await Promise.race([...signs, silence]).finally(() => heard.abort());
}

/** Flips one bit of each place where `marker` stands in the file; returns how many there were. */
export function flipBits(path: string, marker: string): number {
  const bytes = readFileSync(path);
  let found = 0;
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + 1)) {
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    found += 1;
  }
  writeFileSync(path, bytes);
  return found;
}
