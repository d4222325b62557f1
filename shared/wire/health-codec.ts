/** Health codec: what an agent says of the state of its cards, to the wire and back. */
import type { Fault, Fault__Output } from "../../proto/gen/fleet/v1/Fault.ts";
import type { Standing, Standing__Output } from "../../proto/gen/fleet/v1/Standing.ts";
import type { FaultReport, StandingReport } from "../model/health.ts";
import type { AgentMessage } from "../model/messages.ts";
import { clip, readId, readJobId, readMaybe, readName, readText, readUint, TEXT_LIMITS } from "./values.ts";
import { standingWords } from "./words.ts";

export function encodeFault({ seq, gpu, cause, action, detail, jobId }: FaultReport): Fault {
  return {
    seq,
    gpu: gpu ?? "",
    cause,
    action,
    detail: clip(detail, TEXT_LIMITS.reason),
    jobId: jobId ?? "",
  };
}

/** Throws FleetError "invalid" naming the field, as does `decodeStanding`. */
export function decodeFault(wire: Fault__Output): Extract<AgentMessage, { kind: "fault" }> {
  return {
    kind: "fault",
    seq: readUint(wire.seq, "fault.seq"),
    gpu: readMaybe(wire.gpu, "fault.gpu", readId),
    cause: readName(wire.cause, "fault.cause"),
    action: readName(wire.action, "fault.action"),
    detail: readText(wire.detail, "fault.detail", TEXT_LIMITS.reason),
    jobId: readMaybe(wire.jobId, "fault.jobId", readJobId),
  };
}

export function encodeStanding({ seq, gpu, standing, reason, cure }: StandingReport): Standing {
  return {
    seq,
    gpu,
    standing: standingWords.encode(standing),
    reason: clip(reason, TEXT_LIMITS.reason),
    cure: clip(cure ?? "", TEXT_LIMITS.reason),
  };
}

export function decodeStanding(wire: Standing__Output): Extract<AgentMessage, { kind: "standing" }> {
  return {
    kind: "standing",
    seq: readUint(wire.seq, "standing.seq"),
    gpu: readId(wire.gpu, "standing.gpu"),
    standing: standingWords.decode(wire.standing, "standing.standing"),
    reason: readText(wire.reason, "standing.reason", TEXT_LIMITS.reason),
    cure: readMaybe(wire.cure, "standing.cure", (value, field) => readText(value, field, TEXT_LIMITS.reason)),
  };
}
