/**
 * Guardrails: what must be in place before anything renders (SPEC H5). Checked again at every decision; one
 * that turns red stops new grants, unless `up --force` waived it by name.
 */
import type { ControlDocument } from "../../shared/model/campaign.ts";
import type { HubCore } from "./transaction.ts";

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

/** Every guardrail with its colour and, when red, the cure. */
export function checkGuardrails(core: HubCore, bootMs: number): readonly GuardrailState[] {
  return [
    // The arbiter is this very core: an answer exists if and only if it is being computed.
    { name: "arbiter-live", isGreen: true, detail: `epoch ${core.state.epoch}` },
    convergenceStop(core.state.control),
    gpuHourBudget(core.state.control),
    startLimits(core),
    telemetryFresh(core, bootMs),
  ];
}

/** Red guardrails that nobody waived. */
export function redGuardrails(core: HubCore, bootMs: number): readonly GuardrailState[] {
  const waived = core.state.desired.waived;
  return checkGuardrails(core, bootMs).filter((rail) => !rail.isGreen && !waived.includes(rail.name));
}

/** Whether the hub has a frame of this node that is young and says itself that its readings are. */
export function isTelemetryFresh(core: HubCore, node: string, bootMs: number): boolean {
  const latest = core.soft.telemetry.get(node);
  if (latest === undefined || !core.soft.sessions.has(node) || latest.frame.isGpuStale) return false;
  return bootMs - latest.receivedBootMs <= core.timing.telemetryStaleMs;
}

function convergenceStop(control: ControlDocument | null): GuardrailState {
  const name = "convergence-stop";
  if (control === null) return red(name, "there is no control.json: write one in the root");
  const missing = withoutStop(control);
  if (missing.length > 0) return red(name, `control.json sets no stop rules for ${missing.join(", ")}`);
  return { name, isGreen: true, detail: `${Object.keys(control.campaigns).length} campaign(s) can stop` };
}

function gpuHourBudget(control: ControlDocument | null): GuardrailState {
  const name = "gpu-hour-budget";
  if (control === null) return red(name, "there is no control.json: write one in the root");
  const missing = withoutStop(control);
  if (missing.length > 0) return red(name, `stop.budget.maxGpuSeconds is not set for ${missing.join(", ")}`);
  return { name, isGreen: true, detail: "every campaign has a budget" };
}

function startLimits(core: HubCore): GuardrailState {
  const name = "start-limits";
  const sessions = [...core.soft.sessions.values()];
  if (sessions.length === 0) return red(name, "no agent is attached: start one with `spiral agent NAME`");
  const without = sessions.filter((session) => session.hello.capabilities.startLimitBurst === 0);
  if (without.length > 0) return red(name, `no start limit on ${without.map((s) => s.node).join(", ")}`);
  return { name, isGreen: true, detail: `set on ${sessions.length} node(s)` };
}

function telemetryFresh(core: HubCore, bootMs: number): GuardrailState {
  const name = "telemetry-fresh";
  const fresh = [...core.soft.sessions.keys()].filter((node) => isTelemetryFresh(core, node, bootMs));
  if (fresh.length === 0) return red(name, "no attached node sends fresh telemetry: see `spiral nodes`");
  return { name, isGreen: true, detail: `fresh from ${fresh.join(", ")}` };
}

function withoutStop(control: ControlDocument): string[] {
  return Object.entries(control.campaigns)
    .filter(([, plan]) => plan.stop === null)
    .map(([name]) => name);
}

function red(name: GuardrailName, detail: string): GuardrailState {
  return { name, isGreen: false, detail };
}
