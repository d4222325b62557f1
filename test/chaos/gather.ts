/** Gather: the history as it lies on the disk when everything has ended. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JournalLine, Render, RunLine } from "./history.ts";

/** `spiral.jsonl` whole; a line that is still being written is left out. */
export function readJournal(root: string): readonly JournalLine[] {
  const path = join(root, "spiral.jsonl");
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as JournalLine);
}

/** What jobs have written beside the product. @throws at a line that no job would write. */
export function readRuns(side: string): readonly RunLine[] {
  const path = join(side, "lines");
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").slice(0, -1).map(parseRun);
}

const RUN = /^(start|end) (\S+) (\d+) (\S+) (\d+) (\d+\.\d+) (alone|crowded|ok|term)$/;

function parseRun(line: string): RunLine {
  const [, kind, key = "", token, node = "", pid, uptime, how] = RUN.exec(line) ?? [];
  if (kind === undefined) throw new Error(`not a line of a job: ${JSON.stringify(line)}`);
  return {
    kind: kind as RunLine["kind"],
    key,
    token: Number(token),
    node,
    pid: Number(pid),
    atMs: Math.round(Number(uptime) * 1000),
    how: how as RunLine["how"],
  };
}

export function readRenders(root: string): readonly Render[] {
  const directory = join(root, "renders");
  if (!existsSync(directory)) return [];
  return readdirSync(directory).map((jobId) => ({
    jobId,
    written: readWritten(join(directory, jobId, "run.txt")),
  }));
}

function readWritten(path: string): Render["written"] {
  if (!existsSync(path)) return null;
  const [key = "", token] = readFileSync(path, "utf8").trim().split(" ");
  return { key, token: Number(token) };
}
