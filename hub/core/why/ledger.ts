/**
 * Ledger: the decisions among the events, in one shape: what was decided about whom, by which rule, by whom, on which
 * inputs (SPEC H9). A view: whatever it tells is in the journal, and an event that decides nothing has no line.
 */
import type { Json, JsonObject } from "../../../shared/json.ts";
import type { HubEvent } from "../event.ts";
import type { HubState } from "../state.ts";

export interface LedgerLine {
  readonly decision: string;
  readonly subject: string;
  /** The one that decided. */
  readonly rule: string;
  /** hub, a node, or who did it by hand. */
  readonly actor: string;
  readonly inputs: JsonObject;
  /** Where the line tells what came of an earlier one. */
  readonly outcome?: string;
}

type Of<K extends HubEvent["kind"]> = Extract<HubEvent, { kind: K }>;

/** The line of an event, null for most; the state is the one after it. */
export function ledgerLine(event: HubEvent, state: Pick<HubState, "jobs">): LedgerLine | null {
  switch (event.kind) {
    case "job.leased": {
      const { jobId, node, token, placed } = event;
      const inputs = { node, token, ...(placed === undefined ? {} : asJson(placed)) };
      return { decision: "grant", subject: jobId, rule: "placement", actor: "hub", inputs };
    }
    case "attempt.ended":
      return lineOfEnd(event, state);
    case "arbiter.changed": {
      const { scope, isYes, rule, evidence } = event;
      return { decision: isYes ? "admit" : "refuse", subject: scope, rule, actor: "hub", inputs: evidence };
    }
    case "desired.changed": {
      const { state: desired, waived, actor, reason } = event;
      const decision = waived.length > 0 ? "override" : "switch";
      return { decision, subject: "fleet", rule: desired, actor, inputs: { waived, reason } };
    }
    case "override.set":
    case "override.ended":
    case "node.cordoned":
    case "node.uncordoned":
    case "rollback.accepted":
    case "job.requeued":
    case "job.preempted":
    case "hold.ended":
      return lineByHand(event);
    case "waiver.ended":
      return {
        decision: "guardrail",
        subject: "fleet",
        rule: "green-again",
        actor: "hub",
        inputs: { waived: event.waived },
      };
    case "service.restarted": {
      const { jobId, node, restart, strikes, burst, exitCode, detail, afterMs } = event;
      const inputs = { restart, strikes, burst, exitCode, detail, afterMs };
      return { decision: "restart", subject: jobId, rule: "start-limit", actor: node, inputs };
    }
    case "node.decided":
      return lineOfNode(event);
    case "node.throttled":
    case "node.drained":
    case "node.quarantined":
    case "node.returned": {
      const { kind, node, gpu, reason, by, untilMs } = event;
      const subject = gpu === null ? node : `${node}/${gpu}`;
      return { decision: "standing", subject, rule: kind.slice(5), actor: by, inputs: { reason, untilMs } };
    }
    case "panic.began":
    case "panic.ended":
      return lineOfPanic(event);
    case "decision.settled": {
      const { decision, node, gpu, jobId, decidedMs, outcome, evidence } = event;
      const subject = jobId ?? (gpu === null ? node : `${node}/${gpu}`);
      return {
        decision,
        subject,
        rule: "outcome",
        actor: "hub",
        inputs: { decidedMs, ...evidence },
        outcome,
      };
    }
    default:
      return null;
  }
}

function lineOfPanic(event: Of<"panic.began" | "panic.ended">): LedgerLine {
  const about = { decision: "panic", subject: "fleet" };
  if (event.kind === "panic.ended") {
    const { actor, reason, silent } = event;
    return { ...about, rule: "ended", actor, inputs: { silent, reason } };
  }
  const { silent, fleet, nodes } = event;
  return { ...about, rule: "began", actor: "hub", inputs: { silent, fleet, nodes } };
}

type ByHand = Of<
  | "override.set"
  | "override.ended"
  | "node.cordoned"
  | "node.uncordoned"
  | "rollback.accepted"
  | "job.requeued"
  | "job.preempted"
  | "hold.ended"
>;

/** What names its actor and reason itself, whether a person did it or the hub for somebody's sake. */
function lineByHand(event: ByHand): LedgerLine {
  const { kind, at: _, actor, ...inputs } = event;
  const decision = kind === "job.preempted" || kind === "hold.ended" ? "preempt" : "override";
  return { decision, subject: subjectOf(event), rule: kind, actor, inputs: asJson(inputs) };
}

function subjectOf(event: ByHand): string {
  if ("jobId" in event) return event.jobId;
  if ("node" in event) return event.node;
  return "id" in event ? event.id : "fleet";
}

function lineOfEnd(event: Of<"attempt.ended">, { jobs }: Pick<HubState, "jobs">): LedgerLine {
  const { jobId, node, outcome, detail, next, ranMs, exitCode, isBurned, silentMs, suspectLosses } = event;
  const inputs = {
    ...{
      node,
      detail,
      ranMs,
      exitCode,
      isBurned,
      next: asJson(next),
      attempts: jobs.get(jobId)?.attempts ?? null,
    },
    ...(silentMs === undefined ? {} : { silentMs }),
    ...(suspectLosses === undefined ? {} : { suspectLosses }),
  };
  if (outcome === "declined")
    return { decision: "refuse", subject: jobId, rule: "declined", actor: node, inputs };
  if (outcome === "preempted")
    return { decision: "preempt", subject: jobId, rule: "priority", actor: "hub", inputs };
  const decision = silentMs === undefined ? "retry" : "expire";
  return { decision, subject: jobId, rule: `${outcome}-${next.state}`, actor: "hub", inputs };
}

const NODE_DECISIONS: Readonly<Record<string, string>> = {
  rebalanced: "rebalance",
  "budget-set": "override",
  evicted: "evict",
  "room-used": "evict",
  relieved: "evict",
  refused: "refuse",
  "room-refused": "refuse",
  starved: "refuse",
};

function lineOfNode({ node, decision, body, missed }: Of<"node.decided">): LedgerLine {
  const { gpu, rule } = body;
  const subject = typeof gpu === "string" ? `${node}/${gpu}` : node;
  return {
    decision: NODE_DECISIONS[decision] ?? "node",
    subject,
    rule: typeof rule === "string" ? rule : decision,
    actor: node,
    inputs: missed === undefined ? body : { ...body, missed },
  };
}

/** Parts of events are JSON by the journal's contract. */
function asJson(part: object): Readonly<Record<string, Json>> {
  return part as Readonly<Record<string, Json>>;
}
