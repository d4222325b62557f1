import { credentials, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { wireServices } from "../../shared/wire/load.ts";
import { firstMessageDeadline } from "./first-message.ts";

const { AgentGateway } = wireServices();

describe("the first-message deadline", () => {
  let server: Server;
  let client: InstanceType<typeof AgentGateway>;
  beforeEach(async () => {
    server = new Server({ interceptors: [firstMessageDeadline(50)] });
    server.addService(AgentGateway.service, {
      Control: (call: NodeJS.ReadWriteStream) => {
        call.on("data", () => call.write({ heartbeatEcho: { seq: 1 } } as never));
      },
      Telemetry: () => {},
      Bulk: () => {},
    });
    const port = await new Promise<number>((resolve) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_error, bound) => resolve(bound)),
    );
    client = new AgentGateway(`127.0.0.1:${port}`, credentials.createInsecure());
  });
  afterEach(() => {
    client.close();
    server.forceShutdown();
  });

  it("ends a call that opens and says nothing", async () => {
    const call = client.Control();
    call.on("data", () => {});
    const error = await new Promise<ServiceError>((resolve) => call.on("error", resolve));
    expect(error).toMatchObject({ code: 4, details: "no whole request arrived in time" });
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
