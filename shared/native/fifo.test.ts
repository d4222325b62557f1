import { lstatSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFifo } from "./fifo.ts";

describe("makeFifo", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "fifo-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("makes a pipe that only its owner may open", () => {
    const path = join(directory, "out.fifo");
    expect(makeFifo(path)).toBe(true);
    expect(lstatSync(path).isFIFO()).toBe(true);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
  });

  it("leaves alone what has the name already", () => {
    const path = join(directory, "out.fifo");
    writeFileSync(path, "somebody's");
    expect(makeFifo(path)).toBe(false);
    expect(lstatSync(path).isFile()).toBe(true);
  });

  it("says so where there is no such directory", () => {
    expect(makeFifo(join(directory, "missing", "out.fifo"))).toBe(false);
  });
});
