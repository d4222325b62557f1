/**
 * Alarms: what is wrong now, as opposed to what has happened. Asked again and again: one that lasts is told once, and
 * once more when it is over.
 */
import { redGuardrails } from "../arbiter/guardrails.ts";
import type { HubCore } from "../transaction.ts";
import type { Severity, Topic } from "./notice.ts";

export interface Alarm {
  readonly topic: Topic;
  readonly subject: string;
  /** `unknown`: nobody can tell yet, so that what was told before stands. */
  readonly state: "on" | "unknown";
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
  readonly node: string | null;
  /** It must last this long before it is told. */
  readonly holdMs: number;
}

/** A guardrail that is red for less is a restart, or an edit under way. */
const GUARDRAIL_HOLD_MS = 15_000;

/** What the core knows to be wrong. `startedBootMs`: since when this hub listens. */
export function fleetAlarms(core: HubCore, bootMs: number, startedBootMs: number): readonly Alarm[] {
  return [...guardrailAlarms(core, bootMs), ...lostNodes(core, bootMs, startedBootMs)];
}

/** Only while somebody wants work to be done. */
function guardrailAlarms(core: HubCore, bootMs: number): readonly Alarm[] {
  if (core.state.desired.state !== "up") return [];
  return redGuardrails(core, bootMs).map(({ name, detail }) => ({
    topic: "guardrail",
    subject: name,
    state: "on",
    severity: "warning",
    title: `guardrail ${name} is red: nothing is granted`,
    text: detail,
    node: null,
    holdMs: GUARDRAIL_HOLD_MS * core.timing.scale,
  }));
}

/** Silent for so long that their leases are given away (SPEC H7). */
function lostNodes(
  { state, soft, timing }: HubCore,
  bootMs: number,
  startedBootMs: number,
): readonly Alarm[] {
  return [...state.health.keys()].flatMap((node): readonly Alarm[] => {
    const seenBootMs = soft.lastSeenBootMs.get(node);
    const silentMs = bootMs - (seenBootMs ?? startedBootMs);
    const isLost = !soft.sessions.has(node) && silentMs >= timing.regrantAfterMs;
    if (!isLost && seenBootMs !== undefined) return [];
    return [
      {
        topic: "node-lost",
        subject: node,
        state: isLost ? "on" : "unknown",
        severity: "warning",
        title: `${node} is lost`,
        text: `nothing was heard of it for ${Math.round(silentMs / 1000)} s: its work goes elsewhere`,
        node,
        holdMs: 0,
      },
    ];
  });
}
