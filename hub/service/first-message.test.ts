import {
  Client,
  type ClientWritableStream,
  credentials,
  Server,
  ServerCredentials,
  type ServiceError,
} from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { wireServices } from "../../shared/wire/load.ts";
import { firstMessageDeadline } from "./first-message.ts";
import type { Gate } from "./gate.ts";
import { bidiStream, type OpenHandler } from "./stream.ts";

const { AgentGateway, Operator } = wireServices();
const OPEN_GATE: Gate = {
  admit: () => ({ role: "agent", id: "box", via: "secret" }),
  refuse: () => ({ code: 13, details: "refused" }),
};

describe("the first-message deadline", () => {
  let server: Server;
  let address: string;
  let client: InstanceType<typeof AgentGateway>;
  beforeEach(async () => {
    server = new Server({ interceptors: [firstMessageDeadline(50)] });
    const open: OpenHandler<unknown, object> = (_principal, stream) => ({
      onMessage: () => stream.write({ heartbeatEcho: { seq: 1 } }),
      onDrain: () => {},
      onEnd: () => {},
    });
    server.addService(AgentGateway.service, {
      Control: bidiStream(OPEN_GATE, "/fleet.v1.AgentGateway/Control", open, 50),
      Telemetry: () => {},
      Bulk: () => {},
    });
    server.addService(Operator.service, {
      ...Object.fromEntries(Object.keys(Operator.service).map((name) => [name, () => {}])),
      GetStatus: (_call: unknown, answer: (error: null, reply: object) => void) => answer(null, {}),
    });
    const port = await new Promise<number>((resolve) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_error, bound) => resolve(bound)),
    );
    address = `127.0.0.1:${port}`;
    client = new AgentGateway(address, credentials.createInsecure());
  });
  afterEach(() => {
    client.close();
    server.forceShutdown();
  });

  it("ends a stream that opens and says nothing", async () => {
    const call = client.Control();
    call.on("data", () => {});
    const error = await new Promise<ServiceError>((resolve) => call.on("error", resolve));
    expect(error).toMatchObject({ code: 4, details: "no whole request arrived in time" });
  });

  it("ends a call whose request never ends, and answers one whose request does", async () => {
    const channel = new Client(address, credentials.createInsecure());
    const bytes = (value: Buffer): Buffer => value;
    const { path } = Operator.service.GetStatus;
    // A client that streams is one whose request is not over until it says so.
    const open = (): { readonly call: ClientWritableStream<Buffer>; readonly end: Promise<unknown> } => {
      let settle = (_end: unknown): void => {};
      const end = new Promise((resolve) => {
        settle = resolve;
      });
      const answer = (error: unknown): void => settle(error ?? "answered");
      return { call: channel.makeClientStreamRequest<Buffer, Buffer>(path, bytes, bytes, answer), end };
    };
    const silent = open();
    const whole = open();
    whole.call.write(Buffer.alloc(0));
    whole.call.end();
    expect(await whole.end).toBe("answered");
    expect(await silent.end).toMatchObject({ code: 4, details: "no whole request arrived in time" });
    channel.close();
  });

  it("leaves a stream alone that has said something", async () => {
    const silent = client.Control();
    const speaking = client.Control();
    speaking.write({ heartbeat: { seq: 1 } });
    let echoes = 0;
    speaking.on("data", () => {
      echoes += 1;
    });
    silent.on("data", () => {});
    await new Promise((resolve) => silent.on("error", resolve));
    const second = new Promise((resolve) => speaking.on("data", resolve));
    speaking.write({ heartbeat: { seq: 2 } });
    await second;
    expect(echoes).toBe(2);
    speaking.on("error", () => {});
  });
});
