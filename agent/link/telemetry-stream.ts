/**
 * Telemetry stream: the lossy half of a session. It has a stream of its own, so that a bad frame or a hub
 * that is slow to read never holds up or ends the control stream; a stream that failed is opened again with
 * the next frame.
 */
import type { ClientWritableStream } from "@grpc/grpc-js";
import type { TelemetryFrame } from "../../shared/model/messages.ts";
import { createOutboundQueue, type OutboundQueue } from "../../shared/wire/outbound-queue.ts";
import { encodeTelemetry, type WireFrame } from "../../shared/wire/telemetry-codec.ts";

export interface TelemetryStream {
  /** Sends the frame, or keeps it as the latest while the hub is slow to read. */
  push(frame: TelemetryFrame): void;
  /** Final. */
  close(): void;
}

/** Calls back once, when the stream has ended. */
export type OpenTelemetry = (onEnd: (error: Error | null) => void) => ClientWritableStream<WireFrame>;

interface OpenStream {
  readonly call: ClientWritableStream<WireFrame>;
  readonly queue: OutboundQueue<TelemetryFrame>;
}

export function createTelemetryStream(
  openCall: OpenTelemetry,
  onFailed: (error: Error) => void,
): TelemetryStream {
  let present: OpenStream | null = null;
  let isClosed = false;
  const open = (): OpenStream => {
    const call = openCall((error) => {
      if (present?.call === call) present = null;
      if (error !== null && !isClosed) onFailed(error);
    });
    // The callback above hears of every failure; without a listener the process would end.
    call.on("error", () => {});
    const queue = createOutboundQueue<TelemetryFrame>({
      write: (frame) => call.write(encodeTelemetry(frame)),
      onOverflow: () => call.cancel(),
    });
    call.on("drain", queue.drained);
    return { call, queue };
  };
  return {
    push: (frame) => {
      if (isClosed) return;
      present ??= open();
      present.queue.push(frame, "telemetry");
    },
    close: () => {
      isClosed = true;
      present?.call.cancel();
    },
  };
}
