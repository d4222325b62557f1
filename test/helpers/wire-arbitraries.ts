/** Arbitraries of every message, within the bounds of the wire: what the property tests of the codec draw. */
import fc from "fast-check";
import { CARD_STANDINGS } from "../../shared/model/health.ts";
import {
  ATTEMPT_OUTCOMES,
  DESIRED_STATES,
  JOB_KINDS,
  JOB_LIMITS,
  ON_HUB_LOSS,
} from "../../shared/model/job.ts";
import {
  type AgentMessage,
  type GpuReading,
  type HubMessage,
  QUERY_METHODS,
  type TelemetryFrame,
} from "../../shared/model/messages.ts";
import { LANES, PRIORITIES } from "../../shared/model/priority.ts";
import type { Submission } from "../../shared/wire/operator-codec.ts";

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const small = fc.nat({ max: 1_000 });
const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
/** Numbers that the hub would go on above. */
const seen = fc.nat({ max: 2 ** 52 });
const heldToken = fc.integer({ min: 1, max: 2 ** 52 });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
const ratio = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => (value === 0 ? 0 : value));
const text = fc.string({ unit: "grapheme", maxLength: 40 });
const name = fc.stringMatching(/^[a-z0-9]([a-z0-9._-]{0,20}[a-z0-9])?$/);
const node = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,40}$/);
const jobName = fc.stringMatching(/^j_[0-9]{6,12}$/);
const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
const path = fc
  .array(fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/), { minLength: 1, maxLength: 4 })
  .map((p) => p.join("/"));
const json = fc
  .dictionary(
    fc.string({ unit: "grapheme", maxLength: 10 }),
    fc.jsonValue({ noUnicodeString: false, maxDepth: 2 }),
    {
      maxKeys: 4,
    },
  )
  .map((value) => JSON.parse(JSON.stringify(value)));
const orNull = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(arbitrary);
const list = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.array(arbitrary, { maxLength: 4 });

const gpu: fc.Arbitrary<GpuReading> = fc.record({
  uuid: id,
  name: text,
  totalBytes: count,
  usedBytes: orNull(count),
  utilisationRatio: orNull(ratio),
  temperatureC: orNull(finite),
  powerW: orNull(finite),
  source: fc.constantFrom("nvml", "nvidia-smi", "simulated"),
});
const input = fc.record({ path, sha256, bytes: count }, { noNullPrototype: true });
const desired = fc.record({ generation: count, state: fc.constantFrom(...DESIRED_STATES), graceMs: count });
const verdict = fc.record({ token: positive, isKept: fc.boolean() });

export const arbitraryAgentMessage: fc.Arbitrary<AgentMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("hello" as const),
    protocolMajor: small,
    protocolMinor: small,
    node,
    bootId: id,
    agentInstance: id,
    maxTokenSeen: seen,
    hubEpochSeen: seen,
    hubId: text,
    maxJobSeen: seen,
    generation: count,
    machineId: text,
    helloSeq: count,
    isLatchedDown: fc.boolean(),
    inventory: list(fc.record({ token: heldToken, state: fc.constantFrom("running", "completing") })),
    runners: list(fc.record({ name, sha256, isVramLearned: fc.boolean() })),
    gpus: list(gpu),
    capabilities: fc.record({
      cpuCores: small,
      memoryBytes: count,
      startLimitBurst: small,
      labels: fc.dictionary(name, text, { maxKeys: 4, noNullPrototype: true }),
      agentVersion: text,
    }),
  }),
  fc.record({ kind: fc.constant("heartbeat" as const), seq: count, isLatchedDown: fc.boolean() }),
  fc.record({
    kind: fc.constant("claim" as const),
    claimId: positive,
    gpuSlots: small,
    cpuSlots: small,
    headroom: list(
      fc.record(
        {
          gpu: id,
          priority: fc.constantFrom(...PRIORITIES),
          bytes: count,
          marginBytes: fc.maxSafeInteger(),
          residents: fc.record({ bytes: count, isLiteral: fc.boolean() }, { noNullPrototype: true }),
        },
        { noNullPrototype: true, requiredKeys: ["gpu", "priority", "bytes"] },
      ),
    ),
    warm: list(id),
    maxTokenSeen: seen,
  }),
  fc.record({ kind: fc.constant("decline" as const), token: positive, reason: text }),
  fc.record(
    { kind: fc.constant("started" as const), token: positive, gpu: id },
    { noNullPrototype: true, requiredKeys: ["kind", "token"] },
  ),
  fc.record({ kind: fc.constant("progress" as const), token: positive, ratio }),
  fc.record({
    kind: fc.constant("crossing" as const),
    seq: count,
    resource: name,
    level: name,
    ratio,
    gpu: orNull(id),
  }),
  fc.record({
    kind: fc.constant("fault" as const),
    seq: count,
    gpu: orNull(id),
    cause: name,
    action: name,
    detail: text,
    jobId: orNull(jobName),
  }),
  fc.record({
    kind: fc.constant("standing" as const),
    seq: count,
    gpu: id,
    standing: fc.constantFrom(...CARD_STANDINGS),
    reason: text,
    cure: orNull(name),
  }),
  fc.record({
    kind: fc.constant("restart" as const),
    token: positive,
    restart: fc.integer({ min: 1, max: 1_000 }),
    strikes: small,
    burst: small,
    exitCode: fc.integer({ min: -1, max: 255 }),
    detail: text,
    afterMs: count,
  }),
  fc.record({ kind: fc.constant("renew" as const), seq: count, tokens: list(positive) }),
  fc.record({
    kind: fc.constant("complete" as const),
    completions: list(
      fc.record({
        token: positive,
        outcome: fc.constantFrom(...ATTEMPT_OUTCOMES),
        exitCode: fc.integer(),
        detail: text,
        manifestSha256: orNull(sha256),
        result: json,
        peakVramBytes: count,
        ranMs: count,
      }),
    ),
  }),
  fc.record({ kind: fc.constant("latchAck" as const), generation: count }),
  fc.record({ kind: fc.constant("decision" as const), decision: name, body: json }),
  fc.record({
    kind: fc.constant("answer" as const),
    queryId: positive,
    body: json,
    refusal: fc.option(fc.constantFrom("no such method", "busy")),
  }),
);

export const arbitraryHubMessage: fc.Arbitrary<HubMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("welcome" as const),
    protocolMajor: small,
    protocolMinor: small,
    epoch: positive,
    sessionId: id,
    timingScale: fc.double({ min: 0.001, max: 1, noNaN: true }),
    verdicts: list(verdict),
    desired,
    hubId: text,
  }),
  fc.record({ kind: fc.constant("heartbeatEcho" as const), seq: count }),
  fc.record({
    kind: fc.constant("grants" as const),
    claimId: positive,
    heartbeatSeq: count,
    grants: list(
      fc.record({
        token: positive,
        jobId: fc.stringMatching(/^j_[0-9]{6,12}$/),
        runner: name,
        params: json,
        priority: fc.constantFrom(...PRIORITIES),
        lane: fc.constantFrom(...LANES),
        vramBytes: count,
        subsystem: name,
        ttlMs: positive,
        maxRuntimeMs: orNull(positive),
        onHubLoss: fc.constantFrom(...ON_HUB_LOSS),
        offlineGraceMs: count,
        inputs: list(input),
        restarts: orNull(
          fc.record({
            burst: small,
            windowMs: positive,
            backoffMs: positive,
            backoffFactor: fc.integer({ min: 1, max: 100 }),
            maxBackoffMs: positive,
            healthyUptimeMs: positive,
          }),
        ),
      }),
    ),
  }),
  fc.record({ kind: fc.constant("noWork" as const), claimId: positive, reason: text }),
  fc.record({
    kind: fc.constant("query" as const),
    queryId: positive,
    method: fc.constantFrom(...QUERY_METHODS),
    body: json,
  }),
  fc.record({ kind: fc.constant("renewed" as const), seq: count, tokens: list(positive), ttlMs: count }),
  fc.record({
    kind: fc.constant("completeAck" as const),
    verdicts: list(fc.record({ token: positive, status: fc.constantFrom("accepted", "stale", "unstaged") })),
  }),
  fc.record({
    kind: fc.constant("stop" as const),
    token: positive,
    reason: text,
    graceMs: count,
    isPreemption: fc.boolean(),
  }),
  desired.map((value) => ({ kind: "desired" as const, ...value })),
  fc.record({ kind: fc.constant("goodbye" as const), reason: text }),
);

export const arbitraryTelemetry: fc.Arbitrary<TelemetryFrame> = fc.record({
  sessionId: id,
  seq: count,
  gpuAgeMs: count,
  isGpuStale: fc.boolean(),
  gpus: list(gpu),
  gpuPressure: ratio,
  gpuLevel: name,
  cpuRatio: orNull(ratio),
  memoryRatio: orNull(ratio),
  running: small,
  problem: orNull(name),
  notes: list(
    fc.record({
      gpu: id,
      foreign: list(fc.record({ pid: small, name: orNull(name), bytes: count })),
      unattributedBytes: orNull(count),
      leakedBytes: count,
      starved: fc.subarray([...PRIORITIES]),
    }),
  ),
});

export const arbitrarySubmission: fc.Arbitrary<Submission> = fc
  .record({
    key: id,
    spec: fc.record({
      kind: fc.constantFrom(...JOB_KINDS),
      runner: name,
      params: json,
      priority: fc.constantFrom(...PRIORITIES),
      lane: fc.constantFrom(...LANES),
      vramBytes: fc.oneof(fc.constant(0), count),
      subsystem: name,
      producer: id,
      campaign: orNull(name),
      node: orNull(node),
      maxRuntimeMs: fc.integer({ min: 1, max: JOB_LIMITS.maxRuntimeMs }),
      maxAttempts: fc.integer({ min: 1, max: JOB_LIMITS.maxAttempts }),
      delayMs: count,
      onHubLoss: fc.constantFrom(...ON_HUB_LOSS),
      inputs: list(input),
      after: fc.uniqueArray(fc.stringMatching(/^j_[0-9]{6,12}$/), { maxLength: JOB_LIMITS.after }),
      uses: orNull(name),
      notBeforeWallMs: orNull(positive),
    }),
  })
  .filter(({ spec }) => spec.lane === "gpu" || spec.vramBytes === 0);
