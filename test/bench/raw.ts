/**
 * Raw: the ceiling. grpc-js alone, with the channel options of the product, passing buffers of the same size
 * without looking at them.
 */
import {
  type ChannelOptions,
  Client,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
} from "@grpc/grpc-js";
import { createTiming } from "../../shared/model/timing.ts";
import { agentChannelOptions, serverOptions } from "../../shared/wire/channel-options.ts";
import { sort } from "./result.ts";

const METHODS = { ping: "/bench.Raw/Ping", oneWay: "/bench.Raw/OneWay", unary: "/bench.Raw/Unary" } as const;
const same = (bytes: Buffer): Buffer => bytes;
const EMPTY = Buffer.alloc(0);

/** Serves at `host:port` or `unix:PATH`; resolves with the port, 0 for a path. */
export async function startRawServer(
  address: string,
  options = serverOptions(createTiming()),
): Promise<number> {
  const server = new Server(options);
  const method = (path: string, requestStream: boolean, responseStream: boolean) => ({
    path,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  });
  const ping: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    call.on("data", (bytes: Buffer) => call.write(bytes));
    call.on("end", () => call.end());
    call.on("error", () => {});
  };
  const oneWay: handleClientStreamingCall<Buffer, Buffer> = (call, reply) => {
    call.on("data", () => {});
    call.on("end", () => reply(null, EMPTY));
    call.on("error", () => {});
  };
  const unary: handleUnaryCall<Buffer, Buffer> = (call, reply) => reply(null, call.request);
  server.addService(
    {
      ping: method(METHODS.ping, true, true),
      oneWay: method(METHODS.oneWay, true, false),
      unary: method(METHODS.unary, false, false),
    },
    { ping, oneWay, unary },
  );
  return new Promise((resolve, reject) =>
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    ),
  );
}

export interface RawLoad {
  readonly address: string;
  readonly connections: number;
  readonly bytes: number;
  readonly ms: number;
}

export interface RawRate {
  readonly perSecond: number;
  /** Of one round trip, ms. */
  readonly p50Ms: number;
}

export function connectRaw(
  address: string,
  options: ChannelOptions = agentChannelOptions(createTiming()),
): Client {
  return new Client(address, credentials.createInsecure(), options);
}

/** One ping under way on each connection, each on a stream of its own. */
export async function pingRaw({ address, connections, bytes, ms }: RawLoad): Promise<RawRate> {
  const message = Buffer.alloc(bytes, 1);
  const clients = Array.from({ length: connections }, () => connectRaw(address));
  const latencies: number[] = [];
  const streams = await Promise.all(clients.map((client) => openPing(client, message)));
  const startMs = performance.now();
  await Promise.all(
    streams.map(async (ping) => {
      for (let sentMs = performance.now(); sentMs - startMs < ms; ) {
        await ping();
        const nowMs = performance.now();
        latencies.push(nowMs - sentMs);
        sentMs = nowMs;
      }
    }),
  );
  const elapsedMs = performance.now() - startMs;
  for (const client of clients) client.close();
  return {
    perSecond: (1000 * latencies.length) / elapsedMs,
    p50Ms: sort(latencies)[latencies.length >> 1] ?? 0,
  };
}

/** A function that sends one message and resolves with its echo; the stream has answered once already. */
export async function openPing(client: Client, message: Buffer): Promise<() => Promise<void>> {
  const call = client.makeBidiStreamRequest<Buffer, Buffer>(METHODS.ping, same, same);
  let answered = (): void => {};
  call.on("data", () => answered());
  call.on("error", () => {});
  const ping = (): Promise<void> =>
    new Promise((resolve) => {
      answered = resolve;
      call.write(message);
    });
  await ping();
  return ping;
}

/** As fast as the other side reads, on each connection. */
export async function pushRaw({ address, connections, bytes, ms }: RawLoad): Promise<RawRate> {
  const message = Buffer.alloc(bytes, 1);
  const clients = Array.from({ length: connections }, () => connectRaw(address));
  const startMs = performance.now();
  const counts = await Promise.all(
    clients.map(
      (client) =>
        new Promise<number>((resolve, reject) => {
          let sent = 0;
          const call = client.makeClientStreamRequest<Buffer, Buffer>(METHODS.oneWay, same, same, (error) =>
            error === null ? resolve(sent) : reject(error),
          );
          const push = (): void => {
            while (performance.now() - startMs < ms) {
              sent += 1;
              if (!call.write(message)) return void call.once("drain", push);
            }
            call.end();
          };
          push();
        }),
    ),
  );
  const elapsedMs = performance.now() - startMs;
  for (const client of clients) client.close();
  return { perSecond: (1000 * counts.reduce((sum, count) => sum + count, 0)) / elapsedMs, p50Ms: 0 };
}

/** One call after the other on each connection. */
export async function callRaw(
  { address, connections, bytes, ms }: RawLoad,
  options?: ChannelOptions,
): Promise<RawRate> {
  const message = Buffer.alloc(bytes, 1);
  const clients = Array.from({ length: connections }, () => connectRaw(address, options));
  await Promise.all(clients.map((client) => callOnce(client, message)));
  const latencies: number[] = [];
  const startMs = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      for (let sentMs = performance.now(); sentMs - startMs < ms; ) {
        await callOnce(client, message);
        const nowMs = performance.now();
        latencies.push(nowMs - sentMs);
        sentMs = nowMs;
      }
    }),
  );
  const elapsedMs = performance.now() - startMs;
  for (const client of clients) client.close();
  return {
    perSecond: (1000 * latencies.length) / elapsedMs,
    p50Ms: sort(latencies)[latencies.length >> 1] ?? 0,
  };
}

function callOnce(client: Client, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest<Buffer, Buffer>(METHODS.unary, same, same, message, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
}
