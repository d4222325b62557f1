/**
 * Engine: runs decisions of the core and keeps the durability order. A decision is applied at once, its
 * events go to the journal, and its effects and its reply leave only when those events are durable; also an
 * answer without events waits for what it was computed from (DESIGN section 2).
 */
import type { Clock } from "../shared/clock.ts";
import type { Times } from "../shared/decision.ts";
import { FleetError } from "../shared/errors.ts";
import type { Journal, JournalRecord, Recovered } from "../shared/journal/journal.ts";
import type { Timing } from "../shared/model/timing.ts";
import { apply } from "./core/apply.ts";
import type { HubEvent } from "./core/event.ts";
import { createSoftState } from "./core/soft.ts";
import { createHubState, type HubState } from "./core/state.ts";
import { type Effect, type HubCore, type Tx, transact } from "./core/transaction.ts";

export interface EngineOptions {
  readonly journal: Journal<HubEvent>;
  readonly recovered: Recovered<HubState, HubEvent>;
  readonly clock: Clock;
  readonly timing: Timing;
  /** Carries out what may leave the process; must not throw. */
  readonly perform: (effect: Effect) => void;
  /** The state can no longer be trusted or no longer be made durable: the process must end. */
  readonly onFatal: (error: unknown) => void;
}

export interface Engine {
  readonly core: HubCore;
  readonly journalSeq: number;
  now(): Times;
  /** Decides at once; effects follow when durable. For callers that need no durable answer. */
  act<Reply>(decide: (tx: Tx) => Reply): Reply;
  /** Decides at once; resolves when the answer may be told. */
  ask<Reply>(decide: (tx: Tx) => Reply): Promise<Reply>;
  /** Like `ask`, but refused while the journal has no room: for new work. */
  admit<Reply>(decide: (tx: Tx) => Reply): Promise<Reply>;
  /** Recent durable events after `sinceSeq`, oldest first; null when they are no longer held here. */
  recent(sinceSeq: number): readonly JournalRecord<HubEvent>[] | null;
  /** Hears every event that becomes durable from now on; returns how to stop. */
  follow(listener: (record: JournalRecord<HubEvent>) => void): () => void;
}

/** Durable events kept at hand for `events`; older ones are read from spiral.jsonl. */
const RECENT_MAX = 20_000;

interface Held {
  readonly seq: number;
  readonly release: () => void;
}

export function createEngine(options: EngineOptions): Engine {
  const { journal, recovered, clock, timing, perform, onFatal } = options;
  const core: HubCore = { state: replay(recovered), soft: createSoftState(), timing };
  const recent: JournalRecord<HubEvent>[] = recovered.events.slice(-RECENT_MAX);
  const listeners = new Set<(record: JournalRecord<HubEvent>) => void>();
  const outbox: Held[] = [];
  const startBootMs = clock.bootMs();
  const startJournalMs = core.state.journalMs;
  let lastSeq = journal.durableSeq;
  let announcedSeq = journal.durableSeq;

  const performAll = (effects: readonly Effect[]): void => {
    for (const effect of effects) perform(effect);
  };
  const now = (): Times => {
    const bootMs = clock.bootMs();
    return { bootMs, journalMs: Math.round(startJournalMs + bootMs - startBootMs), wallMs: clock.wallMs() };
  };
  const hold = (release: () => void): void => {
    if (lastSeq <= journal.durableSeq && outbox.length === 0) release();
    else outbox.push({ seq: lastSeq, release });
  };
  const announce = (durableSeq: number): void => {
    for (const record of recent) {
      if (record.seq <= announcedSeq || record.seq > durableSeq) continue;
      for (const listener of listeners) listener(record);
    }
    announcedSeq = durableSeq;
    if (recent.length > 2 * RECENT_MAX) recent.splice(0, recent.length - RECENT_MAX);
  };
  journal.onFatal(onFatal);
  journal.onDurable((durableSeq) => {
    while (outbox[0] !== undefined && outbox[0].seq <= durableSeq) outbox.shift()?.release();
    announce(durableSeq);
  });

  const act = <Reply>(decide: (tx: Tx) => Reply): Reply => {
    try {
      const outcome = transact(core, now(), decide);
      performAll(outcome.urgent);
      if (outcome.events.length > 0) {
        const firstSeq = lastSeq + 1;
        lastSeq = journal.append(outcome.events);
        recent.push(...outcome.events.map((event, index) => ({ seq: firstSeq + index, event })));
      }
      if (outcome.effects.length > 0) hold(() => performAll(outcome.effects));
      return outcome.reply;
    } catch (error) {
      // What was applied may not be in the journal: this state must not outlive the process.
      onFatal(error);
      throw error;
    }
  };
  const ask = <Reply>(decide: (tx: Tx) => Reply): Promise<Reply> => {
    const reply = act(decide);
    return new Promise((resolve) => hold(() => resolve(reply)));
  };
  return {
    core,
    get journalSeq() {
      return lastSeq;
    },
    now,
    act,
    ask,
    admit: async (decide) => {
      if (!journal.hasRoom)
        throw new FleetError("resourceExhausted", "the journal's disk is full: free space, then try again");
      return ask(decide);
    },
    recent: (sinceSeq) => {
      const firstSeq = recent[0]?.seq ?? lastSeq + 1;
      if (sinceSeq + 1 < firstSeq) return null;
      return recent.filter((record) => record.seq > sinceSeq && record.seq <= journal.durableSeq);
    },
    follow: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function replay(recovered: Recovered<HubState, HubEvent>): HubState {
  const state = recovered.snapshot?.state ?? createHubState();
  for (const record of recovered.events) apply(state, record.event);
  return state;
}
