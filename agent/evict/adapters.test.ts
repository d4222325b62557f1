import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../shared/clock.ts";
import { delay } from "../../shared/loop.ts";
import type { EvictionRecord } from "./climb.ts";
import { createComfyuiEvictor } from "./comfyui.ts";
import type { Evictor } from "./evictor.ts";
import { createHttpEvictor } from "./http-evictor.ts";
import { createHttpTarget, type HttpTarget, MAX_BODY_BYTES } from "./http-target.ts";
import { createLadder, LADDER_POLICY } from "./ladder.ts";
import { createLlamaSwapEvictor } from "./llama-swap.ts";
import { createOllamaEvictor } from "./ollama.ts";
import { createVllmEvictor, requestsInFlight } from "./vllm.ts";

const GIB = 1024 ** 3;
const NEVER = new AbortController().signal;

interface Asked {
  readonly line: string;
  readonly json: unknown;
  readonly authorization: string | undefined;
}

interface Answer {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly location?: string;
}
type Reply = Answer | "hang";
type Handler = (asked: Asked) => Reply;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A real HTTP server; keeps what it was asked, in order. */
async function serve(handler: Handler) {
  const asked: Asked[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { authorization } = request.headers;
    const one = {
      line: `${request.method} ${request.url}`,
      json: body === "" ? null : (JSON.parse(body) as unknown),
      authorization,
    };
    asked.push(one);
    const reply = handler(one);
    if (reply === "hang") return;
    const location = reply.location === undefined ? {} : { location: reply.location };
    response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...location });
    response.end(reply.text ?? (reply.json === undefined ? "" : JSON.stringify(reply.json)));
  };
  const server = createServer((request, response) => void answer(request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const headers = { authorization: "Bearer key" };
  const url = `http://127.0.0.1:${port}/`;
  return { url, target: createHttpTarget({ baseUrl: url, headers }), asked };
}

/** A port on which nobody listens. */
async function nobody(): Promise<HttpTarget> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return createHttpTarget({ baseUrl: `http://127.0.0.1:${port}` });
}

type Manner = "obeys" | "obeys late" | "frees half" | "lies" | "hangs" | "breaks";

/** A server's model on the card: what its unload does, and what the card shows of it. */
function loadedModel(manner: Manner) {
  const model = { bytes: 10 * GIB };
  const unload = (good: Reply): Reply => {
    if (manner === "hangs") return "hang";
    if (manner === "breaks") return { status: 500, text: "CUDA error: an illegal memory access" };
    if (manner === "obeys") model.bytes = 0;
    if (manner === "frees half") model.bytes /= 2;
    if (manner === "obeys late") void delay(30).then(() => (model.bytes = 0));
    return good;
  };
  return { manner, model, unload };
}

type Loaded = ReturnType<typeof loadedModel>;

/** The APIs as their servers speak them. */
const APIS: Readonly<
  Record<string, { handler: (loaded: Loaded) => Handler; create: (t: HttpTarget) => Evictor }>
> = {
  ComfyUI: {
    create: (target) => createComfyuiEvictor("consumer", target),
    handler: (loaded) => (asked) => {
      if (asked.line === "GET /queue") return { json: { queue_running: [], queue_pending: [] } };
      return asked.line === "POST /free" ? loaded.unload({}) : { status: 404 };
    },
  },
  Ollama: {
    create: (target) => createOllamaEvictor("consumer", target, "llama3.2"),
    handler: (loaded) => (asked) => {
      const row = { name: "llama3.2:latest", model: "llama3.2:latest", size_vram: loaded.model.bytes };
      if (asked.line === "GET /api/ps") return { json: { models: [row] } };
      if (asked.line !== "POST /api/generate") return { status: 404 };
      return loaded.unload({ json: { model: row.name, response: "", done: true, done_reason: "unload" } });
    },
  },
  "llama-swap": {
    create: (target) => createLlamaSwapEvictor("consumer", target, "author/qwen"),
    handler: (loaded) => (asked) => {
      const running = [{ model: "author/qwen", state: "ready", cmd: "llama-server", ttl: 0 }];
      if (asked.line === "GET /running") return { json: { running } };
      const isUnload = asked.line === "POST /api/models/unload/author%2Fqwen";
      return isUnload ? loaded.unload({ text: "OK" }) : { status: 404 };
    },
  },
  vLLM: {
    create: (target) => createVllmEvictor("consumer", target, 2),
    handler: (loaded) => (asked) => {
      if (asked.line === "GET /is_sleeping") return { json: { is_sleeping: false } };
      if (asked.line === "GET /metrics") return { text: 'vllm:num_requests_running{engine="0"} 0.0\n' };
      return asked.line === "POST /sleep?level=2" ? loaded.unload({}) : { status: 404 };
    },
  },
  "generic HTTP": {
    create: (target) =>
      createHttpEvictor("consumer", target, {
        rungs: { unload: { request: { method: "POST", path: "/give", json: { now: true } }, bytes: null } },
        spills: [],
        restore: null,
      }),
    handler: (loaded) => (asked) => (asked.line === "POST /give" ? loaded.unload({}) : { status: 404 }),
  },
};

/** Asks the ladder for the bytes of the one consumer; answers what it recorded. */
async function climb(evictor: Evictor, loaded: Loaded): Promise<EvictionRecord | undefined> {
  const records: EvictionRecord[] = [];
  // Only the tests that wait for a deadline have a short one: a slow machine must not change the others.
  const askMs = { ...LADDER_POLICY.askMs, unload: loaded.manner === "hangs" ? 150 : 20_000 };
  const proofMs = loaded.manner.startsWith("obeys") ? 20_000 : 100;
  const ladder = createLadder(
    { ...LADDER_POLICY, askMs, proofMs, proofPollMs: 5 },
    {
      clock: systemClock,
      consumers: () => [
        {
          id: "consumer",
          label: "a model",
          subsystem: "inference",
          priority: "interactive",
          bytes: 10 * GIB,
          allocatedAtMs: systemClock.bootMs() - 600_000,
          lastUsedAtMs: systemClock.bootMs() - 300_000,
          evictable: true,
          reloadMs: 0,
        },
      ],
      evictorOf: () => evictor,
      measure: async () => ({
        usedBytes: 5 * GIB + loaded.model.bytes,
        byConsumer: new Map([["consumer", loaded.model.bytes]]),
      }),
      mayTakeHostBytes: () => true,
      hold: () => {},
      onRecord: (record) => records.push(record),
    },
  );
  await ladder.request({ requester: "job", gpu: "GPU-a", bytesWanted: 10 * GIB, ceiling: "unload" }, NEVER);
  expect(records.length).toBeLessThanOrEqual(1);
  return records[0];
}

describe.each(Object.entries(APIS))("%s", (_name, api) => {
  it.each([
    ["obeys", "freed", 10],
    ["obeys late", "freed", 10],
    ["frees half", "partial", 5],
    ["lies", "lied", 0],
    ["hangs", "failed", 0],
    ["breaks", "failed", 0],
  ] as const)("that %s is recorded as %s", async (manner, verdict, freedGib) => {
    const loaded = loadedModel(manner);
    const { target } = await serve(api.handler(loaded));
    const record = await climb(api.create(target), loaded);
    expect(record).toMatchObject({ verdict, freedBytes: freedGib * GIB, rung: "unload" });
    if (manner === "breaks") expect(record?.detail).toContain("HTTP 500: CUDA error");
  });

  it("that nobody answers for has failed, with the reason", async () => {
    const record = await climb(api.create(await nobody()), loadedModel("obeys"));
    expect(record).toMatchObject({ verdict: "failed", freedBytes: 0 });
    expect(record?.detail).toContain("ECONNREFUSED");
  });

  it("that answers with another program's page has failed and is asked for nothing else", async () => {
    const { target, asked } = await serve(() => ({ status: 404, text: "<html>not here</html>" }));
    const outcome = await api.create(target).evict("unload", GIB, NEVER);
    expect(outcome.kind).toBe("failed");
    expect(asked).toHaveLength(1);
  });
});

describe("ComfyUI", () => {
  it("is asked to unload models and to drop its caches, with the key of config", async () => {
    const { target, asked } = await serve(APIS["ComfyUI"]?.handler(loadedModel("obeys")) ?? (() => "hang"));
    await createComfyuiEvictor("flux", target).evict("unload", GIB, NEVER);
    expect(asked[1]).toEqual({
      line: "POST /free",
      json: { unload_models: true, free_memory: true },
      authorization: "Bearer key",
    });
  });

  it("is left alone while it renders: its flags would fire when nobody wants the bytes any more", async () => {
    const { target, asked } = await serve(() => ({
      json: { queue_running: [[0, "id", {}]], queue_pending: [[1, "id2", {}]] },
    }));
    const outcome = await createComfyuiEvictor("flux", target).evict("unload", GIB, NEVER);
    expect(outcome).toEqual({ kind: "busy", detail: "2 prompts are rendering or waiting" });
    expect(asked).toHaveLength(1);
  });
});

describe("Ollama", () => {
  const models = [{ name: "llama3.2:latest" }, { name: "nomic-embed-text:v1.5" }];
  const unloaded = { done: true, done_reason: "unload" };
  const handler: Handler = ({ line }) => ({ json: line === "GET /api/ps" ? { models } : unloaded });

  it("unloads one model by the name under which it is loaded", async () => {
    const { target, asked } = await serve(handler);
    const outcome = await createOllamaEvictor("llm", target, "llama3.2").evict("unload", GIB, NEVER);
    expect(outcome.kind).toBe("done");
    expect(asked.slice(1).map(({ json }) => json)).toEqual([
      { model: "llama3.2:latest", keep_alive: 0, stream: false },
    ]);
  });

  it("unloads everything when no model is named, and nothing when the model is not loaded", async () => {
    const { target, asked } = await serve(handler);
    await createOllamaEvictor("llm", target, null).evict("unload", GIB, NEVER);
    expect(asked.slice(1)).toHaveLength(2);
    const outcome = await createOllamaEvictor("llm", target, "mistral").evict("unload", GIB, NEVER);
    expect(outcome).toEqual({ kind: "idle", detail: "mistral is not loaded" });
  });

  it("does not take a loaded answer for an unload", async () => {
    const { target } = await serve(({ line }) => ({
      json: line === "GET /api/ps" ? { models } : { done: true, done_reason: "load" },
    }));
    const outcome = await createOllamaEvictor("llm", target, "llama3.2").evict("unload", GIB, NEVER);
    expect(outcome).toMatchObject({ kind: "failed", detail: expect.stringContaining('"load"') as string });
  });
});

describe("llama-swap", () => {
  it.each([
    [[], "idle"],
    [[{ model: "m", state: "starting" }], "busy"],
    [[{ model: "other", state: "ready" }], "idle"],
  ] as const)("with %j running is %s", async (running, kind) => {
    const { target, asked } = await serve(() => ({ json: { running } }));
    const outcome = await createLlamaSwapEvictor("llm", target, "m").evict("unload", GIB, NEVER);
    expect(outcome.kind).toBe(kind);
    expect(asked).toHaveLength(1);
  });
});

describe("vLLM", () => {
  it("is not put to sleep while it answers somebody", async () => {
    const metrics = 'vllm:num_requests_running{engine="0"} 2.0\nvllm:num_requests_waiting{engine="0"} 1.0\n';
    const { target, asked } = await serve(({ line }) =>
      line === "GET /metrics" ? { text: metrics } : { json: { is_sleeping: false } },
    );
    const outcome = await createVllmEvictor("llm", target, 1).evict("unload", GIB, NEVER);
    expect(outcome).toEqual({ kind: "busy", detail: "3 requests are being answered or wait" });
    expect(asked.some(({ line }) => line.startsWith("POST"))).toBe(false);
  });

  it("that sleeps already has nothing to give", async () => {
    const { target } = await serve(() => ({ json: { is_sleeping: true } }));
    expect((await createVllmEvictor("llm", target, 1).evict("unload", GIB, NEVER)).kind).toBe("idle");
  });

  it("without sleep mode says how it gets one", async () => {
    const { target } = await serve(() => ({ status: 404, json: { detail: "Not Found" } }));
    const outcome = await createVllmEvictor("llm", target, 1).evict("unload", GIB, NEVER);
    expect(outcome.detail).toContain("--enable-sleep-mode");
  });

  it("is woken again", async () => {
    const { target, asked } = await serve(() => ({}));
    const outcome = await createVllmEvictor("llm", target, 1).restore?.("unload", NEVER);
    expect(outcome?.kind).toBe("done");
    expect(asked.map(({ line }) => line)).toEqual(["POST /wake_up"]);
  });

  it("keeps its weights in main memory on level 1 only", async () => {
    const target = await nobody();
    expect(createVllmEvictor("llm", target, 1).spills).toEqual(["unload"]);
    expect(createVllmEvictor("llm", target, 2).spills).toEqual([]);
  });

  it("counts requests over its engines and takes nonsense for none", () => {
    expect(requestsInFlight("vllm:num_requests_running 1\nvllm:num_requests_waiting NaN\n")).toBe(1);
    expect(requestsInFlight("# vllm:num_requests_running 7\n")).toBe(0);
  });
});

describe("createHttpTarget", () => {
  it.each([
    "https://example.org",
    "http://10.0.0.1:8188",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://user:secret@localhost",
    "file:///etc/passwd",
    "localhost:8188",
  ])("refuses %s", (baseUrl) => {
    expect(() => createHttpTarget({ baseUrl })).toThrow();
  });

  it("asks a host that config names", () => {
    expect(() => createHttpTarget({ baseUrl: "http://box-2:8188", allowedHosts: ["box-2"] })).not.toThrow();
  });

  it("follows no redirect", async () => {
    const elsewhere = await serve(() => ({}));
    const { target } = await serve(() => ({ status: 307, location: elsewhere.url }));
    expect((await target.ask({ method: "POST", path: "/free" }, NEVER)).kind).toBe("failed");
    expect(elsewhere.asked).toEqual([]);
  });

  it("reads no more of an answer than its bound", async () => {
    const { target } = await serve(() => ({ text: "x".repeat(3 * MAX_BODY_BYTES) }));
    const reply = await target.ask({ method: "GET", path: "/" }, NEVER);
    expect(reply.kind === "answered" ? reply.body.length : 0).toBe(MAX_BODY_BYTES);
  });
});
