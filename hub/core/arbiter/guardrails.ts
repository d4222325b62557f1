/**
 * Guardrails: what must be in place before anything renders (SPEC H5). Checked again at every decision; one
 * that turns red stops new grants, unless `up --force` waived it by name.
 */
import type { ControlDocument } from "../../../shared/model/campaign.ts";
import type { HubCore } from "../transaction.ts";

export const GUARDRAILS = [
  "arbiter-live",
  "convergence-stop",
  "gpu-hour-budget",
  "start-limits",
  "telemetry-fresh",
] as const;
export type GuardrailName = (typeof GUARDRAILS)[number];

export interface GuardrailState {
  readonly name: GuardrailName;
  readonly isGreen: boolean;
  readonly detail: string;
}

/** What must hold, and in words why it does or what cures it; the words cost more than the answer. */
interface Guardrail {
  readonly isGreen: (core: HubCore, bootMs: number) => boolean;
  readonly detail: (core: HubCore, bootMs: number) => string;
}

const NO_CONTROL = "there is no control.json: write one in the root (docs/campaigns.md)";

const RAILS: Readonly<Record<GuardrailName, Guardrail>> = {
  // The arbiter is this very core: an answer exists if and only if it is being computed.
  "arbiter-live": { isGreen: () => true, detail: ({ state }) => `epoch ${state.epoch}` },
  "convergence-stop": {
    isGreen: ({ state }) => canStop(state.control),
    detail: ({ state: { control } }) => {
      if (control === null) return NO_CONTROL;
      const missing = withoutStop(control);
      if (missing.length > 0) return `control.json sets no stop rules for ${missing.join(", ")}`;
      return `${Object.keys(control.campaigns).length} campaign(s) can stop`;
    },
  },
  "gpu-hour-budget": {
    isGreen: ({ state }) => canStop(state.control),
    detail: ({ state: { control } }) => {
      if (control === null) return NO_CONTROL;
      const missing = withoutStop(control);
      if (missing.length > 0) return `stop.budget.maxGpuSeconds is not set for ${missing.join(", ")}`;
      return "every campaign has a budget";
    },
  },
  "start-limits": {
    isGreen: ({ soft }) => soft.sessions.size > 0 && soft.unlimited.size === 0,
    detail: ({ soft: { sessions, unlimited } }) => {
      if (sessions.size === 0) return "no agent is attached: start one with `spiral agent NAME`";
      if (unlimited.size > 0) return `no start limit on ${[...unlimited].join(", ")}`;
      return `set on ${sessions.size} node(s)`;
    },
  },
  "telemetry-fresh": {
    isGreen: isAnyNodeFresh,
    detail: (core, bootMs) => {
      const fresh = [...core.soft.sessions.keys()].filter((node) => isTelemetryFresh(core, node, bootMs));
      if (fresh.length === 0) return "no attached node sends fresh telemetry: see `spiral nodes`";
      return `fresh from ${fresh.join(", ")}`;
    },
  },
};

/** Every guardrail with its colour and, when red, the cure. */
export function checkGuardrails(core: HubCore, bootMs: number): readonly GuardrailState[] {
  return GUARDRAILS.map((name) => stateOf(core, name, bootMs));
}

/** Red guardrails that nobody waived. Every pass of placement asks, so green ones are not put into words. */
export function redGuardrails(core: HubCore, bootMs: number): readonly GuardrailState[] {
  const { waived } = core.state.desired;
  return GUARDRAILS.filter((name) => !RAILS[name].isGreen(core, bootMs) && !waived.includes(name)).map(
    (name) => stateOf(core, name, bootMs),
  );
}

/** Whether the hub has a frame of this node that is young and says itself that its readings are. */
export function isTelemetryFresh(core: HubCore, node: string, bootMs: number): boolean {
  const latest = core.soft.telemetry.get(node);
  if (latest === undefined || !core.soft.sessions.has(node) || latest.frame.isGpuStale) return false;
  return bootMs - latest.receivedBootMs <= core.timing.telemetryStaleMs;
}

function stateOf(core: HubCore, name: GuardrailName, bootMs: number): GuardrailState {
  const rail = RAILS[name];
  return { name, isGreen: rail.isGreen(core, bootMs), detail: rail.detail(core, bootMs) };
}

function isAnyNodeFresh(core: HubCore, bootMs: number): boolean {
  for (const node of core.soft.sessions.keys()) if (isTelemetryFresh(core, node, bootMs)) return true;
  return false;
}

function canStop(control: ControlDocument | null): boolean {
  return control !== null && withoutStop(control).length === 0;
}

function withoutStop(control: ControlDocument): string[] {
  return Object.entries(control.campaigns)
    .filter(([, plan]) => plan.stop === null)
    .map(([name]) => name);
}
