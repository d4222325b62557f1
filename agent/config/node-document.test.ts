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
    const { governance, evict } = openNodeDocument(directory);
    expect(governance).toMatchObject({ maxLayer: 4, strategy: "mechanical", declared: [], budgets: {} });
    expect(governance.ledger.gatePolicy).toBe("resident-aware");
    expect(evict.size).toBe(0);
  });

  it("declares what is loaded, how it is known and how it gives way", async () => {
    const { governance, evict } = await open(JSON.stringify({ consumers: [FLUX] }));
    expect(governance.declared).toMatchObject([
      {
        claim: { id: "node/flux", label: "flux", bytes: 34_816 * MIB, resident: true, evictable: true },
        processName: "python3",
        pid: null,
      },
    ]);
    const how = must(evict.get("node/flux"), "it is evictable");
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
    const how = must(document.evict.get("node/flux"), "it is evictable");
    expect(createDeclaredEvictor("node/flux", how).rungs(7)).toEqual({ unload: 7 });
  });

  it("limits what a rung yields to the MiB that are written", async () => {
    const evict = { by: "command", rungs: { shrink: { argv: ["/bin/true"], mib: 1 } } };
    const document = await open(JSON.stringify({ consumers: [{ ...FLUX, evict }] }));
    const how = must(document.evict.get("node/flux"), "it is evictable");
    expect(createDeclaredEvictor("node/flux", how).rungs(9 * MIB)).toEqual({ shrink: MIB });
  });

  it.each([
    { text: "{", message: /node\.json is not JSON/ },
    { text: '{"governence": {}}', message: /governence/ },
    { text: '{"governance": {"maxLayer": 5}}', message: /governance\.maxLayer: / },
    { text: '{"gates": {"policy": "lenient"}}', message: /gates\.policy: / },
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
    const { governance } = openNodeDocument(directory);
    expect(governance.budgets).toEqual({
      "*": { tts: 9 * MIB },
      "GPU-1": { tts: 7 * MIB, inference: 5 * MIB },
    });
    expect(JSON.parse(await readFile(join(directory, "node.json"), "utf8"))).toMatchObject({
      consumers: [FLUX],
    });
  });
});
