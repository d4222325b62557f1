/**
 * The scene: one box, an interactive persona, a TTS server that nobody has used for an hour, a training that wants
 * in, a call that rings. Hub, agent, sockets and the server that is asked to unload are real; the card is simulated
 * and holds what the processes of this test say they hold.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectLocal, type LocalClient } from "../../shared/local-client/client.ts";
import type { LocalEvent, LocalVerdict } from "../../shared/wire/local-types.ts";
import { Fleet } from "../helpers/fleet.ts";

const GIB = 1024 ** 3;
const NODE = "alpha";

/** A TTS server as the box knows it: a process that holds VRAM, and a way to ask it to unload. */
class TtsServer {
  readonly process: ChildProcess = spawn("sleep", ["600"], { stdio: "ignore" });
  readonly asked: string[] = [];
  readonly #loads: string;
  #server: Server | null = null;

  constructor(directory: string) {
    this.#loads = join(directory, "simulated.json");
  }

  /** Its address, once it listens with its voice loaded. */
  async start(): Promise<string> {
    this.#holds(10 * 1024);
    const server = createServer((request, response) => {
      this.asked.push(`${request.method} ${request.url}`);
      this.#holds(0);
      response.end();
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.process.kill();
    this.#server?.close();
  }

  #holds(vramMib: number): void {
    const loads = vramMib === 0 ? [] : [{ pid: this.process.pid, name: "kokoro", vramMib }];
    writeFileSync(this.#loads, JSON.stringify(loads));
  }
}

describe("one box with a persona, an idle voice, a training and a call", () => {
  const fleet = new Fleet();
  const directory = join(fleet.root, "agents", NODE);
  mkdirSync(directory, { recursive: true });
  const tts = new TtsServer(directory);
  const clients: LocalClient[] = [];
  const heardOnStage: LocalEvent[] = [];
  let refusal: LocalVerdict | null = null;
  const client = (): LocalClient => {
    const each = connectLocal(join(directory, "agent.sock"));
    clients.push(each);
    return each;
  };
  const claim = { isEvictable: false, keepMs: 0 } as const;
  const training = {
    ...claim,
    key: "training",
    label: "LoRA training",
    priority: "batch",
    subsystem: "rendering",
    vramBytes: 14 * GIB,
  } as const;
  const evidence = async (): Promise<readonly string[]> => {
    const { evidence: rows } = await fleet.call("Why", { kind: "node", name: NODE });
    return rows.map(({ name, value }) => `${name}: ${value}`);
  };
  const log = (): string => readFileSync(join(directory, "logs", "current.log"), "utf8");

  beforeAll(async () => {
    const url = await tts.start();
    const voice = {
      id: "kokoro",
      label: "Kokoro voices",
      subsystem: "tts",
      priority: "interactive",
      vramMib: 10 * 1024,
      isResident: false,
      pid: tts.process.pid,
      idleSeconds: 3_600,
      evict: { by: "http", url, rungs: { unload: { request: { path: "/unload" } } } },
    };
    const document = {
      governance: { idleAfterSeconds: 600 },
      budgetsMib: { "*": { inference: 24 * 1024, tts: 12 * 1024, rendering: 40 * 1024 } },
      consumers: [voice],
    };
    writeFileSync(join(directory, "node.json"), JSON.stringify(document));
    await fleet.startHub();
    await fleet.startAgent(NODE);
  });

  afterAll(async () => {
    for (const each of clients) await each.close();
    tts.stop();
    await fleet.stop();
  });

  it("carries the stage and the persona, whose consumers fall to background while she is idle", async () => {
    const stage = client();
    stage.watch({ onEvent: (event) => heardOnStage.push(event) });
    const show = { ...claim, key: "stage", label: "stage", priority: "realtime" } as const;
    const shown = await stage.reserve({ ...show, subsystem: "rendering", vramBytes: 4 * GIB });
    expect(shown.kind).toBe("granted");
    const persona = client();
    const mind = { ...claim, key: "ada", label: "Ada", priority: "interactive", owner: "ada" } as const;
    const held = await persona.reserve({
      ...mind,
      isEvictable: true,
      subsystem: "inference",
      vramBytes: 20 * GIB,
    });
    expect(held.kind).toBe("granted");
    expect(await persona.setActivity({ owner: "ada", kind: "idle", expiresMs: 600_000 })).toBe(1);
    await fleet.until("the card holds what they hold", async () => {
      const [card] = (await persona.stats()).gpus;
      return (card?.measuredBytes ?? 0) > 33 * GIB && (card?.foreignBytes ?? 0) < GIB;
    });
  });

  it("makes the persona interactive when a call rings, and moves TTS budget to inference", async () => {
    const caller = client();
    expect(await caller.setActivity({ owner: "ada", kind: "ringing", expiresMs: 600_000 })).toBe(1);
    const rows = await caller.registry();
    expect(rows.find(({ label }) => label === "Ada")?.priority).toBe("interactive");
    const sight = { ...claim, key: "sight", label: "Ada's sight", priority: "interactive" } as const;
    const seen = await caller.reserve({ ...sight, subsystem: "inference", vramBytes: 2.5 * GIB });
    expect(seen.kind).toBe("granted");
    await fleet.until("her sight is loaded", async () => {
      const [card] = (await caller.stats()).gpus;
      return (card?.measuredBytes ?? 0) > 36 * GIB;
    });
    await fleet.until("budgets move", async () =>
      (await evidence()).some((row) => /^rebalanced: tts is idle .*: .*tts 12288 → \d+ MiB/.test(row)),
    );
  });

  it("refuses the training at its gate with the figures, and begins to make room", async () => {
    refusal = await client().reserve(training);
    expect(refusal).toMatchObject({ kind: "refused", reason: "gate", gate: 0.5 });
    expect(refusal).toHaveProperty(
      "because",
      expect.stringMatching(/would become 0\.5[56]\d .* gate 0\.500/),
    );
    expect(refusal).toHaveProperty("wouldChange", expect.stringMatching(/room is being made/));
  });

  it("unloads the voice by its own API, proves the bytes and lets the training in", async () => {
    const trainer = client();
    await fleet.until("the training is admitted", async () => {
      const verdict = await trainer.reserve(training);
      return verdict.kind === "granted";
    });
    expect(tts.asked).toEqual(["POST /unload"]);
    await fleet.until("the hub has heard it", async () =>
      (await evidence()).some((row) => row.startsWith("room-used: ")),
    );
    const rows = await evidence();
    expect(rows).toContainEqual(
      expect.stringMatching(/^evicted: Kokoro voices: unload freed, \d{4,5} MiB proved, for LoRA/),
    );
    expect(rows).toContainEqual(expect.stringMatching(/^refused: LoRA training is refused: pressure/));
    expect(rows).toContainEqual(expect.stringMatching(/^room-used: LoRA training is let in/));
  });

  it("has disturbed nothing in realtime", async () => {
    expect(heardOnStage.map(({ kind }) => kind)).toContain("rebalanced");
    expect(heardOnStage.filter(({ kind }) => kind === "evict")).toEqual([]);
    const rows = await client().registry();
    const stage = rows.find(({ label }) => label === "stage");
    expect(stage).toMatchObject({ priority: "realtime", vramBytes: 4 * GIB, isEvictable: false });
    expect(stage?.measuredBytes).toBeGreaterThan(3.9 * GIB);
  });

  it("tells the whole story in the node's log and in the journal", () => {
    const sentences = log()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly event: string; readonly msg: string });
    const story = sentences.map(({ event, msg }) => `${event}: ${msg}`);
    const at = (pattern: RegExp): number => story.findIndex((line) => pattern.test(line));
    expect(at(/ada is ringing/)).toBeGreaterThan(-1);
    expect(at(/gpu:budget:rebalanced: tts is idle/)).toBeGreaterThan(at(/ada is ringing/));
    expect(at(/LoRA training is refused/)).toBeGreaterThan(at(/ada is ringing/));
    expect(at(/room is made for LoRA training/)).toBeGreaterThan(-1);
    expect(at(/vram\.evicted: Kokoro voices: unload freed/)).toBeGreaterThan(at(/room is made/));
    expect(at(/there is room for LoRA training/)).toBeGreaterThan(at(/vram\.evicted/));
    expect(at(/LoRA training is let in/)).toBeGreaterThan(at(/there is room for LoRA training/));
    const kinds = fleet.events().map(({ kind, decision }) => `${kind} ${String(decision)}`);
    expect(kinds).toContain("node.decided evicted");
    expect(kinds).toContain("node.decided rebalanced");
  });
});
