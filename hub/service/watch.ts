/**
 * Watch: the pressure feed to one reader. No crossing is lost while the reader follows; of the figures between
 * them a slow one gets the latest, and a figure that has hardly moved is not told again.
 */
import { FleetError } from "../../shared/errors.ts";
import type { OperatorReply, OperatorRequest } from "../../shared/wire/operator-types.ts";
import type { PressureFeed, Told, ToldPressure } from "../pressure-feed.ts";
import type { ReplyStream } from "./unary.ts";

/** Crossings that may wait for a reader before it is sent away. */
const WAITING_MAX = 1_024;
/** The last digit that people are shown. */
const MOVED_RATIO = 0.01;

/** Until the reader goes; rejects with "resourceExhausted" when it stops reading. */
export async function streamPressure(
  feed: PressureFeed,
  { node, includeUpdates }: OperatorRequest<"Watch">,
  replies: ReplyStream<OperatorReply<"Watch">>,
  nowMs: () => number,
): Promise<void> {
  const waiting: Told[] = [];
  const updates = createUpdates();
  let wake = (): void => {};
  const stop = feed.follow((told) => {
    if (node !== "" && told.node !== node) return;
    if (told.kind !== "update") {
      updates.forget(told);
      if (waiting.length <= WAITING_MAX) waiting.push(told);
    } else if (includeUpdates) updates.put(told);
    wake();
  });
  replies.gone.addEventListener("abort", () => wake());
  try {
    while (!replies.gone.aborted) {
      if (waiting.length > WAITING_MAX)
        throw new FleetError("resourceExhausted", "the reader fell behind: watch again");
      const told = waiting.shift() ?? updates.take();
      if (told !== undefined) await replies.send(encodeTold(told, nowMs()));
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    stop();
  }
}

type Update = ToldPressure<"update">;

/** The latest figure of each resource of each node that the reader has not been told. */
function createUpdates() {
  const toldRatios = new Map<string, number>();
  const waiting = new Map<string, Update>();
  const keyOf = (told: Update): string => `${told.node} ${told.resource}`;
  return {
    put: (told: Update): void => {
      const before = toldRatios.get(keyOf(told));
      if (before !== undefined && Math.abs(before - told.ratio) < MOVED_RATIO) return;
      waiting.set(keyOf(told), told);
    },
    take: (): Update | undefined => {
      const [next] = waiting.values();
      if (next === undefined) return undefined;
      waiting.delete(keyOf(next));
      toldRatios.set(keyOf(next), next.ratio);
      return next;
    },
    /** What waited is older than this; a node that comes back is told anew. */
    forget: (told: Exclude<Told, Update>): void => {
      for (const key of [...toldRatios.keys(), ...waiting.keys()]) {
        const isMeant =
          told.kind === "lost" ? key.startsWith(`${told.node} `) : key === `${told.node} ${told.resource}`;
        if (!isMeant) continue;
        toldRatios.delete(key);
        waiting.delete(key);
      }
    },
  };
}

function encodeTold(told: Told, wallMs: number): OperatorReply<"Watch"> {
  const { node } = told;
  if (told.kind === "lost") return { node, wallMs, lost: told.reason };
  const { resource, level, ratio, gpu } = told;
  const name = `${resource}:pressure:${told.kind === "update" ? "update" : level}`;
  return { node, wallMs, name, level, ratio, gpu: gpu ?? "" };
}
