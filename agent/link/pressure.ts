/**
 * Pressure: writing to a stream no faster than its reader reads. What a stream did not want yet is already
 * buffered; waiting here is what keeps that buffer at one message.
 */
import type { Writable } from "node:stream";
import { FleetError } from "../../shared/errors.ts";

/** After one of these nobody reads any more; a call that ends well only says `status`. */
const ENDINGS = ["close", "error", "status"] as const;

/** Resolves when the stream wants more. @throws FleetError unavailable when it has ended. */
export async function writeWithPressure(stream: Writable, message: unknown): Promise<void> {
  if (!stream.writable) throw ended();
  if (stream.write(message)) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (act: () => void) => () => {
      stream.off("drain", onDrain);
      for (const ending of ENDINGS) stream.off(ending, onEnd);
      act();
    };
    const onDrain = settle(resolve);
    const onEnd = settle(() => reject(ended()));
    stream.on("drain", onDrain);
    for (const ending of ENDINGS) stream.on(ending, onEnd);
  });
}

function ended(): FleetError {
  return new FleetError("unavailable", "the stream has ended");
}
