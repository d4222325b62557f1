/**
 * Pressure watch: the pressures of a node, now and as they change. An agent on this machine tells every event
 * as it happens; through the hub every crossing comes, and the figures between them as the hub hears them.
 */
import { FleetError } from "../../shared/errors.ts";
import type { LocalClient } from "../../shared/local-client/client.ts";
import { delay } from "../../shared/loop.ts";
import { WATCHED, type Watched } from "../../shared/policy/pressure.ts";
import type { PressureEvent } from "../../shared/wire/local-types.ts";
import type { OperatorAnswer } from "../../shared/wire/operator-types.ts";
import type { HubClient } from "./client.ts";

export interface PressureListener {
  readonly onEvent: (event: PressureEvent) => void;
  /** Why nothing is heard at present; once for each silence. */
  readonly onLost: (reason: string) => void;
}

/** The first words of a stream come in one go; after such a silence there are no more of them. */
const QUIET_MS = 250;
/** The last digit that people are shown. */
const MOVED_RATIO = 0.01;
/** How long a hub or a node that cannot be asked is left alone. */
const RETRY_MS = 2_000;

/** What is watched on the node, as it is now. Rejects with "unavailable" when no agent answers. */
export async function firstPressures(client: LocalClient): Promise<readonly PressureEvent[]> {
  // Opens the connection, and says in one clear sentence when there is nobody.
  await client.stats();
  const latest = new Map<string, PressureEvent>();
  let lost: string | null = null;
  let quiet = new AbortController();
  const stop = client.watch({
    onEvent: (event) => {
      if (event.kind === "pressure") latest.set(keyOf(event), event);
      quiet.abort();
    },
    onLost: (reason) => {
      lost = reason;
      quiet.abort();
    },
  });
  do {
    quiet = new AbortController();
    await delay(QUIET_MS, quiet.signal);
  } while (quiet.signal.aborted && lost === null);
  stop();
  if (lost !== null) throw new FleetError("unavailable", lost);
  return [...latest.values()];
}

/** Every event of an agent on this machine, until `signal` aborts. */
export async function followAgent(
  client: LocalClient,
  { onEvent, onLost }: PressureListener,
  signal: AbortSignal,
): Promise<void> {
  let isHeard = true;
  const stop = client.watch({
    onEvent: (event) => {
      isHeard = true;
      if (event.kind === "pressure") onEvent(event);
    },
    onLost: (reason) => {
      if (isHeard) onLost(reason);
      isHeard = false;
    },
  });
  await aborted(signal);
  stop();
}

export interface HubWatch {
  readonly hub: HubClient;
  readonly node: string;
  /** What is watched on the node, as it is now. */
  readonly first: () => Promise<readonly PressureEvent[]>;
}

/** What is watched on a node at first, then whatever it tells its hub, until `signal` aborts. */
export async function followHub(
  { hub, node, first }: HubWatch,
  { onEvent, onLost }: PressureListener,
  signal: AbortSignal,
): Promise<void> {
  let isHeard = true;
  const lose = (reason: string): void => {
    if (isHeard) onLost(reason);
    isHeard = false;
    told.clear();
  };
  const told = new Map<string, PressureEvent>();
  const hear = (event: PressureEvent): void => {
    isHeard = true;
    const before = told.get(keyOf(event));
    told.set(keyOf(event), event);
    // What the node has just said of itself comes again with its next frame.
    const isNews = before?.level !== event.level || Math.abs(before.ratio - event.ratio) >= MOVED_RATIO;
    if (isNews || !event.name.endsWith(":update")) onEvent(event);
  };
  const hearStream = async (until: AbortSignal, isReady: () => Promise<void>): Promise<void> => {
    for await (const next of hub.stream("Watch", { node, includeUpdates: true }, until)) {
      await isReady();
      if (next.lost === "") hear(await readToldPressure(node, next));
      else lose(next.lost);
    }
  };
  while (!signal.aborted) {
    const trying = new AbortController();
    const giveUp = (): void => trying.abort();
    signal.addEventListener("abort", giveUp);
    try {
      // Asked for before the first words, so that nothing falls between them and the stream.
      const heard = hearStream(trying.signal, () => shown);
      const shown = first().then((present) => present.forEach(hear));
      await Promise.all([shown, heard]);
    } catch (error) {
      if (!(error instanceof FleetError) || error.code !== "unavailable") throw error;
      lose(error.message);
    }
    giveUp();
    signal.removeEventListener("abort", giveUp);
    await delay(RETRY_MS, signal);
  }
}

/** Loaded here: only what comes through the hub has not been checked yet. */
async function readToldPressure(
  node: string,
  { name, level, ratio, gpu }: OperatorAnswer<"Watch">,
): Promise<PressureEvent> {
  const { readPressure } = await import("../../shared/wire/node-answers.ts");
  return readPressure(node, { kind: "pressure", name, level, ratio, gpu: gpu || null });
}

export function watchedOf({ name }: Pick<PressureEvent, "name">): Watched {
  return WATCHED.find((watched) => name.startsWith(`${watched}:`)) ?? "gpu";
}

function keyOf(event: PressureEvent): string {
  return `${watchedOf(event)} ${event.gpu}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve());
  });
}
