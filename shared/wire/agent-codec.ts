/** Agent codec: what an agent says on the control stream, to the wire and back, validated field by field. */
import type { AgentControl, AgentControl__Output } from "../../proto/gen/fleet/v1/AgentControl.ts";
import type { Answer__Output } from "../../proto/gen/fleet/v1/Answer.ts";
import type { Claim__Output } from "../../proto/gen/fleet/v1/Claim.ts";
import type {
  Completion__Output,
  Completion as WireCompletion,
} from "../../proto/gen/fleet/v1/Completion.ts";
import type { Crossing__Output } from "../../proto/gen/fleet/v1/Crossing.ts";
import type { Hello__Output } from "../../proto/gen/fleet/v1/Hello.ts";
import type { Restart__Output } from "../../proto/gen/fleet/v1/Restart.ts";
import type { Started__Output } from "../../proto/gen/fleet/v1/Started.ts";
import { assertNever, must } from "../invariant.ts";
import {
  type AgentMessage,
  type Claim,
  type Completion,
  type Hello,
  MESSAGE_LIMITS,
  type Residents,
  type Restart,
} from "../model/messages.ts";
import { decodeFault, decodeStanding, encodeFault, encodeStanding } from "./health-codec.ts";
import { decodeGpus, encodeGpus } from "./parts-codec.ts";
import type { UnknownMessage } from "./protocol.ts";
import {
  clip,
  invalid,
  readId,
  readInt,
  readJson,
  readList,
  readMaybe,
  readName,
  readNode,
  readPositive,
  readRatio,
  readSeen,
  readSha256,
  readText,
  readUint,
  TEXT_LIMITS,
} from "./values.ts";
import { inventoryWords, outcomeWords, priorityWords } from "./words.ts";

export type { AgentControl, AgentControl__Output };

export function encodeAgentMessage(message: AgentMessage): AgentControl {
  switch (message.kind) {
    case "hello":
      return { hello: encodeHello(message) };
    case "heartbeat":
      return { heartbeat: { seq: message.seq, isLatchedDown: message.isLatchedDown ?? false } };
    case "claim":
      return { claim: encodeClaim(message) };
    case "decline":
      return { decline: { token: message.token, reason: clip(message.reason, TEXT_LIMITS.reason) } };
    case "started":
      return { started: { token: message.token, gpu: message.gpu ?? "" } };
    case "progress":
      return { progress: { token: message.token, ratio: message.ratio } };
    case "crossing":
      return { crossing: { ...message, gpu: message.gpu ?? "" } };
    case "restart":
      return { restart: { ...message, detail: clip(message.detail, TEXT_LIMITS.detail) } };
    case "renew":
      return { renew: { seq: message.seq, tokens: [...message.tokens] } };
    case "complete":
      return { complete: { completions: message.completions.map(encodeCompletion) } };
    case "latchAck":
      return { latchAck: { generation: message.generation } };
    case "decision":
      return { decision: { decision: message.decision, bodyJson: JSON.stringify(message.body) } };
    case "fault":
      return { fault: encodeFault(message) };
    case "standing":
      return { standing: encodeStanding(message) };
    case "answer":
      return {
        answer: {
          queryId: message.queryId,
          bodyJson: JSON.stringify(message.body),
          refusal: clip(message.refusal ?? "", TEXT_LIMITS.reason),
        },
      };
    default:
      return assertNever(message);
  }
}

/** Throws FleetError "invalid" naming the field. */
export function decodeAgentMessage(wire: AgentControl__Output): AgentMessage | UnknownMessage {
  switch (wire.kind) {
    case "hello":
      return decodeHello(body(wire.hello));
    case "heartbeat":
      return {
        kind: "heartbeat",
        seq: readUint(body(wire.heartbeat).seq, "heartbeat.seq"),
        isLatchedDown: body(wire.heartbeat).isLatchedDown,
      };
    case "claim":
      return decodeClaim(body(wire.claim));
    case "decline":
      return {
        kind: "decline",
        token: readPositive(body(wire.decline).token, "decline.token"),
        reason: readText(body(wire.decline).reason, "decline.reason", TEXT_LIMITS.reason),
      };
    case "started":
      return decodeStarted(body(wire.started));
    case "progress":
      return {
        kind: "progress",
        token: readPositive(body(wire.progress).token, "progress.token"),
        ratio: readRatio(body(wire.progress).ratio, "progress.ratio"),
      };
    case "crossing":
      return decodeCrossing(body(wire.crossing));
    case "restart":
      return decodeRestart(body(wire.restart));
    case "renew":
      return {
        kind: "renew",
        seq: readUint(body(wire.renew).seq, "renew.seq"),
        tokens: decodeTokens(body(wire.renew).tokens, "renew.tokens"),
      };
    case "complete":
      return {
        kind: "complete",
        completions: readList(
          body(wire.complete).completions,
          "complete.completions",
          MESSAGE_LIMITS.batchItems,
          decodeCompletion,
        ),
      };
    case "decision":
      return {
        kind: "decision",
        decision: readName(body(wire.decision).decision, "decision.decision"),
        body: readJson(body(wire.decision).bodyJson, "decision.bodyJson"),
      };
    case "fault":
      return decodeFault(body(wire.fault));
    case "standing":
      return decodeStanding(body(wire.standing));
    case "answer":
      return decodeAnswer(body(wire.answer));
    case "latchAck":
      return {
        kind: "latchAck",
        generation: readUint(body(wire.latchAck).generation, "latchAck.generation"),
      };
    default:
      return { kind: "unknown" };
  }
}

/** Tokens of leases: as many as a node may hold. */
export function decodeTokens(tokens: readonly number[], field: string): readonly number[] {
  return readList(tokens, field, MESSAGE_LIMITS.inventory, (token) => readPositive(token, field));
}

/** The member that `kind` names; the loader sets the two together. */
export function body<Wire>(member: Wire | null | undefined): Wire {
  return must(member, "a message without the member that its kind names");
}

function encodeHello(hello: Hello): NonNullable<AgentControl["hello"]> {
  return {
    ...hello,
    inventory: hello.inventory.map(({ token, state }) => ({ token, state: inventoryWords.encode(state) })),
    runners: [...hello.runners],
    gpus: encodeGpus(hello.gpus),
  };
}

function decodeCrossing(wire: Crossing__Output): AgentMessage {
  return {
    kind: "crossing",
    seq: readUint(wire.seq, "crossing.seq"),
    resource: readName(wire.resource, "crossing.resource"),
    level: readName(wire.level, "crossing.level"),
    ratio: readRatio(wire.ratio, "crossing.ratio"),
    gpu: readMaybe(wire.gpu, "crossing.gpu", readId),
  };
}

function decodeHello(wire: Hello__Output): Hello {
  return {
    kind: "hello",
    protocolMajor: wire.protocolMajor,
    protocolMinor: wire.protocolMinor,
    node: readNode(wire.node, "hello.node"),
    bootId: readId(wire.bootId, "hello.bootId"),
    agentInstance: readId(wire.agentInstance, "hello.agentInstance"),
    maxTokenSeen: readSeen(wire.maxTokenSeen, "hello.maxTokenSeen"),
    hubEpochSeen: readSeen(wire.hubEpochSeen, "hello.hubEpochSeen"),
    isLatchedDown: wire.isLatchedDown,
    inventory: readList(wire.inventory, "hello.inventory", MESSAGE_LIMITS.inventory, (item) => ({
      token: readSeen(readPositive(item.token, "hello.inventory.token"), "hello.inventory.token"),
      state: inventoryWords.decode(item.state, "hello.inventory.state"),
    })),
    runners: readList(wire.runners, "hello.runners", MESSAGE_LIMITS.runners, (runner) => ({
      name: readName(runner.name, "hello.runners.name"),
      sha256: readSha256(runner.sha256, "hello.runners.sha256"),
      isVramLearned: runner.isVramLearned,
    })),
    gpus: decodeGpus(wire.gpus, "hello.gpus"),
    capabilities: decodeCapabilities(wire),
    hubId: readText(wire.hubId, "hello.hubId", TEXT_LIMITS.id),
    maxJobSeen: readSeen(wire.maxJobSeen, "hello.maxJobSeen"),
    generation: readUint(wire.generation, "hello.generation"),
    machineId: readText(wire.machineId, "hello.machineId", TEXT_LIMITS.id),
    helloSeq: readUint(wire.helloSeq, "hello.helloSeq"),
  };
}

function decodeCapabilities({ capabilities }: Hello__Output): Hello["capabilities"] {
  if (capabilities === null) throw invalid("hello.capabilities", "is missing");
  const labels = readList(
    Object.entries(capabilities.labels),
    "hello.labels",
    MESSAGE_LIMITS.labels,
    ([name, value]) => [readName(name, "hello.labels"), readText(value, "hello.labels", TEXT_LIMITS.id)],
  );
  return {
    cpuCores: capabilities.cpuCores,
    memoryBytes: readUint(capabilities.memoryBytes, "hello.capabilities.memoryBytes"),
    startLimitBurst: capabilities.startLimitBurst,
    labels: Object.fromEntries(labels),
    agentVersion: readText(capabilities.agentVersion, "hello.capabilities.agentVersion", TEXT_LIMITS.id),
  };
}

function encodeClaim(claim: Claim): NonNullable<AgentControl["claim"]> {
  return {
    claimId: claim.claimId,
    gpuSlots: claim.gpuSlots,
    cpuSlots: claim.cpuSlots,
    headroom: claim.headroom.map(({ priority, residents, ...row }) => ({
      ...row,
      priority: priorityWords.encode(priority),
      ...(residents === undefined ? {} : { residentBytes: residents.bytes, isLiteral: residents.isLiteral }),
    })),
    warm: [...claim.warm],
    maxTokenSeen: claim.maxTokenSeen,
  };
}

function decodeStarted({ token, gpu }: Started__Output): Extract<AgentMessage, { kind: "started" }> {
  const started = { kind: "started", token: readPositive(token, "started.token") } as const;
  const uuid = readMaybe(gpu, "started.gpu", readId);
  return uuid === null ? started : { ...started, gpu: uuid };
}

function decodeClaim(wire: Claim__Output): Claim {
  return {
    kind: "claim",
    claimId: readPositive(wire.claimId, "claim.claimId"),
    gpuSlots: wire.gpuSlots,
    cpuSlots: wire.cpuSlots,
    headroom: readList(wire.headroom, "claim.headroom", MESSAGE_LIMITS.headroom, (row) => ({
      gpu: readId(row.gpu, "claim.headroom.gpu"),
      priority: priorityWords.decode(row.priority, "claim.headroom.priority"),
      bytes: readUint(row.bytes, "claim.headroom.bytes"),
      ...(row.marginBytes === undefined
        ? {}
        : { marginBytes: readInt(row.marginBytes, "claim.headroom.marginBytes") }),
      ...decodeResidents(row),
    })),
    warm: readList(wire.warm, "claim.warm", MESSAGE_LIMITS.headroom, (name) => readId(name, "claim.warm")),
    maxTokenSeen: readSeen(wire.maxTokenSeen, "claim.maxTokenSeen"),
  };
}

function decodeResidents(row: Claim__Output["headroom"][number]): { residents?: Residents } {
  if (row.residentBytes === undefined) return {};
  const bytes = readUint(row.residentBytes, "claim.headroom.residentBytes");
  return { residents: { bytes, isLiteral: row.isLiteral } };
}

function decodeAnswer(wire: Answer__Output): Extract<AgentMessage, { kind: "answer" }> {
  return {
    kind: "answer",
    queryId: readPositive(wire.queryId, "answer.queryId"),
    body: readJson(wire.bodyJson, "answer.bodyJson", MESSAGE_LIMITS.answerBytes),
    refusal: readMaybe(wire.refusal, "answer.refusal", (value, field) =>
      readText(value, field, TEXT_LIMITS.reason),
    ),
  };
}

function decodeRestart(wire: Restart__Output): Restart {
  return {
    kind: "restart",
    token: readPositive(wire.token, "restart.token"),
    restart: readPositive(wire.restart, "restart.restart"),
    strikes: readUint(wire.strikes, "restart.strikes"),
    burst: readUint(wire.burst, "restart.burst"),
    exitCode: wire.exitCode,
    detail: readText(wire.detail, "restart.detail", TEXT_LIMITS.detail),
    afterMs: readUint(wire.afterMs, "restart.afterMs"),
  };
}

function encodeCompletion(completion: Completion): WireCompletion {
  return {
    token: completion.token,
    outcome: outcomeWords.encode(completion.outcome),
    exitCode: completion.exitCode,
    detail: clip(completion.detail, TEXT_LIMITS.detail),
    manifestSha256: completion.manifestSha256 ?? "",
    resultJson: JSON.stringify(completion.result),
    peakVramBytes: completion.peakVramBytes,
    ranMs: completion.ranMs,
  };
}

function decodeCompletion(wire: Completion__Output): Completion {
  return {
    token: readPositive(wire.token, "completion.token"),
    outcome: outcomeWords.decode(wire.outcome, "completion.outcome"),
    exitCode: wire.exitCode,
    detail: readText(wire.detail, "completion.detail", TEXT_LIMITS.detail),
    manifestSha256: readMaybe(wire.manifestSha256, "completion.manifestSha256", readSha256),
    result: readJson(wire.resultJson, "completion.resultJson"),
    peakVramBytes: readUint(wire.peakVramBytes, "completion.peakVramBytes"),
    ranMs: readUint(wire.ranMs, "completion.ranMs"),
  };
}
