/** Room: waits until the agent of this machine admits a claim, and knows when that can never be. */
import { FleetError } from "../../shared/errors.ts";
import type { LocalClient } from "../../shared/local-client/client.ts";
import type { ClaimInput } from "../../shared/local-client/holdings.ts";
import { delay } from "../../shared/loop.ts";
import type { LocalRefusal, LocalVerdict } from "../../shared/wire/local-types.ts";
import type { Output } from "./output.ts";

export interface Waiting {
  readonly client: LocalClient;
  /** With a key, so that an answer that was lost books nothing twice. */
  readonly claim: ClaimInput;
  readonly out: Output;
  /** What was said at the first try. */
  readonly refusal: LocalRefusal;
  readonly interrupted: AbortSignal;
}

/** Not everything that makes room moves the pressure: a budget, a sample, a reservation that was never used. */
const RETRY_MS = 5_000;

/** Asks again whenever pressure falls: the grant, a refusal that nothing will change, null when interrupted. */
export async function waitForRoom({ client, claim, out, refusal, interrupted }: Waiting) {
  if (await isHopeless(client, claim, refusal)) return refusal;
  out.note(`waiting for room: ${refusal.because}`);
  const ratios = new Map<string | null, number>();
  let wake = new AbortController();
  const wakeUp = (): void => wake.abort();
  interrupted.addEventListener("abort", wakeUp);
  const stop = client.watch({
    onEvent: (event) => {
      if (event.kind !== "pressure") return;
      if (event.ratio < (ratios.get(event.gpu) ?? 0)) wakeUp();
      ratios.set(event.gpu, event.ratio);
    },
  });
  try {
    while (!interrupted.aborted) {
      const verdict = await reserveNow(client, claim, out);
      if (interrupted.aborted) break;
      if (verdict !== null && (verdict.kind === "granted" || isFinal(verdict))) return verdict;
      await delay(RETRY_MS, wake.signal);
      wake = new AbortController();
    }
    return null;
  } finally {
    stop();
    interrupted.removeEventListener("abort", wakeUp);
  }
}

/** Null while the agent cannot be asked: it may be starting again. */
async function reserveNow(client: LocalClient, claim: ClaimInput, out: Output): Promise<LocalVerdict | null> {
  try {
    return await client.reserve(claim);
  } catch (error) {
    if (!(error instanceof FleetError) || error.code !== "unavailable") throw error;
    out.redraw(error.message);
    return null;
  }
}

function isFinal({ reason }: LocalRefusal): boolean {
  return reason === "no-gpu" || reason === "invalid-claim";
}

/** Whether the claim would not pass its gate on any card that held nothing else. */
async function isHopeless(client: LocalClient, claim: ClaimInput, refusal: LocalRefusal): Promise<boolean> {
  const { gate } = refusal;
  if (gate === null) return isFinal(refusal);
  const { gpus } = await client.stats();
  const meant = gpus.filter(
    ({ uuid }) => claim.gpu === null || claim.gpu === undefined || uuid === claim.gpu,
  );
  return meant.every(({ usableBytes }) => claim.vramBytes >= gate * usableBytes);
}
