import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadSettings, placeOf, requireAgent } from "./config.ts";

const root = mkdtempSync(join(tmpdir(), "config-"));
afterAll(() => rmSync(root, { recursive: true }));
const PLACE = placeOf({ root, node: "alpha" }, {});

function withFile(text: string): void {
  mkdirSync(PLACE.directory, { recursive: true });
  writeFileSync(join(PLACE.directory, "agent.json"), text);
}

describe("placeOf", () => {
  it("takes flags before the environment", () => {
    expect(placeOf({ node: "a" }, { SPIRAL_ROOT: "/r", SPIRAL_NODE: "b" }).directory).toBe("/r/agents/a");
  });

  it("asks for a name and refuses one that could be a path", () => {
    expect(() => placeOf({ root }, {})).toThrow(/--node NAME/);
    for (const node of ["../x", "", "A", "a/b", "a.b", "-a"]) {
      expect(() => placeOf({ root, node }, {})).toThrow(/must be a-z/);
    }
  });
});

describe("requireAgent", () => {
  it("names those that live there where another is meant", () => {
    withFile("{}");
    expect(() => requireAgent(PLACE)).not.toThrow();
    const nosuch = placeOf({ root, node: "nosuch" }, {});
    expect(() => requireAgent(nosuch)).toThrow(
      `no agent "nosuch" lives below ${join(root, "agents")}; there: alpha`,
    );
  });

  it("says that a fresh box has none", () => {
    expect(() => requireAgent(placeOf({ root: join(root, "fresh"), node: "alpha" }, {}))).toThrow(
      "there: none",
    );
  });
});

describe("loadSettings", () => {
  it("takes flags before the environment before the file before the defaults", () => {
    withFile('{"gpu": "simulated", "gpuSlots": 3, "cpuSlots": 4}');
    const env = { SPIRAL_GPU_SLOTS: "5", SPIRAL_CPU_SLOTS: "6" };
    expect(loadSettings(PLACE, { cpuSlots: "7" }, env)).toMatchObject({
      gpu: "simulated",
      gpuSlots: 5,
      cpuSlots: 7,
      logLevel: "info",
      hub: null,
    });
  });

  it.each([
    { text: '{"gpuslots": 1}', message: /gpuslots/ },
    { text: '{"gpu": "voodoo"}', message: /gpu: must be auto, nvml, nvidia-smi, simulated, none/ },
    { text: '{"gpuSlots": -1}', message: /gpuSlots: / },
    { text: '{"hub": "nowhere"}', message: /hub: must be HOST:PORT/ },
    { text: '{"jobUids": "0-99"}', message: /jobUids: must be FIRST-LAST/ },
    { text: '{"jobUids": "2000-1999"}', message: /jobUids: must be FIRST-LAST/ },
    { text: '{"jobUids": "0000-1999"}', message: /jobUids: must be FIRST-LAST/ },
    { text: "{", message: /agent\.json is not JSON/ },
    { text: "[]", message: /agent\.json is not a JSON object/ },
  ])("refuses $text with exit status 78", ({ text, message }) => {
    withFile(text);
    expect(() => loadSettings(PLACE, {}, {})).toThrow(message);
    expect(() => loadSettings(PLACE, {}, {})).toThrow(expect.objectContaining({ exitStatus: 78 }));
  });
});
