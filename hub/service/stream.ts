/**
 * Stream: the one wrapper around every stream that a client writes to. Whatever happens (bad message, error
 * in a handler, cancel, lost connection) ends this stream alone, and its owner hears of the end exactly once.
 */
import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  ServerDuplexStream,
  ServerReadableStream,
} from "@grpc/grpc-js";
import type { WireStatus } from "../../shared/wire/status.ts";
import { awaitFirstMessage, FIRST_MESSAGE_MS } from "./first-message.ts";
import type { Gate } from "./gate.ts";
import type { Principal } from "./ports.ts";
import type { MethodPath } from "./roles.ts";

/** A live stream as its owner uses it. */
export interface OpenStream<Out> {
  /** false when the stream wants no more until `onDrain`; nothing is sent after the end. */
  write(message: Out): boolean;
  /** No message arrives until `resume`: the sender is held back instead of buffered. */
  pause(): void;
  resume(): void;
  /** Ends the stream normally. */
  end(): void;
  /** Ends the stream with a status that names the error. */
  fail(error: unknown): void;
}

/** What the owner does with the stream; whatever it throws fails the stream. */
export interface StreamOwner<In> {
  onMessage(message: In): void;
  onDrain(): void;
  /** Exactly once, for whatever reason; nothing is called afterwards. */
  onEnd(reason: string): void;
}

/** Throws to refuse the stream. */
export type OpenHandler<In, Out> = (principal: Principal, stream: OpenStream<Out>) => StreamOwner<In>;

/** A method in which both sides write. */
export function bidiStream<In, Out>(
  gate: Gate,
  method: MethodPath,
  open: OpenHandler<In, Out>,
  firstMessageMs = FIRST_MESSAGE_MS,
): handleBidiStreamingCall<In, Out> {
  return (call) => {
    const answer: Answer<Out> = {
      write: (message) => call.write(message),
      end: () => call.end(),
      fail: (status) => call.emit("error", status),
    };
    serve({ gate, method, call, answer, open, firstMessageMs });
  };
}

/** A method in which only the client writes; the answer at the end is empty. */
export function clientStream<In, Out extends object>(
  gate: Gate,
  method: MethodPath,
  open: OpenHandler<In, never>,
): handleClientStreamingCall<In, Out> {
  return (call, callback) => {
    const answer: Answer<never> = {
      write: () => true,
      end: () => callback(null, {} as Out),
      fail: (status) => callback(status),
    };
    serve({ gate, method, call, answer, open, firstMessageMs: FIRST_MESSAGE_MS });
  };
}

/** How messages and the last word leave, by the kind of stream. */
interface Answer<Out> {
  write(message: Out): boolean;
  end(): void;
  fail(status: WireStatus): void;
}

interface Serving<In, Out> {
  readonly gate: Gate;
  readonly method: MethodPath;
  readonly call: ServerDuplexStream<In, Out> | ServerReadableStream<In, unknown>;
  readonly answer: Answer<Out>;
  readonly open: OpenHandler<In, Out>;
  readonly firstMessageMs: number;
}

function serve<In, Out>({ gate, method, call, answer, open, firstMessageMs }: Serving<In, Out>): void {
  let owner: StreamOwner<In> | null = null;
  let isEnded = false;
  const finish = (reason: string): void => {
    if (isEnded) return;
    isEnded = true;
    heard();
    owner?.onEnd(reason);
  };
  const heard = awaitFirstMessage(firstMessageMs, (silent) => {
    answer.fail(silent);
    finish(silent.details);
  });
  const fail = (error: unknown): void => {
    if (isEnded) return;
    const status = gate.refuse(method, call, error);
    answer.fail(status);
    finish(status.details);
  };
  const guard = (run: () => void): void => {
    if (isEnded) return;
    try {
      run();
    } catch (error) {
      fail(error);
    }
  };
  // An error without a listener would end the process.
  call.on("error", (error: Error) => finish(error.message));
  call.on("cancelled", () => finish("the connection was lost or the call was cancelled"));
  call.on("data", (message: In) => {
    heard();
    guard(() => owner?.onMessage(message));
  });
  call.on("drain", () => guard(() => owner?.onDrain()));
  call.on("end", () => {
    if (!isEnded) answer.end();
    finish("the other side ended the stream");
  });
  guard(() => {
    owner = open(gate.admit(method, call), {
      write: (message) => isEnded || answer.write(message),
      pause: () => call.pause(),
      resume: () => call.resume(),
      end: () => answer.end(),
      fail,
    });
  });
}
