/** The accept gate before a real gRPC server, with real sockets. */
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { Server } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { ACCEPT_LIMITS, type AcceptLimits, openAcceptGate } from "../../hub/service/accept-gate.ts";
import { createLog } from "../../shared/log.ts";

const log = createLog({ level: "silent", destination: { write: () => {} } });
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

async function open(limits: Partial<AcceptLimits> = {}): Promise<number> {
  const server = new Server();
  const door = await openAcceptGate(
    server,
    { host: "127.0.0.1", port: 0, log },
    { ...ACCEPT_LIMITS, ...limits },
  );
  ends.push(() => {
    door.close();
    server.forceShutdown();
  });
  return door.port;
}

function dial(port: number): Socket {
  const socket = connect(port, "127.0.0.1")
    .on("error", () => {})
    .resume();
  ends.push(() => socket.destroy());
  return socket;
}

function speak(port: number): ClientHttp2Session {
  const session = connectHttp2(`http://127.0.0.1:${port}`).on("error", () => {});
  ends.push(() => session.destroy());
  return session;
}

describe("the accept gate", () => {
  it("lets everybody in who speaks HTTP/2, however many come at once", async () => {
    const port = await open({ perTurn: 2 });
    const sessions = Array.from({ length: 40 }, () => speak(port));
    await Promise.all(sessions.map((session) => once(session, "remoteSettings")));
  });

  it("cuts off who comes beyond the bound, and takes the next when somebody has left", async () => {
    const port = await open({ connections: 2 });
    const [first, second] = [speak(port), speak(port)];
    await Promise.all([first, second].map((session) => once(session, "remoteSettings")));
    await once(dial(port), "close");
    first.destroy();
    await expect
      .poll(async () => {
        const next = speak(port);
        const heard = once(next, "remoteSettings").then(() => true);
        return Promise.race([heard, once(next, "close").then(() => false)]);
      })
      .toBe(true);
  });

  it("cuts off who connects and says nothing, and not who has spoken and is quiet", async () => {
    const port = await open({ handshakeMs: 300 });
    const quiet = speak(port);
    await once(quiet, "remoteSettings");
    const silent = dial(port);
    const half = dial(port);
    half.write("PRI * HTTP/2.0\r\n");
    await Promise.all([silent, half].map((socket) => once(socket, "close")));
    const isAnswered = new Promise((resolve) => quiet.ping((error) => resolve(error === null)));
    expect(await isAnswered).toBe(true);
  });

  it("frees its port at once when it closes", async () => {
    const port = await open();
    await expect(openAcceptGate(new Server(), { host: "127.0.0.1", port, log })).rejects.toThrow(
      /another program/,
    );
    for (const end of ends.splice(0).reverse()) end();
    const door = await openAcceptGate(new Server(), { host: "127.0.0.1", port, log });
    ends.push(door.close);
    expect(door.port).toBe(port);
  });
});
