import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../shared/invariant.ts";
import { createDeclaredEvictor } from "./evictor-of.ts";
import { openNodeDocument } from "./node-document.ts";

const MIB = 1024 ** 2;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "node-document-"));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function open(text: string): Promise<ReturnType<typeof openNodeDocument>> {
  await writeFile(join(directory, "node.json"), text);
  return openNodeDocument(directory);
}

const FLUX = {
  id: "flux",
  subsystem: "rendering",
  priority: "background",
  vramMib: 34_816,
  process: "python3",
  evict: { by: "comfyui", url: "http://127.0.0.1:8188" },
};

describe("node.json", () => {
  it("may be absent: every layer acts by the rules of the house", () => {
    const { governance, ways } = openNodeDocument(directory).rules;
    expect(governance).toMatchObject({ maxLayer: 4, strategy: "mechanical", declared: [], budgets: {} });
    expect(governance.ledger.gatePolicy).toBe("resident-aware");
    expect(ways.size).toBe(0);
  });

  it("declares what is loaded, how it is known and how it gives way", async () => {
    const { governance, ways } = (await open(JSON.stringify({ consumers: [FLUX] }))).rules;
    expect(governance.declared).toMatchObject([
      {
        claim: { id: "node/flux", label: "flux", bytes: 34_816 * MIB, resident: true, evictable: true },
        processName: "python3",
        pid: null,
      },
    ]);
    const how = must(ways.get("node/flux")?.evict, "it is evictable");
    expect(createDeclaredEvictor("node/flux", how).rungs(7)).toEqual({ unload: 7 });
  });

  it.each([
    { by: "ollama", url: "http://127.0.0.1:11434" },
    { by: "llama-swap", url: "http://127.0.0.1:8080", model: "ada" },
    { by: "vllm", url: "http://127.0.0.1:8000" },
    { by: "http", url: "http://127.0.0.1:1", rungs: { unload: { request: { path: "/unload" } } } },
    { by: "command", rungs: { unload: { argv: ["/bin/true"] } } },
  ])("knows how $by gives VRAM back", async (evict) => {
    const document = await open(JSON.stringify({ consumers: [{ ...FLUX, evict }] }));
    const how = must(document.rules.ways.get("node/flux")?.evict, "it is evictable");
    expect(createDeclaredEvictor("node/flux", how).rungs(7)).toEqual({ unload: 7 });
  });

  it("limits what a rung yields to the MiB that are written", async () => {
    const evict = { by: "command", rungs: { shrink: { argv: ["/bin/true"], mib: 1 } } };
    const document = await open(JSON.stringify({ consumers: [{ ...FLUX, evict }] }));
    const how = must(document.rules.ways.get("node/flux")?.evict, "it is evictable");
    expect(createDeclaredEvictor("node/flux", how).rungs(9 * MIB)).toEqual({ shrink: MIB });
  });

  it.each([
    { text: "{", message: /node\.json:1:2: / },
    { text: '{"governence": {}}', message: /governence/ },
    { text: '{"governance": {"maxLayer": 5}}', message: /node\.json:1: governance\.maxLayer: / },
    { text: '{"gates": {"policy": "lenient"}}', message: /gates\.policy: / },
    {
      text: '{\n "pressure": {\n  "gpu": { "warning": 0.9 } } }',
      message: /node\.json:3: pressure\.gpu: must rise/,
    },
    {
      text: '{ "pressure": { "cpu": { "warning": 0.1, "hysteresis": 0.1 } } }',
      message: /pressure\.cpu\.hysteresis: must be less than warning/,
    },
    { text: '{"budgetsMib": {"*": {"tts": -1}}}', message: /budgetsMib\.\*\.tts: / },
    {
      text: JSON.stringify({ consumers: [{ ...FLUX, priority: "urgent" }] }),
      message: /consumers\.0\.priority: /,
    },
    { text: JSON.stringify({ consumers: [FLUX, FLUX] }), message: /flux is declared twice/ },
  ])("is refused with its field: $text", async ({ text, message }) => {
    await expect(open(text)).rejects.toThrow(message);
  });

  it("keeps an operator's budgets for the next start, and what people wrote beside them", async () => {
    const document = await open(JSON.stringify({ consumers: [FLUX], budgetsMib: { "*": { tts: 9 } } }));
    await document.saveBudgets("GPU-1", { tts: 7 * MIB, inference: 5 * MIB });
    const { governance } = openNodeDocument(directory).rules;
    expect(governance.budgets).toEqual({
      "*": { tts: 9 * MIB },
      "GPU-1": { tts: 7 * MIB, inference: 5 * MIB },
    });
    expect(JSON.parse(await readFile(join(directory, "node.json"), "utf8"))).toMatchObject({
      consumers: [FLUX],
    });
  });

  it("says at which share levels open, what stays with the system, and which gates main memory has", async () => {
    const { governance } = (
      await open(
        JSON.stringify({
          pressure: { memory: { warning: 0.5, high: 0.7, critical: 0.9, hysteresis: 0.05 } },
          memory: { model: "unified", osFloorMib: 4_096, gates: { batch: 0.5 }, relief: { leakSeconds: 60 } },
        }),
      )
    ).rules;
    expect(governance).toMatchObject({
      memoryModel: "unified",
      ledger: { osFloorBytes: 4_096 * MIB },
      hostMemory: {
        ...{ gates: { batch: 0.5, background: 0.9 }, relieveBatchAt: 0.92, leakHorizonMs: 60_000 },
      },
      pressure: {
        gpu: { opensAt: { warning: 0.6 }, hysteresisRatio: 0 },
        memory: { opensAt: { warning: 0.5, high: 0.7, critical: 0.9 }, hysteresisRatio: 0.05 },
      },
    });
    expect(openNodeDocument(directory).rules.governance.ledger.osFloorBytes).toBe(4_096 * MIB);
  });
});

describe("an edit of node.json", () => {
  const write = (text: string): Promise<void> => writeFile(join(directory, "node.json"), text);

  it("counts once it has stood still, and names what has to wait for the next start", async () => {
    const document = await open("{}");
    expect(document.look()).toBeNull();
    await write('{ "governance": { "maxLayer": 1 }, "local": { "uids": [7] } }');
    expect(document.look()).toBeNull();
    expect(document.look()).toMatchObject({
      kind: "taken",
      rules: { governance: { maxLayer: 1 } },
      waits: ["local"],
    });
    expect(document.look()).toBeNull();
  });

  it("is refused with its place, once, and so is a file that is gone", async () => {
    const document = await open("{}");
    await write('{\n "governance": {\n  "maxLayer": 9 } }');
    document.look();
    expect(document.look()).toMatchObject({
      kind: "refused",
      problem: expect.stringMatching(/node\.json:3: governance\.maxLayer: /),
    });
    expect(document.look()).toBeNull();
    await rm(join(directory, "node.json"));
    document.look();
    expect(document.look()).toMatchObject({ kind: "refused", problem: expect.stringMatching(/is gone/) });
  });

  it("survives budgets that are kept meanwhile, and budgets are not kept in a broken document", async () => {
    const document = await open("{}");
    await write('{ "governance": { "maxLayer": 2 } }');
    await document.saveBudgets("GPU-1", { tts: 7 * MIB });
    document.look();
    expect(document.look()).toMatchObject({
      kind: "taken",
      rules: { governance: { maxLayer: 2, budgets: { "GPU-1": { tts: 7 * MIB } } } },
    });
    await write("{ not yet");
    await expect(document.saveBudgets("GPU-1", { tts: 8 * MIB })).rejects.toThrow(/node\.json:1:/);
    expect(await readFile(join(directory, "node.json"), "utf8")).toBe("{ not yet");
  });
});
