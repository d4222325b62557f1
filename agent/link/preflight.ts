/**
 * Preflight: proves that somebody at the address speaks HTTP/2 before a gRPC channel dials it. A hub that
 * was stopped or frozen still accepts connections; a channel that meets one stays "connecting" for ever
 * and leaks its socket (grpc-node issue 2785).
 */
import { connect } from "node:http2";
import { FleetError } from "../../shared/errors.ts";
import { delay } from "../../shared/loop.ts";

/** Resolves when the peer has sent its settings; throws FleetError "unavailable" otherwise. */
export async function preflight(address: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const session = connect(`http://${address}`);
  const isOver = new AbortController();
  const cut = (): void => isOver.abort();
  signal.addEventListener("abort", cut);
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string, cause?: unknown): void =>
        reject(new FleetError("unavailable", `${address} ${why}`, cause));
      session.on("error", (error) => fail("cannot be reached", error));
      session.on("close", () => fail("closed the connection at once"));
      session.on("remoteSettings", () => resolve());
      void delay(timeoutMs, isOver.signal).then(() => fail(`accepts connections but says nothing`));
    });
  } finally {
    signal.removeEventListener("abort", cut);
    isOver.abort();
    session.destroy();
  }
}
