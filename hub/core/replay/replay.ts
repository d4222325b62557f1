/**
 * Replay: a recorded history asked again under another policy. The events are folded by the same `apply` as ever, and
 * each decision among them is made again by the same functions, on the state as it was before it. What telemetry alone
 * decided is not in a journal; such decisions carry their inputs as evidence, or are counted as not judged.
 */
import { apply } from "../apply.ts";
import type { HubEvent } from "../event.ts";
import type { HubState } from "../state.ts";
import { judgeExpiry, judgeRetry } from "./judge-attempt.ts";
import { judgeArbiter, judgeCycle, judgePlan } from "./judge-campaign.ts";
import { judgeGrant } from "./judge-grant.ts";
import { judgeQuarantine, judgeRebalance } from "./judge-node.ts";
import type { DecisionName, Finding, Judgement, Scene } from "./judgement.ts";
import type { ReplayPolicy } from "./policy.ts";

export interface Difference extends Judgement {
  readonly seq: number;
  readonly wallMs: number;
}

export interface ReplayReport {
  readonly events: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** By decision. */
  readonly judged: Readonly<Record<string, number>>;
  readonly differing: Readonly<Record<string, number>>;
  /** By decision and what is missing. */
  readonly notJudged: Readonly<Record<string, number>>;
  /** The first ones; `differing` counts all. */
  readonly differences: readonly Difference[];
}

/** Differences that are kept. */
export const DIFFERENCES_MAX = 10_000;

export interface ReplayOptions {
  readonly policy: ReplayPolicy;
  readonly hasJournalTime: boolean;
}

/** The records must be whole and in order from `state` on, which is changed. */
export function replay(
  state: HubState,
  records: Iterable<{ readonly seq: number; readonly event: HubEvent }>,
  options: ReplayOptions,
): ReplayReport {
  const tally = createTally();
  for (const { seq, event } of records) {
    tally.see(seq);
    const scene = { event, state, ...options };
    for (const finding of judge(scene)) tally.take(finding, seq, event.at.wallMs);
    apply(state, event);
  }
  return tally.report();
}

function judge(scene: Scene): readonly Finding[] {
  const found = judgeEvent(scene);
  return found.filter((finding) => finding !== null);
}

function judgeEvent({ event, ...rest }: Scene): readonly (Finding | null)[] {
  switch (event.kind) {
    case "job.leased":
      return [judgeGrant({ event, ...rest })];
    case "attempt.ended":
      return [judgeExpiry({ event, ...rest }), judgeRetry({ event, ...rest })];
    case "node.quarantined":
      return [judgeQuarantine({ event, ...rest })];
    case "node.decided":
      return [judgeRebalance({ event, ...rest })];
    case "arbiter.changed":
      return [judgeArbiter({ event, ...rest })];
    case "campaign.asked":
      return [judgePlan({ event, ...rest })];
    case "campaign.cycled":
      return [judgeCycle({ event, ...rest })];
    default:
      return [];
  }
}

function createTally() {
  const judged: Record<string, number> = {};
  const differing: Record<string, number> = {};
  const notJudged: Record<string, number> = {};
  const differences: Difference[] = [];
  let events = 0;
  let firstSeq = 0;
  let lastSeq = 0;
  const count = (table: Record<string, number>, key: DecisionName | string): void => {
    table[key] = (table[key] ?? 0) + 1;
  };
  return {
    see: (seq: number): void => {
      if (events === 0) firstSeq = seq;
      events++;
      lastSeq = seq;
    },
    take: (finding: Finding, seq: number, wallMs: number): void => {
      if ("missing" in finding) return count(notJudged, `${finding.decision}: ${finding.missing}`);
      count(judged, finding.decision);
      if (finding.was === finding.wouldBe) return;
      count(differing, finding.decision);
      if (differences.length < DIFFERENCES_MAX) differences.push({ seq, wallMs, ...finding });
    },
    report: (): ReplayReport => ({ events, firstSeq, lastSeq, judged, differing, notJudged, differences }),
  };
}
