/** What a node remembers of its hub, on a real disk. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openWitness } from "./witness.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "spiral-witness-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const SEEN = { hubId: "hub", maxTokenSeen: 41, maxJobSeen: 7, hubEpochSeen: 3 };

describe("openWitness", () => {
  it("gives back what was last saved, to a start with a greater number", async () => {
    const first = await openWitness(directory, 1_000);
    expect(first.seen).toEqual({ hubId: "", maxTokenSeen: 0, maxJobSeen: 0, hubEpochSeen: 0 });
    await Promise.all([first.save({ ...SEEN, maxTokenSeen: 40 }), first.save(SEEN)]);
    const second = await openWitness(directory, 500);
    expect(second.seen).toEqual(SEEN);
    expect([first.generation, second.generation]).toEqual([1_000, 1_001]);
    expect(JSON.parse(readFileSync(join(directory, "witness.json"), "utf8"))).toMatchObject(SEEN);
  });

  it.each(["", "{", "7", '{"generation":"x","maxTokenSeen":-1,"hubId":7}'])(
    "starts anew, with a greater number all the same, from a file that holds %j",
    async (text) => {
      writeFileSync(join(directory, "witness.json"), text);
      const { seen, generation } = await openWitness(directory, 2_000);
      expect(seen).toEqual({ hubId: "", maxTokenSeen: 0, maxJobSeen: 0, hubEpochSeen: 0 });
      expect(generation).toBe(2_000);
    },
  );
});
