import { connect } from "node:net";
import type { ClientDuplexStream } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunningServer } from "../../hub/service/server.ts";
import type { JsonObject } from "../../shared/json.ts";
import { delay } from "../../shared/loop.ts";
import { createHubBook } from "../../shared/model/hub-book.ts";
import type { Completion } from "../../shared/model/messages.ts";
import { type AgentControl, encodeAgentMessage } from "../../shared/wire/agent-codec.ts";
import type { HubControl__Output } from "../../shared/wire/hub-codec.ts";
import { createRig, type DeskEvent, grantOf, type Rig } from "../helpers/control-rig.ts";
import { bareFrame, bareHello } from "../helpers/messages.ts";
import { listen } from "../helpers/tcp-listener.ts";

type ControlCall = ClientDuplexStream<AgentControl, HubControl__Output>;

let rig: Rig;
let hub: RunningServer;
beforeEach(async () => {
  rig = createRig();
  hub = await rig.startHub();
});
afterEach(() => rig.stop());

describe("a session", () => {
  it("attaches and carries messages both ways", async () => {
    const { link, events } = rig.startLink("alpha");
    await events.until(({ kind }) => kind === "welcome");
    expect(link.send({ kind: "heartbeat", seq: 7 })).toBe(true);
    expect(await events.until(({ kind }) => kind === "heartbeatEcho")).toEqual({
      kind: "heartbeatEcho",
      seq: 7,
    });
    expect(await attached()).toMatchObject({ hello: { node: "alpha" }, session: { node: "alpha" } });
  });

  it("carries telemetry beside control, under the session's name", async () => {
    const { link, events } = rig.startLink("alpha");
    await events.until(({ kind }) => kind === "welcome");
    link.telemetry(bareFrame(link.sessionId() ?? "", 1));
    const heard = await rig.desk.events.until(({ kind }) => kind === "telemetry");
    expect(heard).toMatchObject({ node: "alpha", frame: { seq: 1, sessionId: link.sessionId() } });
  });

  it("takes no telemetry under the name of another node's session, and control lives on", async () => {
    const alpha = rig.startLink("alpha");
    const beta = rig.startLink("beta");
    await alpha.events.until(({ kind }) => kind === "welcome");
    await beta.events.until(({ kind }) => kind === "welcome");
    beta.link.telemetry(bareFrame(alpha.link.sessionId() ?? "", 1));
    await beta.events.until((event) => event.kind === "log" && event.event === "telemetry.invalid");
    beta.link.send({ kind: "heartbeat", seq: 1 });
    await beta.events.until(({ kind }) => kind === "heartbeatEcho");
    expect(rig.desk.events.items.some(({ kind }) => kind === "telemetry")).toBe(false);
  });

  it("ends at the first word of the hub that makes no sense: a hub says nothing twice", async () => {
    const { events } = rig.startLink("alpha");
    await events.until(({ kind }) => kind === "welcome");
    const { session } = await attached();
    session.send({ kind: "stop", token: 0, reason: "of nothing", graceMs: 0 });
    expect(await events.until(({ kind }) => kind === "down")).toMatchObject({
      reason: expect.stringContaining("stop.token: must be 1 or more"),
    });
  });

  it("stays away for as long as a hub in a storm asks, and is then taken", async () => {
    await hub.stop();
    const askedMs: number[] = [];
    const admit = (nowMs: number): number => (askedMs.push(nowMs) === 1 ? 700 : 0);
    hub = await rig.startHub({ attachGate: { admit } });
    const { events } = rig.startLink("alpha");
    expect(await events.until(({ kind }) => kind === "log")).toMatchObject({
      event: "link.down",
      reason: expect.stringContaining("come again in 700 ms"),
    });
    await events.until(({ kind }) => kind === "welcome");
    const [first = 0, second = 0] = askedMs;
    expect(second - first).toBeGreaterThanOrEqual(699);
    expect(askedMs).toHaveLength(2);
  });

  it("comes back by itself when the hub restarts on its port, and detaches once per session", async () => {
    const { link, events } = rig.startLink("alpha");
    await events.until(({ kind }) => kind === "welcome");
    await hub.stop();
    expect(await events.until(({ kind }) => kind === "down")).toMatchObject({
      reason: "the hub said goodbye: the hub is stopping",
    });
    expect(link.sessionId()).toBeNull();
    expect(link.send({ kind: "heartbeat", seq: 1 })).toBe(false);
    await rig.startHub();
    await events.untilCount(2, ({ kind }) => kind === "welcome");
    await link.stop();
    await rig.desk.events.untilCount(2, ({ kind }) => kind === "detached");
    expect(rig.desk.events.items.map(({ kind }) => kind)).toEqual([
      "attached",
      "detached",
      "attached",
      "detached",
    ]);
    expect(events.items.filter(({ kind }) => kind === "down")).toHaveLength(2);
  });

  it("hears nothing of the hub before its welcome, even when the hub speaks too early", async () => {
    rig.desk.sayFirst({ kind: "stop", token: 9, reason: "early", graceMs: 0 });
    const { events } = rig.startLink("alpha");
    await events.until(({ kind }) => kind === "stop");
    const kinds = events.items.map(({ kind }) => kind).filter((kind) => kind !== "log");
    expect(kinds).toEqual(["welcome", "stop"]);
  });

  it("delivers more grants than fit into one message as several", async () => {
    const { events } = rig.startLink("alpha");
    const { session } = await attached();
    session.send({
      kind: "grants",
      claimId: 1,
      heartbeatSeq: 1,
      grants: Array.from({ length: 40 }, (_, i) => grantOf(i)),
    });
    await events.untilCount(3, ({ kind }) => kind === "grants");
    const tokens = events.items
      .flatMap((event) => (event.kind === "grants" ? event.grants : []))
      .map((g) => g.token);
    expect(tokens).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  it("delivers more completions than fit into one message as several", async () => {
    const { link, events } = rig.startLink("alpha");
    await events.until(({ kind }) => kind === "welcome");
    const result = { note: "x".repeat(15 * 1024) };
    link.send({
      kind: "complete",
      completions: Array.from({ length: 20 }, (_, i) => completionOf(i + 1, result)),
    });
    const isComplete = (event: DeskEvent): boolean =>
      event.kind === "received" && event.message.kind === "complete";
    await rig.desk.events.untilCount(2, isComplete);
    const messages = rig.desk.events.items.flatMap((event) =>
      event.kind === "received" ? [event.message] : [],
    );
    const tokens = messages.flatMap((message) => (message.kind === "complete" ? message.completions : []));
    expect(tokens.map(({ token }) => token)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });
});

describe("a hub that is there and says nothing", () => {
  it("neither wedges the link nor keeps its connections", async () => {
    const mute = await listen(() => () => {});
    const { link, events } = rig.startLink("alpha", { book: createHubBook([`127.0.0.1:${mute.port}`]) });
    await mute.seen(3);
    expect(mute.open()).toBe(1);
    await link.stop();
    await mute.untilOpen(0);
    await mute.close();
    expect(events.items).toEqual([
      {
        kind: "log",
        event: "link.down",
        reason: expect.stringMatching(/accepts connections but says nothing/),
      },
    ]);
  });

  it("is noticed when it freezes in the middle of a session, and the link dials again", async () => {
    const pipe = await listen((socket) => {
      const toHub = connect(hub.port, "127.0.0.1");
      toHub.on("data", (data) => socket.write(data));
      toHub.on("error", () => {});
      socket.on("close", () => toHub.destroy());
      return (data) => toHub.write(data);
    });
    const { events } = rig.startLink("alpha", { book: createHubBook([`127.0.0.1:${pipe.port}`]) });
    await events.until(({ kind }) => kind === "welcome");
    pipe.freeze();
    expect(await events.until(({ kind }) => kind === "down")).toMatchObject({
      reason: expect.stringMatching(/silent/),
    });
    await events.untilCount(2, ({ kind }) => kind === "welcome");
    await pipe.untilOpen(1);
    await pipe.close();
  });
});

describe("an agent that may not attach", () => {
  const refusals = async (edit: Parameters<Rig["startLink"]>[1]): Promise<string> => {
    const { events } = rig.startLink("alpha", edit);
    const line = await events.until((event) => event.kind === "log" && event.event === "link.refused");
    expect(rig.desk.events.items).toEqual([]);
    return line.kind === "log" ? line.reason : "";
  };

  it("is told which secret would do", async () => {
    expect(await refusals({ secret: "0".repeat(64) })).toMatch(/wrong secret.*agents\/alpha\/secret/);
  });

  it("is told that a principal without a secret is unknown", async () => {
    expect(await refusals({ principal: "agent/never-enrolled", secret: "0".repeat(64) })).toMatch(
      /never-enrolled/,
    );
  });

  it("is told both names when it speaks for another node", async () => {
    expect(await refusals({ hello: () => bareHello("beta") })).toMatch(/alpha.*beta/);
  });

  it("is told both versions when they are two minors apart", async () => {
    const hello = () => ({ ...bareHello("alpha"), protocolMinor: 2 });
    expect(await refusals({ hello })).toMatch(/1\.2.*1\.0/);
  });

  it("is told by its role that it may not be an agent", async () => {
    rig.metadata("operator");
    const secret = rig.metadata("operator").get("spiral-secret")[0] as string;
    expect(await refusals({ principal: "operator", secret })).toMatch(/operator may not call .*Control/);
  });
});

describe("a peer that misbehaves", () => {
  const openRaw = (node: string): ControlCall => {
    const call = rig.client().Control(rig.metadata(`agent/${node}`));
    call.on("data", () => {});
    call.on("error", () => {});
    return call;
  };
  const ending = (call: ControlCall): Promise<{ code: number; details: string }> =>
    new Promise((resolve) => {
      call.on("status", resolve);
    });
  const expectOtherLives = async (): Promise<void> => {
    const { link, events } = rig.startLink("beta");
    await events.until(({ kind }) => kind === "welcome");
    link.send({ kind: "heartbeat", seq: 1 });
    await events.until(({ kind }) => kind === "heartbeatEcho");
  };

  it("loses its own stream for an oversize message, and nobody else's", async () => {
    const call = openRaw("alpha");
    const ended = ending(call);
    call.write(encodeAgentMessage(bareHello("alpha")));
    await attached();
    call.write({ decline: { token: 1, reason: "x".repeat(300 * 1024) } });
    expect(await ended).toMatchObject({ code: 8 });
    await rig.desk.events.until(({ kind }) => kind === "detached");
    await expectOtherLives();
  });

  it("may send two bad messages and is closed at the third, by name", async () => {
    const call = openRaw("alpha");
    const ended = ending(call);
    call.write(encodeAgentMessage(bareHello("alpha")));
    for (let i = 0; i < 2; i++) call.write({ progress: { token: 1, ratio: 7 } });
    call.write(encodeAgentMessage({ kind: "started", token: 5 }));
    await rig.desk.events.until(({ kind }) => kind === "received");
    call.write({ progress: { token: 1, ratio: 7 } });
    expect(await ended).toMatchObject({ code: 3, details: "progress.ratio: must be a ratio from 0 to 1" });
    await expectOtherLives();
  });

  it.each<[string, AgentControl, RegExp]>([
    ["something before hello", { heartbeat: { seq: 1 } }, /must be hello, got heartbeat/],
    ["nothing at all", {}, /must be hello, got unknown/],
  ])("is refused when it says %s", async (_name, message, details) => {
    const call = openRaw("alpha");
    const ended = ending(call);
    call.write(message);
    expect(await ended).toMatchObject({ code: 3, details: expect.stringMatching(details) });
    expect(rig.desk.events.items).toEqual([]);
  });

  it("cannot make the hub keep what it does not read", async () => {
    const call = openRaw("alpha");
    call.write(encodeAgentMessage(bareHello("alpha")));
    const { session } = await attached();
    call.pause();
    const isGone = rig.desk.events.until(({ kind }) => kind === "detached").then(() => true);
    let sent = 0;
    while (sent < 100_000 && !(await Promise.race([isGone, delay(0).then(() => false)]))) {
      for (let i = 0; i < 50; i++)
        session.send({ kind: "stop", token: 1, reason: "x".repeat(1_000), graceMs: 0 });
      sent += 50;
    }
    expect(await isGone).toBe(true);
    expect(sent).toBeLessThan(20_000);
    await expectOtherLives();
  });

  it("gets everything of a long stream when it does read", async () => {
    const { events } = rig.startLink("alpha");
    const { session } = await attached();
    for (let round = 1; round <= 5; round++) {
      for (let i = 0; i < 1_000; i++) session.send({ kind: "noWork", claimId: 1, reason: "x".repeat(1_000) });
      await events.untilCount(round * 1_000, ({ kind }) => kind === "noWork");
    }
  });
});

describe("the server", () => {
  it("says that its port is taken", async () => {
    await expect(rig.startHub()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("another program listens there"),
    });
  });
});

async function attached(): Promise<Extract<DeskEvent, { kind: "attached" }>> {
  const event = await rig.desk.events.until(({ kind }) => kind === "attached");
  if (event.kind !== "attached") throw new Error("unreachable");
  return event;
}

function completionOf(token: number, result: JsonObject): Completion {
  const outcome = { outcome: "ok", exitCode: 0, detail: "", manifestSha256: null } as const;
  return { token, ...outcome, result, peakVramBytes: 0, ranMs: 1 };
}
