/**
 * Projection: an append-only JSONL file derived from the journal, for people and their tools. Each line
 * carries the `seq` of the event it came from, at most one line an event.
 *
 * Batches are not fsynced: the journal is the truth, and it keeps the events until `sync()` has put their
 * lines on the disk. So a crash can only leave a torn or missing tail, which opening cuts and the caller
 * refills, since lines up to `lastSeq` are ignored when they come again.
 */
import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { isDiskFull } from "../disk-full.ts";
import { FleetError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../json.ts";

export interface ProjectionFile {
  /** Seq of the newest line, 0 when there is none. */
  readonly lastSeq: number;
  /** Collects a line; one whose seq is not beyond `lastSeq` is already there and is ignored. */
  append(seq: number, fields: JsonObject): void;
  /** Writes the collected lines; on a full disk they are kept for the next call. */
  flush(): void;
  /** Flushes and waits for the disk. Throws `resourceExhausted` while lines have no room. */
  sync(): void;
  close(): void;
}

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

// JSON escapes C0 itself; these also move a cursor or hide text when somebody prints the file.
const UNSAFE = /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Opens or creates the file and cuts what is torn or newer than the journal's `durableSeq`. */
export function openProjection(path: string, durableSeq: number): ProjectionFile {
  const fd = openSync(path, "a+", 0o644);
  const tail = findTail(fd, durableSeq);
  ftruncateSync(fd, tail.bytes);
  let lastSeq = tail.seq;
  let size = tail.bytes;
  let lines = "";
  const flush = (): void => {
    const bytes = Buffer.from(lines);
    if (bytes.length === 0 || !writeWhole(fd, bytes, size)) return;
    size += bytes.length;
    lines = "";
  };
  return {
    get lastSeq() {
      return lastSeq;
    },
    append(seq, fields) {
      if (seq <= lastSeq) return;
      lines += `${JSON.stringify(Object.assign({ seq }, fields, { seq })).replace(UNSAFE, escapeUnit)}\n`;
      lastSeq = seq;
    },
    flush,
    sync() {
      flush();
      if (lines.length > 0) throw new FleetError("resourceExhausted", `no room for the lines of ${path}`);
      fdatasyncSync(fd);
    },
    close() {
      flush();
      closeSync(fd);
    },
  };
}

function escapeUnit(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** All of it or, on a full disk, nothing: then false, and the caller keeps it for the next time. */
function writeWhole(fd: number, bytes: Uint8Array, size: number): boolean {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    return true;
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    ftruncateSync(fd, size);
    return false;
  }
}

/** Where the newest whole line that the journal knows ends, and its seq; walks backwards from the end. */
function findTail(fd: number, durableSeq: number): { readonly bytes: number; readonly seq: number } {
  let end = lineStart(fd, fstatSync(fd).size);
  while (end > 0) {
    const start = lineStart(fd, end - 1);
    const seq = seqOfLine(fd, start, end);
    if (seq !== null && seq <= durableSeq) return { bytes: end, seq };
    end = start;
  }
  return { bytes: 0, seq: 0 };
}

/** Offset just behind the last newline before `end`, 0 when there is none. */
function lineStart(fd: number, end: number): number {
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let blockEnd = end; blockEnd > 0; ) {
    const blockStart = Math.max(0, blockEnd - BLOCK_BYTES);
    const length = readSync(fd, block, 0, blockEnd - blockStart, blockStart);
    const at = block.subarray(0, length).lastIndexOf(NEWLINE);
    if (at >= 0) return blockStart + at + 1;
    blockEnd = blockStart;
  }
  return 0;
}

function seqOfLine(fd: number, start: number, end: number): number | null {
  const line = Buffer.alloc(end - start);
  readSync(fd, line, 0, line.length, start);
  try {
    const value: unknown = JSON.parse(line.toString("utf8"));
    return isJsonObject(value) && typeof value["seq"] === "number" ? value["seq"] : null;
  } catch {
    // A power loss can leave a line of zeros: it ends in a newline and is torn all the same.
    return null;
  }
}
