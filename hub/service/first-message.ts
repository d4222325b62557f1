/**
 * First message: ends a call whose client opens it and then says nothing. A request that never arrives whole
 * would otherwise be held open for ever, and each one costs a stream.
 *
 * Streams are watched where they are read, and a single request, of which no handler hears before it is whole,
 * by an interceptor: on a stream that would stand in the way of every later message too.
 */
import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from "@grpc/grpc-js";
import { delay } from "../../shared/loop.ts";
import type { WireStatus } from "../../shared/wire/status.ts";

/** Generous: an honest client writes at once. */
export const FIRST_MESSAGE_MS = 10_000;

const SILENT: WireStatus = {
  code: status.DEADLINE_EXCEEDED,
  details: "no whole request arrived in time",
};

/** Calls `fail` once unless the returned function was called before; it may be called again. */
export function awaitFirstMessage(deadlineMs: number, fail: (status: WireStatus) => void): () => void {
  const waiting = new AbortController();
  void delay(deadlineMs, waiting.signal).then(() => {
    if (!waiting.signal.aborted) fail(SILENT);
  });
  let isHeard = false;
  return () => {
    if (isHeard) return;
    isHeard = true;
    // The default reason of an abort is an error with a stack, at every call.
    waiting.abort("heard");
  };
}

/** For methods with a single request. */
export function firstMessageDeadline(deadlineMs: number): ServerInterceptor {
  return (method, call) => {
    // The type asks for a wrapper; the library itself only wants the interface.
    if (method.requestStream) return call as ServerInterceptingCall;
    const heard = awaitFirstMessage(deadlineMs, (silent) => call.sendStatus(silent));
    const listener = new ServerListenerBuilder()
      .withOnReceiveHalfClose((next) => {
        heard();
        next();
      })
      .withOnCancel(heard)
      .build();
    return new ServerInterceptingCall(
      call,
      new ResponderBuilder().withStart((next) => next(listener)).build(),
    );
  };
}
