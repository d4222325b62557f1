import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { InputFile } from "../../shared/model/job.ts";
import { type InputCache, openInputCache } from "./cache.ts";

const inputOf = (content: string, path = `in/${content}`): InputFile => ({
  path,
  bytes: content.length,
  sha256: createHash("sha256").update(content).digest("hex"),
});

let directory: string;
let job: string;
let wire: Map<string, string>;
let fetched: string[];
let cache: InputCache;
let nowMs: number;

/** A hub that knows the contents in `wire`. */
async function fetch({ sha256 }: { sha256: string }, toPath: string): Promise<void> {
  const content = wire.get(sha256);
  await Promise.resolve();
  if (content === undefined) throw new Error("unknown content");
  fetched.push(content);
  writeFileSync(toPath, content);
}
async function reopen(maxBytes = 100): Promise<void> {
  const clock = { bootMs: () => 0, wallMs: () => ++nowMs };
  cache = await openInputCache({ directory, maxBytes, fetch, clock });
}
const onHub = (...contents: string[]): InputFile[] =>
  contents.map((content) => {
    wire.set(inputOf(content).sha256, content);
    return inputOf(content);
  });
const kept = (): string[] =>
  readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), "utf8"))
    .sort();

beforeEach(async () => {
  const root = mkdtempSync(join(tmpdir(), "cache-"));
  directory = join(root, "cache");
  job = root;
  wire = new Map();
  fetched = [];
  nowMs = 1_000_000;
  await reopen();
  writeFileSync(join(job, "output"), "made here");
});

describe("the input cache", () => {
  it("fetches what is not here, once, and lays it where the job wants it", async () => {
    const inputs = onHub("one", "two");
    await cache.provide(inputs, job);
    expect(readFileSync(join(job, "in/two"), "utf8")).toBe("two");
    await cache.provide([inputOf("one", "elsewhere")], job);
    expect(readFileSync(join(job, "elsewhere"), "utf8")).toBe("one");
    expect(fetched).toEqual(["one", "two"]);
  });

  it("lets two jobs wait for one fetch", async () => {
    onHub("shared");
    const lay = (path: string) => cache.provide([{ ...inputOf("shared"), path }], job);
    await Promise.all([lay("a"), lay("b"), lay("c")]);
    expect(fetched).toEqual(["shared"]);
  });

  it("never fetches what an attempt on this node has made", async () => {
    await cache.add(inputOf("made here"), join(job, "output"));
    await cache.provide([inputOf("made here", "x")], job);
    expect(readFileSync(join(job, "x"), "utf8")).toBe("made here");
    expect(fetched).toEqual([]);
  });

  it("keeps its content when a job writes to its own input", async () => {
    onHub("pure");
    await cache.provide([inputOf("pure", "a")], job);
    writeFileSync(join(job, "a"), "spoilt");
    await cache.provide([inputOf("pure", "b")], job);
    expect(readFileSync(join(job, "b"), "utf8")).toBe("pure");
  });

  it("drops what was used least recently when it is full", async () => {
    await reopen(8);
    await cache.provide(onHub("aaaa", "bbbb"), job);
    await cache.provide(onHub("aaaa"), job);
    await cache.provide(onHub("cccc"), job);
    expect(kept()).toEqual(["aaaa", "cccc"]);
  });

  it("remembers across a restart what was used when", async () => {
    await cache.provide(onHub("aaaa", "bbbb", "cccc"), job);
    await cache.provide(onHub("aaaa"), job);
    await reopen(8);
    expect(kept()).toEqual(["aaaa", "cccc"]);
  });

  it("lays a file that is larger than all it may keep, and keeps nothing of it", async () => {
    await reopen(3);
    await cache.provide(onHub("large"), job);
    expect(readFileSync(join(job, "in/large"), "utf8")).toBe("large");
    expect(kept()).toEqual([]);
    await cache.add(inputOf("made here"), join(job, "output"));
    expect(kept()).toEqual([]);
  });

  it("does not believe what an earlier process left before it has read it", async () => {
    onHub("good");
    await cache.provide([inputOf("good", "a")], job);
    const name = inputOf("good").sha256;
    writeFileSync(join(directory, name), "\0\0\0\0");
    utimesSync(join(directory, name), 1, 1);
    writeFileSync(join(directory, `${name}.part`), "go");
    await reopen();
    await cache.provide([inputOf("good", "b")], job);
    expect(readFileSync(join(job, "b"), "utf8")).toBe("good");
    expect(fetched).toEqual(["good", "good"]);
    expect(kept()).toEqual(["good"]);
  });

  it("fetches again when somebody has emptied it", async () => {
    onHub("gone");
    await cache.provide([inputOf("gone", "a")], job);
    rmSync(directory, { recursive: true });
    await cache.provide([inputOf("gone", "b")], job);
    expect(fetched).toEqual(["gone", "gone"]);
  });

  it("passes on that nobody has the content, and asks again the next time", async () => {
    const late = inputOf("late");
    await expect(cache.provide([late], job)).rejects.toThrow("unknown content");
    onHub("late");
    await cache.provide([late], job);
    expect(fetched).toEqual(["late"]);
  });
});
