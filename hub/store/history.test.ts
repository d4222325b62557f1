import { appendFileSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryDisk, openMemoryJournal } from "../../shared/journal/memory-journal.ts";
import { createTiming } from "../../shared/model/timing.ts";
import type { HubEvent } from "../core/event.ts";
import type { HubState } from "../core/state.ts";
import { createEngine } from "../engine.ts";
import { hubJournal } from "./definition.ts";
import { createHistory } from "./history.ts";

const { projections: _, ...definition } = hubJournal;

/** Events in memory before the older ones go, and what is left of them then (recent-events). */
const HELD_MAX = 40_000;
const KEPT = 20_000;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "history-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A hub whose journal grows by so many events at once, and whose spiral.jsonl tells them all. */
function open() {
  const disk = new MemoryDisk();
  const opened = openMemoryJournal<HubState, HubEvent>({
    definition,
    disk,
    sync: "manual",
    maxUndurable: Number.POSITIVE_INFINITY,
  });
  const engine = createEngine({
    ...opened,
    clock: { bootMs: () => 5_000, wallMs: () => 1_700_000_000_000 },
    timing: createTiming(),
    perform: () => {},
    onFatal: (error) => {
      throw error;
    },
  });
  const happen = (events: number): void => {
    engine.act((tx) => {
      for (let each = 0; each < events; each++)
        tx.emit({ kind: "node.detached", node: "alpha", reason: "silent" });
    });
    opened.control.sync();
  };
  let projectedSeq = 0;
  const project = (): void => {
    let lines = "";
    while (projectedSeq < engine.journalSeq) {
      const line = { seq: ++projectedSeq, wallMs: 1, kind: "node.detached", node: "alpha", reason: "silent" };
      lines += `${JSON.stringify(line)}\n`;
    }
    appendFileSync(join(root, "spiral.jsonl"), lines);
  };
  return { engine, happen, project, history: createHistory(engine, root) };
}

function openFiles(): readonly string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(join("/proc/self/fd", fd))];
    } catch {
      return []; // closed meanwhile
    }
  });
}

describe("history", () => {
  it("tells every event once while those in memory make room for newer ones", async () => {
    const { engine, happen, project, history } = open();
    happen(HELD_MAX + 1_000);
    happen(HELD_MAX - KEPT - 1_000);
    project();
    const { firstSeq } = engine.recent;
    const seqs: number[] = [];
    for await (const { seq } of history.since(0)) {
      seqs.push(seq);
      if (seq !== 1) continue;
      happen(2_000);
      project();
    }
    expect(engine.recent.firstSeq).toBeGreaterThan(firstSeq);
    expect(seqs.find((seq, index) => seq !== index + 1)).toBeUndefined();
    expect(seqs.at(-1)).toBe(engine.journalSeq);
  });

  it("tells what is in memory where the file that has the rest is gone", async () => {
    const { engine, happen, history } = open();
    happen(HELD_MAX + 1_000);
    const seqs: number[] = [];
    for await (const { seq } of history.since(0)) seqs.push(seq);
    expect(seqs[0]).toBe(engine.recent.firstSeq);
    expect(seqs.at(-1)).toBe(engine.journalSeq);
  });

  it("leaves no file open when its reader has had enough", async () => {
    const { happen, project, history } = open();
    happen(HELD_MAX + 1_000);
    project();
    for await (const { seq } of history.since(0)) if (seq === 10) break;
    expect(openFiles().filter((path) => path.startsWith(root))).toEqual([]);
  });
});
