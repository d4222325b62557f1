/** TCP listener: a peer below gRPC, for what a frozen or foreign program does to a connection. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createRecorder } from "./recorder.ts";

export interface TcpListener {
  readonly port: number;
  /** Connections that are open now. */
  open(): number;
  /** Resolves when so many connections have been made in all. */
  seen(count: number): Promise<void>;
  /** Present connections stay open and swallow what they read; later ones are served. */
  freeze(): void;
  /** Resolves when exactly so many connections are open. */
  untilOpen(count: number): Promise<void>;
  close(): Promise<void>;
}

/** @param serve told of each connection; returns what is done with the bytes that arrive */
export function listen(serve: (socket: Socket) => (data: Uint8Array) => void): Promise<TcpListener> {
  const sockets = new Set<Socket>();
  const frozen = new WeakSet<Socket>();
  const events = createRecorder<"opened" | "closed">();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      events.push("closed");
    });
    const onData = serve(socket);
    socket.on("data", (data) => {
      if (!frozen.has(socket)) onData(data);
    });
    events.push("opened");
  });
  const listener = (): TcpListener => ({
    port: (server.address() as AddressInfo).port,
    open: () => sockets.size,
    seen: (count) => events.untilCount(count, (event) => event === "opened"),
    freeze: () => {
      for (const socket of sockets) frozen.add(socket);
    },
    untilOpen: async (count) => {
      if (sockets.size !== count) await events.until(() => sockets.size === count);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(listener())));
}
