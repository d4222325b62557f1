import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { type ServiceError, status } from "@grpc/grpc-js";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ClaimInput } from "../../shared/local-client/holdings.ts";
import { PRIORITIES, type Priority } from "../../shared/model/priority.ts";
import { applySample, usageOf } from "../../shared/policy/ledger.ts";
import { pressureEventName } from "../../shared/policy/pressure.ts";
import type { LocalCall } from "../../shared/wire/local-methods.ts";
import type { LocalEvent, LocalVerdict, PressureEvent } from "../../shared/wire/local-types.ts";
import {
  buildChild,
  createLocalRig,
  GPU,
  GRACE_MS,
  type LocalRig,
  startChildClient,
  until,
} from "../helpers/local-rig.ts";
import { createRecorder } from "../helpers/recorder.ts";

let rig: LocalRig;
beforeEach(async () => {
  rig = await createLocalRig();
});
afterEach(() => rig.stop());

const claim = (vramBytes: number, edit: Partial<ClaimInput> = {}): ClaimInput => ({
  priority: "batch",
  vramBytes,
  subsystem: "rendering",
  label: "a render",
  ...edit,
});

const granted = (verdict: LocalVerdict): Extract<LocalVerdict, { kind: "granted" }> => {
  if (verdict.kind !== "granted") throw new Error(`refused: ${verdict.because}`);
  return verdict;
};

const live = (priority: Priority): number => rig.ledger.tally.liveByPriority[priority];
const reserved = (): number => usageOf(rig.ledger).reservedBytes;

describe("Reserve", () => {
  it.each([
    ["realtime", 902, 903],
    ["interactive", 759, 760],
    ["background", 569, 570],
    ["batch", 474, 475],
  ] as const)(
    "grants %s up to the last byte below its gate and not at it",
    async (priority, most, tooMuch) => {
      const client = rig.client();
      expect(await client.reserve(claim(tooMuch, { priority }))).toMatchObject({
        kind: "refused",
        reason: "gate",
        headroomBytes: most,
      });
      expect(live(priority)).toBe(0);
      expect(await client.reserve(claim(most, { priority }))).toMatchObject({ kind: "granted", gpu: GPU });
      expect(live(priority)).toBe(1);
    },
  );

  it("refuses with the figures of the gate, the reason as a sentence and what would change it", async () => {
    const refusal = await rig.client().reserve(claim(475));
    expect(refusal).toEqual({
      kind: "refused",
      reason: "gate",
      because: expect.stringContaining("gate 0.500"),
      wouldChange: expect.stringContaining("nothing of this priority ever fits here"),
      gate: 0.5,
      pressure: 0,
      wouldBe: 0.5,
      headroomBytes: 474,
    });
    expect(rig.ledger.refusals.batch).toBe(1);
    expect(rig.logged.join("")).toContain("a render is refused: pressure 0.000 would become 0.500");
  });

  it("answers the same key with the same grant, and books once", async () => {
    const client = rig.client();
    const first = await client.reserve(claim(300, { key: "k" }));
    expect(await client.reserve(claim(300, { key: "k" }))).toEqual(first);
    expect(await rig.client().reserve(claim(300, { key: "k" }))).toEqual(first);
    expect([reserved(), live("batch")]).toEqual([300, 1]);
  });

  it("replaces under the same key, and keeps what stood there when that is refused", async () => {
    const client = rig.client();
    await client.reserve(claim(100, { key: "k" }));
    expect(await client.reserve(claim(500, { key: "k" }))).toMatchObject({ kind: "refused" });
    expect(reserved()).toBe(100);
    expect(await client.reserve(claim(200, { key: "k" }))).toMatchObject({ kind: "granted" });
    expect([reserved(), live("batch")]).toEqual([200, 1]);
  });

  it("says notFound for a card that is not here", async () => {
    await expect(rig.client().reserve(claim(1, { gpu: "GPU-9" }))).rejects.toMatchObject({
      code: "notFound",
      message: expect.stringContaining(GPU),
    });
  });
});

describe("Account, Touch and Release", () => {
  it("books what is loaded past every gate", async () => {
    const verdict = await rig.client().account(claim(900));
    expect(granted(verdict).pressure).toBeCloseTo(900 / 950);
    expect([reserved(), live("batch")]).toEqual([900, 1]);
  });

  it("gives back in parts, saturates, and frees nothing twice", async () => {
    const client = rig.client();
    const { consumerId } = granted(await client.reserve(claim(400)));
    expect(await client.release(consumerId, 150)).toBe(150);
    expect(reserved()).toBe(250);
    expect(await client.release(consumerId, 1_000)).toBe(250);
    expect(await client.release(consumerId)).toBe(0);
    expect(await client.release("local/0/never")).toBe(0);
    expect([reserved(), live("batch")]).toEqual([0, 0]);
  });

  it("books what has been idle for a while as such", async () => {
    const client = rig.client();
    const loaded = claim(10, { isEvictable: true, idleMs: 60_000 });
    const { consumerId } = granted(await client.account(loaded));
    expect((await client.registry())[0]).toMatchObject({ idleMs: 60_000, heldForMs: 60_000 });
    expect((await client.candidates())[0]).toMatchObject({ consumerId, idleMs: 60_000, score: 30 });
    await expect(client.account({ ...loaded, idleMs: 1e12 })).rejects.toThrow(/idleMs: must be at most/);
  });

  it("says nothing of what a consumer is measured to hold before a sample has looked", async () => {
    const client = rig.client();
    await client.reserve(claim(10));
    expect((await client.registry())[0]).toMatchObject({ vramBytes: 10, measuredBytes: null });
    const sample = { usedBytes: 0, byConsumer: new Map(), validForMs: 3_600_000 };
    applySample(rig.ledger, sample, 1_000_000);
    expect((await client.registry())[0]).toMatchObject({ measuredBytes: 0 });
    applySample(rig.ledger, { ...sample, byConsumer: null }, 1_000_000);
    expect((await client.registry())[0]).toMatchObject({ measuredBytes: null });
  });

  it("touches what is held and says when it is not", async () => {
    const client = rig.client();
    const { consumerId } = granted(await client.reserve(claim(10, { isEvictable: true })));
    rig.advance(60_000);
    expect((await client.candidates())[0]).toMatchObject({ consumerId, idleMs: 60_000, score: 30 });
    expect(await client.touch(consumerId)).toBe(true);
    expect((await client.candidates())[0]).toMatchObject({ consumerId, idleMs: 0, score: 0 });
    await client.release(consumerId);
    expect(await client.touch(consumerId)).toBe(false);
  });
});

describe("SetActivity", () => {
  it("moves an owner's consumers with the conversation, and back when it is over", async () => {
    const client = rig.client();
    const activity = { owner: "ada", expiresMs: 60_000 };
    const persona = { owner: "ada", priority: "interactive", subsystem: "inference" } as const;
    await client.reserve(claim(100, persona));
    await client.reserve(claim(10, { owner: "ada" }));
    expect(await client.setActivity({ ...activity, kind: "idle" })).toBe(1);
    expect([live("interactive"), live("background"), live("batch")]).toEqual([0, 1, 1]);
    expect(await client.setActivity({ ...activity, kind: "ringing" })).toBe(1);
    expect(live("interactive")).toBe(1);
    await client.setActivity({ ...activity, kind: "idle" });
    expect((await client.stats()).activities).toEqual([{ ...activity, kind: "idle" }]);
    rig.advance(60_000);
    await until(() => live("interactive") === 1);
    expect((await client.stats()).activities).toEqual([]);
  });
});

describe("figures", () => {
  it("shows cards, gates, budgets and quality of service", async () => {
    const client = rig.client();
    await client.reserve(claim(150, { subsystem: "tts", priority: "interactive" }));
    await client.reportQos({ subsystem: "tts", kind: "latency", value: 40 });
    await client.reportQos({ subsystem: "tts", kind: "latency", value: 25 });
    const { gpus, qos } = await client.stats();
    expect(gpus).toMatchObject([
      { uuid: GPU, totalBytes: 1000, usableBytes: 950, usedBytes: 150, measuredBytes: 0, level: "normal" },
    ]);
    expect(gpus[0]?.gates[1]).toEqual({
      priority: "interactive",
      gate: 0.8,
      live: 1,
      refusals: 0,
      headroomBytes: 609,
      isStructurallyStarved: false,
    });
    expect(gpus[0]?.budgets[1]).toMatchObject({ subsystem: "tts", baselineBytes: 100, heldBytes: 150 });
    expect(qos).toEqual([{ subsystem: "tts", kind: "latency", count: 2, last: 25, worst: 40, ageMs: 0 }]);
  });

  it("shows each consumer with the process that holds it", async () => {
    const client = rig.client();
    await client.reserve(claim(150, { isEvictable: true }));
    expect(await client.registry()).toMatchObject([
      { label: "a render", vramBytes: 150, priority: "batch", pid: process.pid, uid: process.getuid?.() },
    ]);
  });

  it("sets a budget for an operator, and says why it does not fit", async () => {
    const client = rig.client();
    expect(await client.setBudget({ subsystem: "tts", budgetMib: 1, gpu: null })).toMatchObject({
      kind: "refused",
      because: expect.stringContaining("budgets would sum to"),
    });
    expect(await client.setBudget({ subsystem: "tts", budgetMib: 0, gpu: null })).toMatchObject({
      kind: "applied",
    });
    expect(rig.ledger.budgets.baseline["tts"]).toBe(0);
    expect(rig.budgetsSet).toMatchObject([{ gpu: GPU }]);
  });

  it("shows the box, and its processes when asked, largest first and no more than asked for", async () => {
    const client = rig.client();
    const bare = await client.systemResources({ includeProcesses: false, topN: 5 });
    expect(bare).toMatchObject({ cpuRatio: 0.25, memoryAvailableBytes: 1024, memoryStallPercent: null });
    expect(bare.processes).toEqual([]);
    const { processes } = await client.systemResources({ includeProcesses: true, topN: 2 });
    expect(processes).toHaveLength(2);
    expect(processes[0]).toMatchObject({ pid: process.pid, vramBytes: 77 });
  });
});

describe("a client that goes away", () => {
  let program = "";
  beforeAll(async () => {
    program = await buildChild("contract/local-client.fixture.ts");
    return () => rmSync(program);
  });

  it("is reaped when it is killed, with its counters", async () => {
    const child = startChildClient(program, rig.socketPath);
    await child.call("reserve", claim(400));
    await rig.client().reserve(claim(50));
    expect([reserved(), live("batch")]).toEqual([450, 2]);
    child.process.kill("SIGKILL");
    await until(() => reserved() === 50);
    expect(live("batch")).toBe(1);
    expect(rig.gate().holders().size).toBe(1);
    expect(rig.logged.join("")).toContain("a reservation is reaped");
  });

  it("is reaped after the grace when only its connection has gone", async () => {
    const client = rig.client();
    await client.reserve(claim(100));
    await client.close();
    const other = rig.client();
    await other.stats();
    rig.advance(GRACE_MS - 1);
    await other.stats();
    expect(reserved()).toBe(100);
    await until(() => {
      rig.advance(1);
      return reserved() === 0;
    });
  });

  it("keeps what it was to keep, as long as somebody of its user touches it in time", async () => {
    const child = startChildClient(program, rig.socketPath);
    const { consumerId } = granted(await child.call<LocalVerdict>("reserve", claim(100, { keepMs: 60_000 })));
    child.process.kill("SIGKILL");
    await once(child.process, "exit");
    rig.advance(59_000);
    const heir = startChildClient(program, rig.socketPath);
    expect(await heir.call("touch", consumerId)).toBe(true);
    heir.process.kill("SIGKILL");
    await once(heir.process, "exit");
    rig.advance(59_000);
    expect(await rig.client().touch(consumerId)).toBe(true);
    expect(reserved()).toBe(100);
  });

  it("tells a new agent what it holds, past its gates", async () => {
    const client = rig.client();
    const { consumerId } = granted(await client.reserve(claim(400)));
    await rig.restart();
    await until(() => reserved() === 400);
    expect(await client.release(consumerId)).toBe(400);
  });
});

describe("hostile input", () => {
  const reserveRaw = (request: LocalCall<"Reserve">): Promise<ServiceError | null> =>
    new Promise((resolve) => rig.raw().Reserve(request, (error) => resolve(error)));
  const sound = { priority: "PRIORITY_BATCH", vramBytes: 1, subsystem: "rendering", label: "x" } as const;

  it.each([
    ["no priority", { ...sound, priority: "PRIORITY_UNSPECIFIED" }, "priority"],
    ["an unknown priority", { ...sound, priority: 99 as never }, "priority"],
    ["a negative size", { ...sound, vramBytes: "-1" }, "vramBytes"],
    ["a size beyond 2^53", { ...sound, vramBytes: "9007199254740993" }, "vramBytes"],
    ["a subsystem that is a path", { ...sound, subsystem: "../etc" }, "subsystem"],
    ["a key with spaces", { ...sound, key: "a b" }, "key"],
    ["a key that is too long", { ...sound, key: "k".repeat(81) }, "key"],
    ["a label that is too long", { ...sound, label: "l".repeat(129) }, "label"],
    ["a lease of years", { ...sound, keepMs: 1e11 }, "keepMs"],
  ] as const)("names the field for %s", async (_name, request, field) => {
    const error = await reserveRaw(request);
    expect(error?.code).toBe(status.INVALID_ARGUMENT);
    expect(error?.details).toMatch(new RegExp(`^${field}:`));
    expect(reserved()).toBe(0);
  });

  it("costs nobody else's connection", async () => {
    const watching = createRecorder<LocalEvent>();
    const bystander = rig.client();
    await bystander.reserve(claim(10));
    const lost: string[] = [];
    bystander.watch({ onEvent: watching.push, onLost: (reason) => lost.push(reason) });
    const tooLarge = await reserveRaw({ ...sound, label: "l".repeat(1024 * 1024) });
    expect(tooLarge?.code).toBe(status.RESOURCE_EXHAUSTED);
    const noMessage = await new Promise<ServiceError | null>((resolve) =>
      rig.raw().makeUnaryRequest(
        "/fleet.v1.LocalGate/Reserve",
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.from([0xff, 0xff, 0xff]),
        (error) => resolve(error),
      ),
    );
    expect(noMessage?.code).toBe(status.INTERNAL);
    expect(await bystander.reserve(claim(10))).toMatchObject({ kind: "granted" });
    expect(lost).toEqual([]);
    expect(reserved()).toBe(20);
  });
});

describe("Watch", () => {
  const crossing = (ratio: number): PressureEvent => ({
    kind: "pressure",
    name: pressureEventName("gpu", "high"),
    level: "high",
    ratio,
    gpu: GPU,
  });

  it("begins with the pressure as it is and tells every crossing in order", async () => {
    const events = createRecorder<LocalEvent>();
    rig.client().watch({ onEvent: events.push });
    await events.until((event) => event.kind === "pressure" && event.name === "gpu:pressure:update");
    for (let step = 1; step <= 500; step++) rig.gate().publish(crossing(step / 1000));
    await events.untilCount(500, (event) => event.kind === "pressure" && event.level === "high");
    const ratios = events.items.flatMap((event) =>
      event.kind === "pressure" && event.level === "high" ? [event.ratio] : [],
    );
    expect(ratios).toEqual(Array.from({ length: 500 }, (_, index) => (index + 1) / 1000));
  });

  it("asks the holder alone to give VRAM back; its release is the answer", async () => {
    const client = rig.client();
    const { consumerId } = granted(await client.reserve(claim(100, { isEvictable: true })));
    const request = { consumerId, vramBytes: 60, deadlineMs: 5_000, reason: "interactive needs room" };
    const heard = createRecorder<LocalEvent>();
    const overheard = createRecorder<LocalEvent>();
    rig.client().watch({ onEvent: overheard.push });
    await overheard.until(() => true);
    client.watch({ onEvent: heard.push });
    await until(() => rig.gate().requestEviction(request));
    const asked = await heard.until((event) => event.kind === "evict");
    expect(asked).toEqual({ kind: "evict", ...request });
    await client.release(consumerId, 60);
    expect(reserved()).toBe(40);
    rig.gate().publish(crossing(0.9));
    await overheard.until((event) => event.kind === "pressure" && event.level === "high");
    expect(overheard.items.filter((event) => event.kind === "evict")).toEqual([]);
  });

  it("asks again when the holder comes back, with the time that is left", async () => {
    const client = rig.client();
    const { consumerId } = granted(await client.reserve(claim(100, { keepMs: 60_000 })));
    rig.gate().requestEviction({ consumerId, vramBytes: 100, deadlineMs: 5_000, reason: "room" });
    await client.close();
    rig.advance(2_000);
    const heir = rig.client();
    const heard = createRecorder<LocalEvent>();
    heir.watch({ onEvent: heard.push });
    await heard.until(() => true);
    // Until the end of the first connection is noticed, a touch is just a touch.
    while (!heard.items.some((event) => event.kind === "evict")) await heir.touch(consumerId);
    expect(await heard.until((event) => event.kind === "evict")).toMatchObject({ deadlineMs: 3_000 });
  });

  it("drops a client that does not read after a bounded queue, and tells the others everything", async () => {
    const events = createRecorder<LocalEvent>();
    rig.client().watch({ onEvent: events.push });
    await events.until(() => true);
    // It lets the agent send nothing at all, and never will.
    const deaf = connectHttp2("http://agent", {
      createConnection: () => connect(rig.socketPath),
      settings: { initialWindowSize: 0 },
    });
    const stream = deaf.request({
      ":method": "POST",
      ":path": "/fleet.v1.LocalGate/Watch",
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.end(Buffer.alloc(5));
    await once(stream, "response");
    const publishTo = async (last: number): Promise<void> => {
      for (let step = last - 499; step <= last; step++) rig.gate().publish(crossing(step));
      await events.until((event) => event.kind === "pressure" && event.ratio === last);
    };
    const isDropped = (): boolean => rig.logged.some((line) => line.includes("this watcher does not read"));
    await publishTo(500);
    await publishTo(1_000);
    expect(isDropped()).toBe(false);
    await publishTo(1_500);
    expect(isDropped()).toBe(true);
    await publishTo(2_000);
    expect(events.items.filter((event) => event.kind === "pressure" && event.level === "high")).toHaveLength(
      2_000,
    );
    deaf.destroy();
  });
});

describe("many clients at once", () => {
  it("never pass a gate and leak nothing", async () => {
    const clients = Array.from({ length: 32 }, () => rig.client());
    let highest = 0;
    const work = clients.map(async (client, index) => {
      const priority = PRIORITIES[index % PRIORITIES.length] as Priority;
      for (let round = 0; round < 20; round++) {
        const verdict = await client.reserve(claim(1 + ((index * 7 + round) % 40), { priority }));
        if (verdict.kind === "refused") continue;
        highest = Math.max(highest, verdict.pressure);
        expect(verdict.pressure).toBeLessThan(rig.ledger.config.gates[priority]);
        expect(await client.release(verdict.consumerId)).toBeGreaterThan(0);
      }
    });
    await Promise.all(work);
    expect(highest).toBeGreaterThan(0);
    expect(reserved()).toBe(0);
    expect(PRIORITIES.map(live)).toEqual([0, 0, 0, 0]);
    expect(rig.gate().holders().size).toBe(0);
  });
});
