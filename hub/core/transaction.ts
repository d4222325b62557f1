/**
 * Transaction: one decision under way. `emit` applies an event at once and keeps it for the journal; effects
 * wait until those events are durable; urgent effects (renewals, echoes, the Stops of `down`) do not wait,
 * because nothing that could be lost follows from them (DESIGN section 2).
 */
import type { Times } from "../../shared/decision.ts";
import type { HubMessage } from "../../shared/model/messages.ts";
import type { Timing } from "../../shared/model/timing.ts";
import { apply } from "./apply.ts";
import type { EventBody, HubEvent } from "./event.ts";
import type { SoftState } from "./soft.ts";
import type { HubState } from "./state.ts";

export type Effect =
  | { readonly kind: "send"; readonly sessionId: string; readonly message: HubMessage }
  | { readonly kind: "closeSession"; readonly sessionId: string; readonly reason: string }
  /** Rename the staged outputs of a token into renders/, then report it. */
  | { readonly kind: "publish"; readonly jobId: string; readonly token: number }
  | { readonly kind: "discard"; readonly token: number }
  /** The operating point has moved: globals.json follows. */
  | {
      readonly kind: "saveGlobals";
      readonly campaign: string;
      readonly globals: Readonly<Record<string, number>>;
    };

/** Everything a decision may read or change. */
export interface HubCore {
  readonly state: HubState;
  readonly soft: SoftState;
  readonly timing: Timing;
}

export interface Tx extends HubCore {
  readonly times: Times;
  /** Takes the body over: it becomes the event. */
  emit(body: EventBody): void;
  effect(effect: Effect): void;
  urgent(effect: Effect): void;
}

export interface Outcome<Reply> {
  readonly events: readonly HubEvent[];
  readonly effects: readonly Effect[];
  readonly urgent: readonly Effect[];
  readonly reply: Reply;
}

/** Runs one decision against the core at the given times. */
export function transact<Reply>(core: HubCore, times: Times, decide: (tx: Tx) => Reply): Outcome<Reply> {
  const events: HubEvent[] = [];
  const effects: Effect[] = [];
  const urgent: Effect[] = [];
  const at = { journalMs: times.journalMs, wallMs: times.wallMs };
  const reply = decide({
    // Member by member: a spread, here and of the event, would be a fifth of what a decision costs.
    state: core.state,
    soft: core.soft,
    timing: core.timing,
    times,
    emit: (body) => {
      const event: HubEvent = Object.assign(body, { at });
      apply(core.state, event);
      events.push(event);
    },
    effect: (effect) => effects.push(effect),
    urgent: (effect) => urgent.push(effect),
  });
  return { events, effects, urgent, reply };
}
