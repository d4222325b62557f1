/**
 * Activity: what a persona or user is doing decides how important its consumers are (SPEC N9). Somebody in a
 * conversation waits for the answer; somebody idle does not. Realtime is never moved, nor is batch: that
 * nobody waits for a training does not change when its owner types.
 */
import type { Priority } from "../../shared/model/priority.ts";
import type { ActivityKind, OwnerActivity } from "../../shared/wire/local-types.ts";

export interface Activity {
  readonly kind: ActivityKind;
  readonly untilMs: number;
}

/** Priority at which a consumer stands that asked for `asked`; without activity it is what it asked for. */
export function standingPriority(asked: Priority, activity: Activity | null): Priority {
  if (activity === null || asked === "realtime" || asked === "batch") return asked;
  return activity.kind === "idle" ? "background" : "interactive";
}

export interface Standings {
  /** A consumer was booked at the priority it asked for: moves it to where its owner's activity puts it. */
  stand(consumerId: string, owner: string | null, asked: Priority): void;
  /** How many consumers moved; null when too many owners have an activity already. */
  setActivity(activity: OwnerActivity): number | null;
  /** Ends activities that have expired and forgets consumers that have gone. */
  tick(): void;
  /** Activities in force, each with the time it has left. */
  list(): readonly OwnerActivity[];
}

export interface StandingsOptions {
  readonly nowMs: () => number;
  readonly priorityOf: (consumerId: string) => Priority | null;
  readonly move: (consumerId: string, priority: Priority) => void;
}

/** More personas than a box can hold; a client that makes owners up is told so. */
export const MAX_OWNERS = 1024;

export function createStandings({ nowMs, priorityOf, move }: StandingsOptions): Standings {
  const activities = new Map<string, Activity>();
  const consumers = new Map<string, { readonly owner: string; readonly asked: Priority }>();
  const forgetExpired = (): void => {
    for (const [owner, { untilMs }] of activities) if (nowMs() >= untilMs) activities.delete(owner);
  };
  /** Whether the consumer moved; one that has gone is forgotten. */
  const restand = (consumerId: string): boolean => {
    const consumer = consumers.get(consumerId);
    const present = priorityOf(consumerId);
    if (present === null) consumers.delete(consumerId);
    if (consumer === undefined || present === null) return false;
    const priority = standingPriority(consumer.asked, activities.get(consumer.owner) ?? null);
    if (priority === present) return false;
    move(consumerId, priority);
    return true;
  };
  const restandAll = (): number => [...consumers.keys()].filter(restand).length;
  return {
    stand: (consumerId, owner, asked) => {
      consumers.delete(consumerId);
      if (owner === null) return;
      consumers.set(consumerId, { owner, asked });
      restand(consumerId);
    },
    setActivity: ({ owner, kind, expiresMs }) => {
      forgetExpired();
      if (activities.size >= MAX_OWNERS && !activities.has(owner)) return null;
      activities.set(owner, { kind, untilMs: nowMs() + expiresMs });
      return restandAll();
    },
    tick: () => {
      forgetExpired();
      restandAll();
    },
    list: () => {
      forgetExpired();
      return [...activities].map(([owner, { kind, untilMs }]) => ({
        owner,
        kind,
        expiresMs: Math.ceil(untilMs - nowMs()),
      }));
    },
  };
}
