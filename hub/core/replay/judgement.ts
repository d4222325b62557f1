/** Judgement: one recorded decision beside what another policy makes of the same inputs. */
import type { HubEvent } from "../event.ts";
import type { HubState } from "../state.ts";
import type { ReplayPolicy } from "./policy.ts";

export const DECISIONS = [
  "grant",
  "expire",
  "retry",
  "quarantine",
  "rebalance",
  "arbitrate",
  "plan",
  "steer",
] as const;
export type DecisionName = (typeof DECISIONS)[number];

export interface Judgement {
  readonly decision: DecisionName;
  /** Job, node, card or campaign. */
  readonly subject: string;
  readonly was: string;
  /** The same text where the policy agrees. */
  readonly wouldBe: string;
  readonly why: string;
}

/** What a judge is shown: the event, and the state before it. */
export interface Scene<Event extends HubEvent = HubEvent> {
  readonly event: Event;
  readonly state: HubState;
  readonly policy: ReplayPolicy;
  /** False where the history holds calendar time only, as spiral.jsonl does. */
  readonly hasJournalTime: boolean;
}

/** Why an event that holds a decision cannot be judged. */
export interface Unjudged {
  readonly decision: DecisionName;
  readonly missing: string;
}

export type Finding = Judgement | Unjudged;

export type Of<K extends HubEvent["kind"]> = Extract<HubEvent, { kind: K }>;

export function agreed(decision: DecisionName, subject: string, was: string): Judgement {
  return { decision, subject, was, wouldBe: was, why: "" };
}
