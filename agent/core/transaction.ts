/**
 * Transaction: one decision of the agent. The state changes at once; what must happen outside leaves as
 * effects, in the order in which the shell has to begin them (DESIGN section 2).
 */

import type { JsonObject } from "../../shared/json.ts";
import type { InputFile } from "../../shared/model/job.ts";
import type { LogEvent } from "../../shared/model/log-events.ts";
import type { AgentMessage, Completion, QueryMethod, TelemetryFrame } from "../../shared/model/messages.ts";
import type { Rung } from "../../shared/policy/eviction.ts";
import type { BudgetRebalanced } from "../../shared/policy/governor.ts";
import type { Level, PressureEventName } from "../../shared/policy/pressure.ts";
import type { RoomRequest } from "./room.ts";
import type { AgentCore, HeldJob, HubSeen, StopCause } from "./state.ts";

export type Effect =
  | { readonly kind: "send"; readonly message: AgentMessage }
  | { readonly kind: "telemetry"; readonly frame: TelemetryFrame }
  /** Lay the inputs below the attempt's inputs/; answered by `inputsReady` or `prepareFailed`. */
  | { readonly kind: "fetch"; readonly token: number; readonly inputs: readonly InputFile[] }
  | {
      readonly kind: "launch";
      readonly job: HeldJob;
      readonly params: JsonObject;
      /** A service's next process, in the directory and under the token of the one before. */
      readonly isRestart: boolean;
      readonly deadlineBootMs: number;
      readonly startedBootMs: number;
    }
  | { readonly kind: "extend"; readonly token: number; readonly deadlineBootMs: number }
  | { readonly kind: "stop"; readonly token: number; readonly graceMs: number }
  /** Break off the fetch or the delivery that is under way. */
  | { readonly kind: "abandon"; readonly token: number }
  /** Read the result, hash and upload the outputs; answered by `delivered` or `deliveryFailed`. */
  | { readonly kind: "deliver"; readonly token: number }
  /** Remember why, in case this agent dies before the process does. */
  | { readonly kind: "saveCause"; readonly token: number; readonly cause: StopCause }
  /** Keep what a service needs to go on under the next agent. */
  | { readonly kind: "saveService"; readonly token: number }
  /** Make it durable; answered by `completionSaved`. */
  | { readonly kind: "saveCompletion"; readonly completion: Completion }
  /** Nobody needs anything of this token any more. */
  | { readonly kind: "discard"; readonly token: number }
  /** Keep what was seen of the hub; a later save replaces it. */
  | { readonly kind: "saveSeen"; readonly seen: HubSeen }
  /** Keep the start limits as they are now; a later save of the same kind replaces it. */
  | { readonly kind: "saveStartLimits" }
  /** Make the latch durable or remove it; answered by `latchSaved`. */
  | { readonly kind: "setLatch" | "clearLatch"; readonly generation: number }
  /** Climb the eviction ladder; answered by `holdRoom` for what comes back and by `roomEnded` at the end. */
  | { readonly kind: "makeRoom"; readonly request: RoomRequest }
  /** Undo what put a consumer to sleep; answered by `wakeEnded`. */
  | { readonly kind: "wake"; readonly id: string; readonly rung: Rung }
  /** For whoever watches on this box. */
  | {
      readonly kind: "publish";
      readonly name: PressureEventName;
      readonly level: Level;
      readonly ratio: number;
      /** UUID; null for what is not a card. */
      readonly gpu: string | null;
    }
  /** Ask the node's books what the hub wants to know, and send the answer. */
  | {
      readonly kind: "answer";
      readonly queryId: number;
      readonly method: QueryMethod;
      readonly body: JsonObject;
    }
  | ({ readonly kind: "rebalanced"; readonly gpu: string } & BudgetRebalanced)
  | {
      readonly kind: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly event: LogEvent;
      readonly fields: Readonly<Record<string, unknown>>;
      readonly sentence: string;
    }
  /** This agent must not go on beside this hub. */
  | { readonly kind: "fatal"; readonly message: string };

export interface Tx extends AgentCore {
  /** CLOCK_BOOTTIME of this decision. */
  readonly nowMs: number;
  effect(effect: Effect): void;
  log(
    level: Extract<Effect, { kind: "log" }>["level"],
    event: LogEvent,
    fields: Readonly<Record<string, unknown>>,
    sentence: string,
  ): void;
}

export interface Outcome<Reply> {
  readonly effects: readonly Effect[];
  readonly reply: Reply;
}

/** Runs one decision against the core at a boot time. */
export function transact<Reply>(core: AgentCore, nowMs: number, decide: (tx: Tx) => Reply): Outcome<Reply> {
  const effects: Effect[] = [];
  const reply = decide({
    // Member by member: a spread costs more than many a decision.
    config: core.config,
    timing: core.timing,
    rng: core.rng,
    state: core.state,
    nowMs,
    effect: (effect) => effects.push(effect),
    log: (level, event, fields, sentence) => effects.push({ kind: "log", level, event, fields, sentence }),
  });
  return { effects, reply };
}
