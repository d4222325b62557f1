import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { look, lookAtNames, lookAtText } from "./files.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "doctor-files-"));
  writeFileSync(join(directory, "large"), Buffer.alloc(2 * 1024 ** 2));
  writeFileSync(join(directory, "small"), "text");
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("look", () => {
  it("gives up on what never answers", async () => {
    const never = (): Promise<never> => new Promise(() => {});
    expect(await look(never, 10)).toEqual({ kind: "unseen", reason: "no answer within 0.01 s" });
  });
});

describe("lookAtText", () => {
  it("tells a missing file from one that may not be read", async () => {
    expect(await lookAtText(join(directory, "small"))).toEqual({ kind: "seen", value: "text" });
    expect(await lookAtText(join(directory, "missing"))).toEqual({ kind: "seen", value: null });
    expect(await lookAtText(join(directory, "small/below"))).toEqual({ kind: "seen", value: null });
    expect((await lookAtText(directory)).kind).toBe("unseen");
    expect((await lookAtText(join(directory, "large"))).kind).toBe("unseen");
  });
});

describe("lookAtNames", () => {
  it("sorts names, and finds none where there is no directory", async () => {
    expect(await lookAtNames(directory)).toEqual({ kind: "seen", value: ["large", "small"] });
    expect(await lookAtNames(join(directory, "missing"))).toEqual({ kind: "seen", value: [] });
  });
});
