/**
 * AcceptGate: the hub's listening socket, and who may come through it. What it bounds is what costs memory before
 * anybody has said who he is: how many connections there are, how many of one address, and how long one may stay
 * without speaking HTTP/2. What comes in together is let in a few at a time: in between the event loop serves those
 * who are inside, so that no storm of newcomers stands before a renewal.
 *
 * It sets no rate. At this point the hub cannot tell an agent from an operator, and `down` must get through a storm;
 * the rate at which agents attach is the business of the attach gate.
 */
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { type Server, ServerCredentials } from "@grpc/grpc-js";
import { monotonicMs } from "../../shared/clock.ts";
import { describeError, FleetError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { createLoop } from "../../shared/loop.ts";

export interface AcceptLimits {
  /** Three for each of a thousand agents (control, bulk, preflight), and operators. */
  readonly connections: number;
  /** Of one address; loopback, where a whole fleet may live behind tunnels, is bounded by the total alone. */
  readonly perAddress: number;
  /** To the end of the client's preface and settings. */
  readonly handshakeMs: number;
  /** Let in between two looks at those who are inside. */
  readonly perTurn: number;
}

export const ACCEPT_LIMITS: AcceptLimits = {
  connections: 4_096,
  perAddress: 32,
  handshakeMs: 10_000,
  perTurn: 8,
};

/** HTTP/2's client preface (24 bytes) and an empty SETTINGS frame (9): whoever sent less has said nothing. */
const PREFACE_BYTES = 33;

const SWEEP_MS = 1_000;
const LOOPBACK = /^(?:(?:::ffff:)?127\.|::1$)/;

export interface AcceptOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly log: Log;
}

export interface AcceptGate {
  readonly port: number;
  /** Frees the port and cuts off who has not been let in. */
  close(): void;
}

/** Listens for `server`, which binds nothing itself. Throws FleetError "unavailable" when the port cannot be had. */
export async function openAcceptGate(
  server: Server,
  { host, port, log }: AcceptOptions,
  limits = ACCEPT_LIMITS,
): Promise<AcceptGate> {
  const inside = server.createConnectionInjector(ServerCredentials.createInsecure());
  const crowd = createCrowd(limits);
  const waiting: Socket[] = [];
  const loop = createLoop({
    everyMs: SWEEP_MS,
    run: () => {
      for (const socket of waiting.splice(0, limits.perTurn))
        if (!socket.destroyed) inside.injectConnection(socket);
      if (waiting.length > 0) loop.wake();
      crowd.cutSilent(monotonicMs());
    },
    onError: (error) =>
      log.error({ event: "loop.failed", reason: describeError(error) }, "letting connections in failed"),
  });
  const listener = createServer({ noDelay: true }, (socket) => {
    // Without a listener the error would end the process.
    socket.on("error", () => socket.destroy());
    if (!crowd.join(socket, monotonicMs())) {
      socket.destroy();
      return;
    }
    waiting.push(socket);
    loop.wake();
  });
  const bound = await listen(listener, host, port);
  return {
    port: bound,
    close: () => {
      listener.close();
      void loop.stop();
      for (const socket of waiting.splice(0)) socket.destroy();
    },
  };
}

/** A connection as the crowd sees it. */
export interface Guest {
  readonly remoteAddress?: string | undefined;
  readonly bytesRead: number;
  once(event: "close", listener: () => void): unknown;
  destroy(): unknown;
}

export interface Crowd {
  /** False: there is no place. */
  join(socket: Guest, nowMs: number): boolean;
  /** Cuts off who has had time enough and said nothing. */
  cutSilent(nowMs: number): void;
}

export function createCrowd({ connections, perAddress, handshakeMs }: AcceptLimits): Crowd {
  const counts = new Map<string, number>();
  /** When each came, oldest first, of those that have not proved to speak HTTP/2. */
  const fresh = new Map<Guest, number>();
  let total = 0;
  const leave = (socket: Guest, address: string): void => {
    total--;
    fresh.delete(socket);
    const left = (counts.get(address) ?? 0) - 1;
    if (left > 0) counts.set(address, left);
    else counts.delete(address);
  };
  return {
    join: (socket, nowMs) => {
      const address = socket.remoteAddress ?? "";
      const ofAddress = counts.get(address) ?? 0;
      if (total >= connections || (ofAddress >= perAddress && !LOOPBACK.test(address))) return false;
      total++;
      counts.set(address, ofAddress + 1);
      fresh.set(socket, nowMs);
      socket.once("close", () => leave(socket, address));
      return true;
    },
    cutSilent: (nowMs) => {
      for (const [socket, sinceMs] of fresh) {
        if (nowMs - sinceMs < handshakeMs) return;
        fresh.delete(socket);
        if (socket.bytesRead < PREFACE_BYTES) socket.destroy();
      }
    },
  };
}

function listen(listener: NetServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    listener.once("error", (error) => reject(bindError(error, host, port)));
    listener.listen({ host, port }, () => {
      const address = listener.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function bindError(error: NodeJS.ErrnoException, host: string, port: number): FleetError {
  const isTaken = error.code === "EADDRINUSE";
  const cure = isTaken
    ? "another program listens there; stop it or choose another port"
    : describeError(error);
  return new FleetError("unavailable", `cannot listen on ${host}:${port}: ${cure}`);
}
