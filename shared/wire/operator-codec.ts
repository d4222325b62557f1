/** Operator codec: a submitted job, to the wire and back. The hub trusts a JobSpec because it came from here. */
import type { SubmitRequest, SubmitRequest__Output } from "../../proto/gen/fleet/v1/SubmitRequest.ts";
import { JOB_LIMITS, type JobKind, type JobSpec } from "../model/job.ts";
import { decodeInputs, encodeInputs } from "./parts-codec.ts";
import { invalid, readId, readJobId, readJson, readMaybe, readName, readNode, readUint } from "./values.ts";
import { hubLossWords, kindWords, laneWords, priorityWords } from "./words.ts";

/** What an absent (0) field of a submit means. */
export const SUBMIT_DEFAULTS = { maxRuntimeMs: 3_600_000, maxAttempts: 4 } as const;

/** How long a job may run that does not say: an hour; null for a service, which runs for as long as it likes. */
export function runtimeOf(kind: JobKind): number | null {
  return kind === "service" ? null : SUBMIT_DEFAULTS.maxRuntimeMs;
}

export interface Submission {
  /** The same key of the same producer is the same job, for ever. */
  readonly key: string;
  readonly spec: JobSpec;
}

export function encodeSubmit({ key, spec }: Submission): SubmitRequest {
  const { params, campaign, node, inputs, ...plain } = spec;
  return {
    ...plain,
    key,
    kind: kindWords.encode(spec.kind),
    maxRuntimeMs: spec.maxRuntimeMs ?? 0,
    paramsJson: JSON.stringify(params),
    priority: priorityWords.encode(spec.priority),
    lane: laneWords.encode(spec.lane),
    onHubLoss: hubLossWords.encode(spec.onHubLoss),
    campaign: campaign ?? "",
    node: node ?? "",
    inputs: encodeInputs(inputs),
    after: [...(spec.after ?? [])],
    uses: spec.uses ?? "",
    notBeforeWallMs: spec.notBeforeWallMs ?? 0,
  };
}

/** Throws FleetError "invalid" naming the field. */
export function decodeSubmit(wire: SubmitRequest__Output): Submission {
  const lane = laneWords.decode(wire.lane, "lane");
  const vramBytes = readUint(wire.vramBytes, "vramBytes");
  const kind = decodeKind(wire.kind, "kind");
  if (lane === "cpu" && vramBytes > 0) throw invalid("vramBytes", "must be 0 for a job of the cpu lane");
  return {
    key: readId(wire.key, "key"),
    spec: {
      kind,
      runner: readName(wire.runner, "runner"),
      params: readJson(wire.paramsJson, "paramsJson"),
      priority: priorityWords.decode(wire.priority, "priority"),
      lane,
      vramBytes,
      subsystem: readName(wire.subsystem, "subsystem"),
      producer: readId(wire.producer, "producer"),
      campaign: readMaybe(wire.campaign, "campaign", readName),
      node: readMaybe(wire.node, "node", readNode),
      maxRuntimeMs:
        wire.maxRuntimeMs === 0 ? runtimeOf(kind) : readBounded(wire.maxRuntimeMs, "maxRuntimeMs"),
      maxAttempts: readBounded(wire.maxAttempts, "maxAttempts"),
      delayMs: readUint(wire.delayMs, "delayMs"),
      onHubLoss: hubLossWords.decode(wire.onHubLoss, "onHubLoss"),
      inputs: decodeInputs(wire.inputs, "inputs"),
      after: readAfter(wire.after),
      uses: readMaybe(wire.uses, "uses", readName),
      notBeforeWallMs: readUint(wire.notBeforeWallMs, "notBeforeWallMs") || null,
    },
  };
}

function readAfter(jobIds: readonly string[]): readonly string[] {
  if (jobIds.length > JOB_LIMITS.after) throw invalid("after", `must be at most ${JOB_LIMITS.after} jobs`);
  return [...new Set(jobIds.map((jobId, index) => readJobId(jobId, `after[${index}]`)))];
}

/** Absent from older programs, which know tasks only. */
export function decodeKind(kind: SubmitRequest__Output["kind"], field: string): JobKind {
  return kind === "JOB_KIND_UNSPECIFIED" ? "task" : kindWords.decode(kind, field);
}

function readBounded(value: number, field: keyof typeof SUBMIT_DEFAULTS): number {
  const given = readUint(value, field);
  if (given > JOB_LIMITS[field]) throw invalid(field, `must be at most ${JOB_LIMITS[field]}`);
  return given === 0 ? SUBMIT_DEFAULTS[field] : given;
}
