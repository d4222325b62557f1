/**
 * Pressure watch: the pressures of a node, now and as they change. An agent on this machine tells every event
 * as it happens; through the hub a node is asked again and again, and what has changed is told.
 */
import { FleetError } from "../../shared/errors.ts";
import type { LocalClient } from "../../shared/local-client/client.ts";
import { delay } from "../../shared/loop.ts";
import { type Level, pressureEventName, WATCHED, type Watched } from "../../shared/policy/pressure.ts";
import type { PressureEvent } from "../../shared/wire/local-types.ts";

export interface PressureListener {
  readonly onEvent: (event: PressureEvent) => void;
  /** Why nothing is heard at present; once for each silence. */
  readonly onLost: (reason: string) => void;
}

/** The first words of a stream come in one go; after such a silence there are no more of them. */
const QUIET_MS = 250;
const LOOK_MS = 2_000;

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

/** What is watched on a node at first, then each change of level, until `signal` aborts. */
export async function followAnswers(
  ask: () => Promise<readonly PressureEvent[]>,
  { onEvent, onLost }: PressureListener,
  signal: AbortSignal,
): Promise<void> {
  const levels = new Map<string, Level>();
  let isHeard = true;
  while (!signal.aborted) {
    try {
      for (const event of await ask()) {
        const before = levels.get(keyOf(event));
        levels.set(keyOf(event), event.level);
        if (before === undefined) onEvent(event);
        else if (before !== event.level) onEvent({ ...event, name: crossingOf(event) });
      }
      isHeard = true;
    } catch (error) {
      if (!(error instanceof FleetError)) throw error;
      if (isHeard) onLost(error.message);
      isHeard = false;
    }
    await delay(LOOK_MS, signal);
  }
}

export function watchedOf({ name }: Pick<PressureEvent, "name">): Watched {
  return WATCHED.find((watched) => name.startsWith(`${watched}:`)) ?? "gpu";
}

function crossingOf(event: PressureEvent): PressureEvent["name"] {
  return pressureEventName(watchedOf(event), event.level);
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
