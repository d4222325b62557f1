/**
 * Submit: how jobs of operators enter, one by one or many in one message. A batch is one decision and one wait
 * for the disk; each of its jobs is answered on its own, so that a bad one keeps out nobody but itself.
 */
import { FleetError } from "../../shared/errors.ts";
import { MESSAGE_LIMITS } from "../../shared/model/messages.ts";
import { decodeSubmit, type Submission } from "../../shared/wire/operator-codec.ts";
import type { OperatorReply, OperatorRequest } from "../../shared/wire/operator-types.ts";
import { invalid } from "../../shared/wire/values.ts";
import { unknownNodeNotes } from "../core/nodes/known-node.ts";
import { grantReady } from "../core/placement/placement.ts";
import { type SubmitResult, submitJob } from "../core/queue/queue.ts";
import type { Engine } from "../engine.ts";

export async function submit(
  engine: Engine,
  request: OperatorRequest<"Submit">,
): Promise<OperatorReply<"Submit">> {
  const { key, spec } = decodeSubmit(request);
  const result = await engine.admit((tx) => {
    const submitted = submitJob(tx, key, spec);
    grantReady(tx);
    return { ...submitted, notes: unknownNodeNotes(tx, spec.node) };
  });
  if (result.kind === "refused") throw new FleetError(result.code, result.reason);
  return { jobId: result.jobId, isDuplicate: result.kind === "duplicate", notes: result.notes };
}

export type SubmitVerdict = NonNullable<OperatorReply<"SubmitBatch">["verdicts"]>[number];

/** Throws FleetError "invalid" for too many jobs; what is wrong with one of them is the verdict on that one. */
export async function submitBatch(
  engine: Engine,
  { jobs }: OperatorRequest<"SubmitBatch">,
): Promise<{ verdicts: SubmitVerdict[] }> {
  const limit = MESSAGE_LIMITS.submitItems;
  if (jobs.length > limit) throw invalid("jobs", `must hold at most ${limit} items, got ${jobs.length}`);
  const read = jobs.map(readSubmission);
  const verdicts = await engine.admit((tx) => {
    const submitted = read.map((each) =>
      each instanceof FleetError ? refusalOf(each) : submitJob(tx, each.key, each.spec),
    );
    const notes = read.map((each) =>
      each instanceof FleetError ? [] : unknownNodeNotes(tx, each.spec.node),
    );
    grantReady(tx);
    return submitted.map((result, index) => ({ ...verdictOf(result), notes: notes[index] ?? [] }));
  });
  return { verdicts };
}

type Refusal = { readonly kind: "refused"; readonly code: string; readonly reason: string };

function readSubmission(request: OperatorRequest<"Submit">): Submission | FleetError {
  try {
    return decodeSubmit(request);
  } catch (error) {
    if (error instanceof FleetError) return error;
    throw error;
  }
}

function refusalOf({ code, message }: FleetError): Refusal {
  return { kind: "refused", code, reason: message };
}

function verdictOf(result: SubmitResult | Refusal): SubmitVerdict {
  if (result.kind === "refused") return { refusalCode: result.code, refusal: result.reason };
  return { jobId: result.jobId, isDuplicate: result.kind === "duplicate" };
}
