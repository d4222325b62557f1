/**
 * Engine: runs decisions of the core and keeps the durability order. A decision is applied at once, its
 * events go to the journal, and its effects and its reply leave only when those events are durable; also an
 * answer without events waits for what it was computed from (DESIGN section 2).
 */
import type { Clock } from "../shared/clock.ts";
import type { Times } from "../shared/decision.ts";
import { FleetError } from "../shared/errors.ts";
import { notOwned } from "../shared/journal/front.ts";
import type { Journal, Recovered } from "../shared/journal/journal.ts";
import type { Timing } from "../shared/model/timing.ts";
import { apply } from "./core/apply.ts";
import type { HubEvent } from "./core/event.ts";
import { createSoftState } from "./core/soft.ts";
import { createHubState, type HubState } from "./core/state.ts";
import { type Effect, type HubCore, type Tx, transact } from "./core/transaction.ts";
import { createRecentEvents, type RecentEvents } from "./recent-events.ts";

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
  /** False while the disk is full: new work and orders are refused. */
  readonly hasRoom: boolean;
  /** False once another hub may own the journal: nothing may leave this process. */
  readonly isOwned: boolean;
  now(): Times;
  /** Decides at once; effects follow when durable. For callers that need no durable answer. */
  act<Reply>(decide: (tx: Tx) => Reply): Reply;
  /** Decides at once; resolves when the answer may be told. */
  ask<Reply>(decide: (tx: Tx) => Reply): Promise<Reply>;
  /** What the state says, told when it is durable. Refused while a full disk keeps it from becoming so (ADR 0020). */
  read<Reply>(view: () => Reply): Promise<Reply>;
  /**
   * Like `read`, but told at once while the disk is full: for what explains the trouble to a person. `undurable` is on how
   * many events it then rests that may yet be forgotten, and must be in the answer.
   */
  glance<Reply>(view: (undurable: number) => Reply): Promise<Reply>;
  /** Like `ask`, but refused while the journal has no room: for whatever an operator orders but `down`. */
  admit<Reply>(decide: (tx: Tx) => Reply): Promise<Reply>;
  readonly recent: RecentEvents;
}

export function createEngine(options: EngineOptions): Engine {
  const { journal, recovered, clock, timing, perform, onFatal } = options;
  const core: HubCore = { state: replay(recovered), soft: createSoftState(), timing };
  const recent = createRecentEvents(recovered.events, journal.durableSeq);
  const outbox = createOutbox(journal);
  const startBootMs = clock.bootMs();
  const startJournalMs = core.state.journalMs;
  journal.onFatal(onFatal);
  journal.onDurable((durableSeq) => {
    outbox.release(durableSeq);
    recent.announce(durableSeq);
  });

  const now = (): Times => {
    const bootMs = clock.bootMs();
    return { bootMs, journalMs: Math.round(startJournalMs + bootMs - startBootMs), wallMs: clock.wallMs() };
  };
  const act = <Reply>(decide: (tx: Tx) => Reply): Reply => {
    try {
      if (!journal.isOwned) throw notOwned();
      core.soft.isJournalFull = !journal.hasRoom;
      const outcome = transact(core, now(), decide);
      // First the hand-over: an urgent effect may end a session, and what follows from that comes later.
      try {
        if (outcome.events.length > 0) recent.add(outbox.append(outcome.events), outcome.events);
      } finally {
        for (const effect of outcome.urgent) perform(effect);
      }
      for (const effect of outcome.effects) {
        if (isWelcome(effect) && !journal.hasRoom) perform(effect);
        else outbox.hold(() => perform(effect));
      }
      return outcome.reply;
    } catch (error) {
      // What was applied may not be in the journal: this state must not outlive the process.
      onFatal(error);
      throw error;
    }
  };
  const ask = <Reply>(decide: (tx: Tx) => Reply): Promise<Reply> => outbox.whenDurable(act(decide));
  return {
    core,
    recent,
    get journalSeq() {
      return outbox.lastSeq;
    },
    get hasRoom() {
      return journal.hasRoom;
    },
    get isOwned() {
      return journal.isOwned;
    },
    now,
    act,
    ask,
    ...createReaders(journal, outbox),
    admit: async (decide) => {
      if (!journal.hasRoom)
        throw new FleetError("resourceExhausted", `${NO_ROOM}: free space, or wait, then try again`);
      return ask(decide);
    },
  };
}

/** A view that throws, for instance about a job that does not exist, has changed nothing. */
function createReaders(journal: Journal<HubEvent>, outbox: Outbox): Pick<Engine, "read" | "glance"> {
  const undurable = (): number => outbox.lastSeq - journal.durableSeq;
  return {
    read: async (view) => {
      if (!journal.isOwned) throw notOwned();
      if (!journal.hasRoom && undurable() > 0) throw untold(undurable());
      return outbox.whenDurable(view());
    },
    glance: async (view) => {
      if (!journal.isOwned) throw notOwned();
      return journal.hasRoom ? outbox.whenDurable(view(0)) : view(undurable());
    },
  };
}

const NO_ROOM = "the journal has no room, because its disk is full or slower than what comes";

/** Waiting would end at the caller's deadline, and whoever asks again and again would pile up what waits. */
function untold(events: number): FleetError {
  const why = `${NO_ROOM}: ${events} events that this answer may rest on are not durable`;
  return new FleetError(
    "resourceExhausted",
    `${why}; free space, or ask \`spiral status\` and \`spiral why\``,
  );
}

/**
 * On a full disk it does not wait: an agent that had to redial would lose its leases, and what it holds with them. It
 * lets nobody begin anything: what it keeps was granted durably, and what it ends is lost or ended in any case.
 */
function isWelcome(effect: Effect): boolean {
  return effect.kind === "send" && effect.message.kind === "welcome";
}

interface Outbox {
  readonly lastSeq: number;
  /** Hands events to the journal; returns the seq of the first. */
  append(events: readonly HubEvent[]): number;
  /** Runs it when everything appended so far is durable, in order; at once when it is already. */
  hold(run: () => void): void;
  whenDurable<Reply>(reply: Reply): Promise<Reply>;
  release(durableSeq: number): void;
}

function createOutbox(journal: Journal<HubEvent>): Outbox {
  const held: { readonly seq: number; readonly run: () => void }[] = [];
  let lastSeq = journal.durableSeq;
  const hold = (run: () => void): void => {
    if (held.length === 0 && lastSeq <= journal.durableSeq) run();
    else held.push({ seq: lastSeq, run });
  };
  return {
    hold,
    whenDurable: (reply) => new Promise((resolve) => hold(() => resolve(reply))),
    get lastSeq() {
      return lastSeq;
    },
    append: (events) => {
      const firstSeq = lastSeq + 1;
      lastSeq = journal.append(events);
      return firstSeq;
    },
    release: (durableSeq) => {
      const due = held.findIndex((entry) => entry.seq > durableSeq);
      for (const entry of held.splice(0, due === -1 ? held.length : due)) entry.run();
    },
  };
}

function replay(recovered: Recovered<HubState, HubEvent>): HubState {
  const state = recovered.snapshot?.state ?? createHubState();
  for (const record of recovered.events) apply(state, record.event);
  return state;
}
