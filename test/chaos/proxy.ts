/**
 * Proxy: the wire between one agent and the hub, which can be cut in all the ways in which wires are. What a
 * partition holds back is delivered when it heals, as the kernel would: a stream never loses a byte from its middle.
 */
import { connect, createServer, type Server, type Socket } from "node:net";

export type WireMode =
  | { readonly kind: "open" }
  /** Connections break and new ones are refused. */
  | { readonly kind: "drop" }
  /** Nothing passes, nothing is closed: both ends believe in it. */
  | { readonly kind: "blackhole" }
  /** What the hub says does not arrive. */
  | { readonly kind: "deaf" }
  | { readonly kind: "delay"; readonly delayMs: number };

export interface Wire {
  /** HOST:PORT that the agent dials. */
  readonly address: string;
  set(mode: WireMode): void;
  /** Every open connection breaks after so many more bytes, most likely inside a message. */
  cutAfter(bytes: number): void;
  stop(): Promise<void>;
}

/** One direction of one connection. */
interface Pipe {
  readonly from: Socket;
  readonly to: Socket;
  readonly isDown: boolean;
  readonly waiting: { readonly data: Buffer; readonly dueMs: number }[];
  leftBytes: number;
  timer: NodeJS.Timeout | null;
}

/** `targetPort` is asked at each connection; null: no hub is known, the connection is refused. */
export async function openWire(host: string, targetPort: () => number | null): Promise<Wire> {
  let mode: WireMode = { kind: "open" };
  const pipes = new Set<Pipe>();
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (near) => {
    near.on("error", () => near.destroy());
    const port = targetPort();
    if (mode.kind === "drop" || port === null) return void near.resetAndDestroy();
    const far = connect({ port, host: "127.0.0.1", noDelay: true });
    far.on("error", () => far.destroy());
    for (const pipe of [createPipe(near, far, false), createPipe(far, near, true)])
      lay(pipe, pipes, () => mode);
    near.resume();
  });
  const address = `${host}:${await listen(server, host)}`;
  return {
    address,
    set: (next) => {
      mode = next;
      for (const pipe of [...pipes]) {
        if (next.kind === "drop") pipe.from.resetAndDestroy();
        else pour(pipe, mode);
      }
    },
    cutAfter: (bytes) => {
      for (const pipe of pipes) pipe.leftBytes = bytes;
    },
    stop: async () => {
      for (const { from } of [...pipes]) from.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createPipe(from: Socket, to: Socket, isDown: boolean): Pipe {
  return { from, to, isDown, waiting: [], leftBytes: Number.POSITIVE_INFINITY, timer: null };
}

function lay(pipe: Pipe, pipes: Set<Pipe>, modeNow: () => WireMode): void {
  const { from, to, waiting } = pipe;
  pipes.add(pipe);
  from.on("data", (data: Buffer) => {
    const mode = modeNow();
    const lateMs = mode.kind === "delay" ? mode.delayMs : 0;
    waiting.push({ data, dueMs: performance.now() + lateMs });
    pour(pipe, mode);
  });
  from.on("close", () => {
    if (pipe.timer !== null) clearTimeout(pipe.timer);
    pipes.delete(pipe);
    to.destroy();
  });
}

/** Hands on, in order, what may pass now; what is only late is looked at again when it is due. */
function pour(pipe: Pipe, mode: WireMode): void {
  const { waiting, to, from, isDown } = pipe;
  if (pipe.timer !== null) clearTimeout(pipe.timer);
  pipe.timer = null;
  const isHeld = mode.kind === "blackhole" || (mode.kind === "deaf" && isDown);
  for (let next = waiting[0]; next !== undefined && !isHeld; next = waiting[0]) {
    const lateMs = next.dueMs - performance.now();
    if (lateMs > 0) {
      pipe.timer = setTimeout(() => pour(pipe, mode), lateMs);
      return;
    }
    waiting.shift();
    pipe.leftBytes -= next.data.length;
    if (pipe.leftBytes < 0) {
      to.write(next.data.subarray(0, Math.max(0, next.data.length + pipe.leftBytes)));
      from.destroy();
      return;
    }
    if (!to.destroyed && !to.write(next.data)) {
      from.pause();
      to.once("drain", () => from.resume());
    }
  }
}

function listen(server: Server, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : 0);
    });
  });
}
