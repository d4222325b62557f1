import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../shared/json.ts";
import { connectLocal, type LocalClient } from "../shared/local-client/client.ts";
import type { QueryMethod } from "../shared/model/messages.ts";
import { AgentRig } from "../test/helpers/agent-rig.ts";
import { GIB } from "../test/helpers/agent-world.ts";

let rig: AgentRig;
let clients: LocalClient[];

beforeEach(async () => {
  rig = await AgentRig.create();
  clients = [];
  await rig.start();
  rig.attach();
});

afterEach(async () => {
  for (const client of clients) await client.close();
  await rig.close();
});

function client(): LocalClient {
  const each = connectLocal(join(rig.directory, "agent.sock"));
  clients.push(each);
  return each;
}

const INTERACTIVE = {
  key: "chat",
  label: "a chat",
  priority: "interactive",
  subsystem: "inference",
  vramBytes: 30 * GIB,
} as const;

const TRAINING = {
  ...INTERACTIVE,
  key: "training",
  label: "a training",
  priority: "batch",
  vramBytes: 44 * GIB,
  isEvictable: true,
} as const;

/** Asks again until there is room. */
async function admitted(asker: LocalClient): Promise<void> {
  await rig.until("the chat is admitted", async () => (await asker.reserve(INTERACTIVE)).kind === "granted");
}

describe("the local service of a running agent", () => {
  it("asks the client that holds less important VRAM to release it, and gives it to the one who asked", async () => {
    const trainer = client();
    const verdict = await trainer.reserve(TRAINING);
    const consumerId = verdict.kind === "granted" ? verdict.consumerId : "";
    const asked: string[] = [];
    trainer.watch({
      onEvent: (event) => {
        if (event.kind !== "evict") return;
        asked.push(event.consumerId);
        void trainer.release(event.consumerId);
      },
    });
    await admitted(client());
    expect(asked).toEqual([consumerId]);
    const told = (): readonly string[] =>
      rig.said.flatMap((message) => (message.kind === "decision" ? [message.decision] : []));
    await rig.until("the bytes are proved", () => told().includes("evicted"));
    expect(told()).toEqual(["refused", "evicted"]);
  });

  it("ends a batch job whose VRAM more important work needs, as preempted", async () => {
    rig.grant("exec sleep 60", { vramBytes: 44 * GIB, ttlMs: 60_000 });
    await rig.until("the job runs", () => rig.said.some(({ kind }) => kind === "started"));
    await admitted(client());
    const completion = await rig.completion();
    expect(completion).toMatchObject({ outcome: "preempted", detail: "more important work needs its VRAM" });
  });
});

describe("node.json of a running agent", () => {
  const edit = (text: string): Promise<void> => writeFile(join(rig.directory, "node.json"), text);
  const batchGate = async (): Promise<number | undefined> =>
    (await client().stats()).gpus[0]?.gates.find(({ priority }) => priority === "interactive")?.gate;
  const decided = (name: string): boolean =>
    rig.said.some((message) => message.kind === "decision" && message.decision === name);

  it("is taken over when it is edited, and a wrong edit leaves the old values in force", async () => {
    expect(await batchGate()).toBe(0.8);
    await edit('{ "gates": { "table": "small-node" } }');
    await rig.until("the edit is in force", () => decided("reconfigured"));
    expect(await batchGate()).toBe(0.97);
    await edit('{ "gates": { "table": "huge" } }');
    await rig.until("the edit is refused", () => decided("reconfigure-refused"));
    expect(await batchGate()).toBe(0.97);
    await rig.until("the hub is told", () =>
      (rig.frames.at(-1)?.problem ?? "").includes("node.json:1: gates.table"),
    );
    await edit('{ "gates": { "table": "small-node" } }');
    await rig.until("it is mended", () => rig.frames.at(-1)?.problem === null);
  });

  it("keeps an operator's budget without taking its own writing for an edit", async () => {
    await client().setBudget({ subsystem: "tts", budgetMib: 1_024, gpu: null });
    const kept = async (): Promise<boolean> =>
      (await readFile(join(rig.directory, "node.json"), "utf8").catch(() => "")).includes('"tts": 1024');
    await rig.until("it is kept", kept);
    const seen = rig.frames.length;
    await rig.until("a few looks have passed", () => rig.frames.length > seen + 5);
    expect([decided("reconfigured"), decided("reconfigure-refused")]).toEqual([false, false]);
  });
});

describe("what the hub asks a node", () => {
  const ask = async (method: QueryMethod, body: JsonObject = {}): Promise<unknown> => {
    rig.hear({ kind: "query", queryId: 7, method, body });
    const answer = rig.said.findLast(({ kind }) => kind === "answer");
    return answer?.kind === "answer" ? (answer.refusal ?? answer.body) : null;
  };

  it("is answered from the books", async () => {
    await client().reserve(TRAINING);
    expect(await ask("gpu-stats")).toMatchObject({
      gpus: [{ reservedBytes: 44 * GIB, source: "simulated" }],
    });
    expect(await ask("eviction-registry")).toMatchObject({ consumers: [{ label: "a training" }] });
    expect(await ask("eviction-candidates")).toMatchObject({ candidates: [{ label: "a training" }] });
    expect(await ask("system-resources", { includeProcesses: true, topN: 3 })).toMatchObject({
      processes: [{}, {}, {}],
    });
    expect(await ask("pressure")).toMatchObject({
      pressures: [
        { name: "gpu:pressure:update", gpu: expect.stringMatching(/^GPU-/) },
        { name: "cpu:pressure:update", gpu: null },
        { name: "memory:pressure:update", gpu: null },
      ],
    });
  });

  it("changes a budget, or is refused with what is wrong", async () => {
    expect(await ask("set-budget", { subsystem: "tts", budgetMib: 1_024 })).toMatchObject({
      kind: "applied",
    });
    expect(await ask("set-budget", { subsystem: "tts" })).toMatch(/needs subsystem and budgetMib/);
    expect(await ask("set-budget", { subsystem: "opera", budgetMib: 1 })).toMatchObject({ kind: "refused" });
  });
});
