/** Unary: methods with one request, answered once or by a stream that waits for its reader. */
import type { handleServerStreamingCall, handleUnaryCall, ServerWritableStream } from "@grpc/grpc-js";
import type { Gate } from "./gate.ts";
import type { Principal } from "./ports.ts";
import type { MethodPath } from "./roles.ts";

export type UnaryHandler<Request, Reply> = (principal: Principal, request: Request) => Reply | Promise<Reply>;

/** The answer of a streaming method. */
export interface ReplyStream<Reply> {
  /** Resolves when the reader has room for more; after `gone` it does nothing. */
  send(reply: Reply): Promise<void>;
  /** Aborts when the caller has gone. */
  readonly gone: AbortSignal;
}

/** The stream ends when the promise resolves. */
export type StreamHandler<Request, Reply> = (
  principal: Principal,
  request: Request,
  replies: ReplyStream<Reply>,
) => Promise<void>;

export function unary<Request, Reply>(
  gate: Gate,
  method: MethodPath,
  handler: UnaryHandler<Request, Reply>,
): handleUnaryCall<Request, Reply> {
  return async (call, callback) => {
    try {
      callback(null, await handler(gate.admit(method, call), call.request));
    } catch (error) {
      callback(gate.refuse(method, call, error));
    }
  };
}

export function serverStream<Request, Reply>(
  gate: Gate,
  method: MethodPath,
  handler: StreamHandler<Request, Reply>,
): handleServerStreamingCall<Request, Reply> {
  return async (call) => {
    try {
      await handler(gate.admit(method, call), call.request, createReplyStream(call));
      call.end();
    } catch (error) {
      call.emit("error", gate.refuse(method, call, error));
    }
  };
}

function createReplyStream<Request, Reply>(call: ServerWritableStream<Request, Reply>): ReplyStream<Reply> {
  const gone = new AbortController();
  let resume = (): void => {};
  call.on("drain", () => resume());
  call.on("cancelled", () => {
    gone.abort();
    resume();
  });
  return {
    gone: gone.signal,
    send: async (reply) => {
      if (gone.signal.aborted || call.write(reply)) return;
      await new Promise<void>((resolve) => {
        resume = resolve;
      });
    },
  };
}
