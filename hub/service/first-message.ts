/**
 * First message: ends a call whose client opens it and then says nothing. A request that never arrives whole
 * would otherwise be held open for ever, and each one costs a stream.
 */
import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from "@grpc/grpc-js";
import { delay } from "../../shared/loop.ts";

/** Generous: an honest client writes at once. */
export const FIRST_MESSAGE_MS = 10_000;

export function firstMessageDeadline(deadlineMs: number): ServerInterceptor {
  return (method, call) => {
    const waiting = new AbortController();
    // The default reason of an abort is an error with a stack, at every call.
    const heard = (): void => waiting.abort("heard");
    void delay(deadlineMs, waiting.signal).then(() => {
      if (waiting.signal.aborted) return;
      call.sendStatus({ code: status.DEADLINE_EXCEEDED, details: "no whole request arrived in time" });
    });
    const listener = new ServerListenerBuilder()
      .withOnReceiveMessage((message, next) => {
        if (method.requestStream) heard();
        next(message);
      })
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
