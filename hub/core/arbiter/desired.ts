/**
 * Desired state: disabled, down, up, paused, with a generation (DESIGN section 5). `down` always works and
 * its Stops go out at once; `up` while DISABLED needs force and a reason, and waives by name exactly the
 * guardrails that are red at that moment.
 */
import type { DesiredState } from "../../../shared/model/job.ts";
import type { Actor } from "../event.ts";
import { acceptLoss } from "../nodes/panic.ts";
import { acceptRollback, rollbackWarning } from "../nodes/rollback.ts";
import { desiredMessage, detachAll } from "../nodes/session.ts";
import { grantReady } from "../placement/placement.ts";
import type { Tx } from "../transaction.ts";
import { checkGuardrails } from "./guardrails.ts";

export interface DesiredRequest extends Actor {
  readonly verb: "enable" | "up" | "pause" | "down";
  readonly isForced: boolean;
  /** `down --now`: no grace for the jobs. */
  readonly isNow: boolean;
  /** `up --accept-loss`: the nodes that the panic guard waits for are lost. */
  readonly isLossAccepted?: boolean;
  /** `up --accept-rollback`: what agents know beyond this journal is given up. */
  readonly isRollbackAccepted?: boolean;
}

export type DesiredResult =
  | { readonly kind: "changed" | "unchanged"; readonly stopping: Readonly<Record<string, number>> }
  | { readonly kind: "refused"; readonly reason: string };

export function setDesired(tx: Tx, request: DesiredRequest): DesiredResult {
  switch (request.verb) {
    case "down":
      return goDown(tx, request);
    case "enable":
      return enable(tx, request);
    case "up":
      return goUpAccepting(tx, request);
    case "pause":
      return pause(tx, request);
  }
}

/** A waiver lasts until its guardrail is green; one that turns red again later stops grants. */
export function endWaivers(tx: Tx): void {
  const { waived } = tx.state.desired;
  if (waived.length === 0) return;
  const red = new Set(redNow(tx).map((rail) => rail.name));
  const left = waived.filter((name) => red.has(name));
  if (left.length < waived.length) tx.emit({ kind: "waiver.ended", waived: left });
}

function enable(tx: Tx, request: DesiredRequest): DesiredResult {
  if (tx.state.desired.state !== "disabled") return { kind: "unchanged", stopping: {} };
  const red = redNow(tx);
  if (red.length > 0) return refuseRed(red, "enable");
  return change(tx, "down", [], request);
}

/** What a person takes upon himself holds only if the fleet may go up at all. */
function goUpAccepting(tx: Tx, request: DesiredRequest): DesiredResult {
  const { isLossAccepted = false, isRollbackAccepted = false } = request;
  if (isLossAccepted && isBlank(request)) return needsReason("--accept-loss");
  if (isRollbackAccepted && isBlank(request)) return needsReason("--accept-rollback");
  const isSafe = tx.state.safe?.phase === "rollback";
  const warning = rollbackWarning(tx);
  if (isSafe && !isRollbackAccepted && warning !== null) return { kind: "refused", reason: warning };
  const result = goUp(tx, request);
  if (result.kind === "refused") return result;
  if (isLossAccepted) acceptLoss(tx, actorOf(request));
  if (isSafe) {
    acceptRollback(tx, actorOf(request));
    detachAll(tx, "a rollback of the hub was accepted: say hello again");
  }
  return result;
}

function goUp(tx: Tx, request: DesiredRequest): DesiredResult {
  const { state } = tx.state.desired;
  if (state === "up" && !request.isForced) return { kind: "unchanged", stopping: {} };
  const red = redNow(tx);
  if (!request.isForced) {
    if (state !== "disabled") return change(tx, "up", [], request);
    return refuseRed(red, "up");
  }
  if (isBlank(request)) return needsReason("--force");
  return change(
    tx,
    "up",
    red.map((rail) => rail.name),
    request,
  );
}

function isBlank({ reason }: DesiredRequest): boolean {
  return reason.trim() === "";
}

function needsReason(flag: string): DesiredResult {
  return { kind: "refused", reason: `up ${flag} needs a reason: \`spiral up ${flag} --reason "…"\`` };
}

function actorOf({ actor, reason }: DesiredRequest): Actor {
  return { actor, reason };
}

function pause(tx: Tx, request: DesiredRequest): DesiredResult {
  const { state } = tx.state.desired;
  if (state === "paused") return { kind: "unchanged", stopping: {} };
  if (state !== "up") return { kind: "refused", reason: `pause holds a fleet that is up; it is ${state}` };
  return change(tx, "paused", tx.state.desired.waived, request);
}

/** Every leased job is told to end; each goes back to the queue unburned when its holder says so. */
function goDown(tx: Tx, request: DesiredRequest): DesiredResult {
  const graceMs = request.isNow ? 0 : tx.timing.termGraceMs;
  const wasDisabled = tx.state.desired.state === "disabled";
  if (tx.state.desired.state !== "down" && !wasDisabled) change(tx, "down", [], request);
  for (const session of tx.soft.sessions.values())
    tx.urgent({ kind: "send", sessionId: session.sessionId, message: desiredMessage(tx, graceMs) });
  const stopping: Record<string, number> = {};
  for (const lease of tx.state.leases.values()) stopping[lease.node] = (stopping[lease.node] ?? 0) + 1;
  return { kind: "changed", stopping };
}

function change(
  tx: Tx,
  state: DesiredState,
  waived: readonly string[],
  { actor, reason }: Actor,
): DesiredResult {
  const generation = tx.state.desired.generation + 1;
  tx.emit({ kind: "desired.changed", state, generation, waived, actor, reason });
  if (state !== "down") {
    const message = desiredMessage(tx, tx.timing.termGraceMs);
    for (const session of tx.soft.sessions.values())
      tx.effect({ kind: "send", sessionId: session.sessionId, message });
  }
  if (state === "up") grantReady(tx);
  return { kind: "changed", stopping: {} };
}

function redNow(tx: Tx): readonly { readonly name: string; readonly detail: string }[] {
  return checkGuardrails(tx, tx.times.bootMs).filter((rail) => !rail.isGreen);
}

function refuseRed(
  red: readonly { readonly name: string; readonly detail: string }[],
  verb: string,
): DesiredResult {
  const list = red.map((rail) => `  ${rail.name}: ${rail.detail}`).join("\n");
  const missing = red.length === 0 ? "every guardrail is green" : `not in place:\n${list}`;
  const cure =
    verb === "enable" || red.length > 0
      ? 'mend them, then `spiral enable`; or waive them by name: `spiral up --force --reason "…"`'
      : "lift it with `spiral enable`, then `spiral up`";
  return { kind: "refused", reason: `the installation is DISABLED; ${missing}\n${cure}` };
}
