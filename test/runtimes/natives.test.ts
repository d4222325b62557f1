/**
 * The native modules of the platform that these tests run on: a prebuilt binary that loads may still be wrong.
 * `npm run test:arm64` runs them; its tests of frames, films and peer credentials do the rest.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadNvml } from "../../agent/gpu/nvml/library.ts";
import { readCards } from "../../agent/gpu/nvml/read-cards.ts";
import { must } from "../../shared/invariant.ts";
import { openSqliteJournal } from "../../shared/journal/sqlite-journal.ts";
import { type Added, addedAt, type Counter, counter } from "../contract/journal-counter.fixture.ts";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "spiral-natives-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe("SQLite", () => {
  const open = () =>
    openSqliteJournal<Counter, Added>({
      path: join(directory, "journal.db"),
      root: directory,
      workerUrl: new URL("../contract/journal-worker.fixture.mjs", import.meta.url),
      decode: counter.decode,
    });

  it("gives back to the next hub what a journal in its worker thread acknowledged", async () => {
    const events = Array.from({ length: 100 }, (_, at) => addedAt(at + 1));
    const live = counter.initial();
    events.forEach((event, at) => {
      counter.apply(live, event, at + 1);
    });
    const { journal } = await open();
    journal.append(events);
    await journal.close();
    expect(journal.durableSeq).toBe(100);
    const next = await open();
    expect(next.recovered.snapshot).toEqual({ seq: 100, state: live });
    await next.journal.close();
  });
});

describe("koffi", () => {
  it("reads a card's structures from a C library", () => {
    const state = join(directory, "state");
    process.env["NVML_STUB_STATE"] = state;
    const facts = ["uuid=GPU-1", "name=GH200", "total=102625181696", "used=34359738368", "free=67645734912"];
    const more = ["reserved=619708416", "temperature=61", "process=compute:1234:34359738368"];
    writeFileSync(state, ["count=1", ...[...facts, ...more].map((line) => `0.${line}`), ""].join("\n"));
    const nvml = loadNvml(must(process.env["NVML_LIBRARY"], "NVML_LIBRARY names a built stand-in"));
    const read = readCards(nvml, false, () => "python");
    if (read.kind !== "cards") expect.fail(read.reason);
    const [card] = read.cards;
    expect(card?.reading).toMatchObject({ uuid: "GPU-1", name: "GH200" });
    expect(card).toMatchObject({ freeBytes: 67645734912, reservedBytes: 619708416 });
    expect(card?.processes).toMatchObject([{ pid: 1234 }]);
  });
});

describe("sharp", () => {
  it("gives back the pixels that went into a lossless picture", async () => {
    const pixels = Uint8Array.from({ length: 48 * 27 * 3 }, (_, at) => (at * 7919) & 255);
    const raw = { width: 48, height: 27, channels: 3 } as const;
    const webp = await sharp(pixels, { raw }).webp({ lossless: true }).toBuffer();
    const { data } = await sharp(webp).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect(Uint8Array.from(data)).toEqual(pixels);
  });
});
