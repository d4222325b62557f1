/** Overrides: what operators order beside the rules, set, listed and cleared; the actor is who the connection proved. */
import { FleetError } from "../../shared/errors.ts";
import type { OperatorReply, OperatorRequest } from "../../shared/wire/operator-types.ts";
import { invalid, readId, readUint, TEXT_LIMITS } from "../../shared/wire/values.ts";
import {
  clearOverride,
  OVERRIDE_EFFECTS,
  OVERRIDE_LIMITS,
  OVERRIDE_SUBJECTS,
  type Override,
  type OverrideRequest,
  setOverride,
  whyMalformed,
} from "../core/arbiter/override.ts";
import { unknownNodeNotes } from "../core/nodes/known-node.ts";

import { grantReady } from "../core/placement/placement.ts";
import type { HubState } from "../core/state.ts";
import type { Engine } from "../engine.ts";
import type { OperatorHandlers } from "./server.ts";

type OverrideView = OperatorReply<"SetOverride">;

export function overrideHandlers(
  engine: Engine,
): Pick<OperatorHandlers, "SetOverride" | "ListOverrides" | "ClearOverride"> {
  const { state } = engine.core;
  const view = (override: Override | undefined): OverrideView =>
    override === undefined ? {} : viewOverride(override, engine.now().journalMs);
  return {
    SetOverride: async (principal, request) => {
      const asked = readRequest(request, principal.id);
      const answer = await engine.admit((tx) => {
        const set = setOverride(tx, asked);
        if ("refusal" in set) return new FleetError("refused", set.refusal);
        grantReady(tx);
        const notes = unknownNodeNotes(tx, nodeNamedBy(asked));
        return { ...view(state.overrides.get(set.id)), forMs: asked.forMs, notes };
      });
      if (answer instanceof FleetError) throw answer;
      return answer;
    },
    ListOverrides: () => engine.read(() => ({ overrides: viewOverrides(state, engine.now().journalMs) })),
    ClearOverride: async (principal, { id, reason }) => {
      const shown = view(state.overrides.get(id));
      const by = { actor: principal.id, reason: reason.slice(0, TEXT_LIMITS.reason) };
      const isCleared = await engine.admit((tx) => {
        const cleared = clearOverride(tx, id, by);
        grantReady(tx);
        return cleared;
      });
      if (isCleared) return shown;
      throw new FleetError("notFound", `there is no override "${id}": see \`spiral override list\``);
    },
  };
}

function nodeNamedBy({ effect, subject, name, value }: Required<OverrideRequest>): string | null {
  if (effect === "pin") return value;
  return subject === "node" ? name : null;
}

function readRequest(request: OperatorRequest<"SetOverride">, actor: string): Required<OverrideRequest> {
  const effect = OVERRIDE_EFFECTS.find((each) => each === request.effect);
  if (effect === undefined) throw invalid("effect", `must be ${OVERRIDE_EFFECTS.join(", ")}`);
  const subject = OVERRIDE_SUBJECTS.find((each) => each === request.subject);
  if (subject === undefined) throw invalid("subject", `must be ${OVERRIDE_SUBJECTS.join(", ")}`);
  const forMs = readUint(request.forMs, "forMs");
  if (forMs < 1 || forMs > OVERRIDE_LIMITS.longestMs)
    throw invalid("--for", "at most 30d: an override has an end");
  const { reason, until, value } = request;
  if (reason.trim() === "") throw invalid("reason", "must be given");
  if ([until, value].some((text) => text.length > TEXT_LIMITS.id) || reason.length > TEXT_LIMITS.reason)
    throw invalid("reason", "is too long");
  const name = subject === "fleet" ? "" : readId(request.name, "name");
  const asked = { effect, subject, name, until, value, forMs, actor, reason };
  const problem = whyMalformed(asked);
  if (problem !== null) throw new FleetError("invalid", problem);
  return asked;
}

/** Those in force, the oldest first. */
export function viewOverrides({ overrides }: HubState, journalMs: number): OverrideView[] {
  return [...overrides.values()].map((override) => viewOverride(override, journalMs));
}

function viewOverride(override: Override, journalMs: number): OverrideView {
  const { id, effect, subject, name, until, value = "", reason, by, sinceWallMs, endMs } = override;
  const forMs = Math.max(0, Math.round(endMs - journalMs));
  return { id, effect, subject, name, until, value, forMs, reason, by, sinceWallMs };
}
