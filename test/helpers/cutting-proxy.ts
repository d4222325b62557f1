/** Cutting proxy: a wire that counts what it carries and can be cut at a given byte. */
import { connect, createServer, type Server, type Socket } from "node:net";

/** The bytes that one connection has carried in each direction. */
export interface Traffic {
  up: number;
  down: number;
}

export interface CuttingProxy {
  readonly address: string;
  /** One entry per connection, in the order of their opening. */
  readonly traffic: Traffic[];
  /** The first connection that has carried so many bytes in the direction is cut; then null again. */
  cutAt: { readonly direction: keyof Traffic; readonly bytes: number } | null;
  /** Resolves when no connection is open. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

/** A proxy on loopback; `targetPort` is asked at each connection. */
export async function startCuttingProxy(targetPort: () => number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let onQuiet = (): void => {};
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: targetPort(), host: "127.0.0.1", noDelay: true });
    const traffic = { up: 0, down: 0 };
    proxy.traffic.push(traffic);
    sockets.add(near);
    pass(near, far, (bytes) => count("up", bytes));
    pass(far, near, (bytes) => count("down", bytes));
    const count = (direction: keyof Traffic, bytes: number): void => {
      traffic[direction] += bytes;
      if (proxy.cutAt?.direction !== direction || traffic[direction] < proxy.cutAt.bytes) return;
      proxy.cutAt = null;
      near.destroy();
      far.destroy();
    };
    near.on("close", () => {
      sockets.delete(near);
      if (sockets.size === 0) onQuiet();
    });
  });
  const proxy: CuttingProxy = {
    address: `127.0.0.1:${await listen(server)}`,
    traffic: [],
    cutAt: null,
    quiet: () =>
      new Promise((resolve) => {
        onQuiet = resolve;
        if (sockets.size === 0) resolve();
      }),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

/** Data that arrives as the wire is cut is lost, as on a real one. */
function pass(from: Socket, to: Socket, onBytes: (bytes: number) => void): void {
  from.on("data", (data: Buffer) => {
    onBytes(data.length);
    if (to.destroyed || to.write(data)) return;
    from.pause();
    to.once("drain", () => from.resume());
  });
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroy());
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : 0);
    });
  });
}
