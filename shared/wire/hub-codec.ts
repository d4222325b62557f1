/** Hub codec: what the hub says on the control stream, to the wire and back, validated field by field. */
import type { Desired__Output } from "../../proto/gen/fleet/v1/Desired.ts";
import type { Grant__Output, Grant as WireGrant } from "../../proto/gen/fleet/v1/Grant.ts";
import type { HubControl, HubControl__Output } from "../../proto/gen/fleet/v1/HubControl.ts";
import type { RestartAllowance__Output } from "../../proto/gen/fleet/v1/RestartAllowance.ts";
import type { Welcome__Output } from "../../proto/gen/fleet/v1/Welcome.ts";
import { FleetError } from "../errors.ts";
import { assertNever } from "../invariant.ts";
import {
  type Desired,
  type Grant,
  type HubMessage,
  MESSAGE_LIMITS,
  type UnreadableGrant,
  type Welcome,
} from "../model/messages.ts";
import type { StartLimitPolicy } from "../policy/start-limit.ts";
import { body, decodeTokens } from "./agent-codec.ts";
import { decodeInputs, encodeInputs } from "./parts-codec.ts";
import type { UnknownMessage } from "./protocol.ts";
import {
  clip,
  invalid,
  readFinite,
  readId,
  readJobId,
  readJson,
  readList,
  readName,
  readPositive,
  readQueryMethod,
  readText,
  readUint,
  TEXT_LIMITS,
} from "./values.ts";
import { completionWords, desiredWords, hubLossWords, laneWords, priorityWords } from "./words.ts";

export type { HubControl, HubControl__Output };

type Grants = Extract<HubMessage, { kind: "grants" }>;

export function encodeHubMessage(message: HubMessage): HubControl {
  switch (message.kind) {
    case "welcome":
      return {
        welcome: { ...message, verdicts: [...message.verdicts], desired: encodeDesired(message.desired) },
      };
    case "heartbeatEcho":
      return { heartbeatEcho: { seq: message.seq } };
    case "grants":
      return {
        grants: {
          claimId: message.claimId,
          heartbeatSeq: message.heartbeatSeq,
          grants: message.grants.map(encodeGrant),
        },
      };
    case "noWork":
      return { noWork: { claimId: message.claimId, reason: clip(message.reason, TEXT_LIMITS.reason) } };
    case "renewed":
      return { renewed: { seq: message.seq, tokens: [...message.tokens], ttlMs: message.ttlMs } };
    case "completeAck":
      return {
        completeAck: {
          verdicts: message.verdicts.map(({ token, status }) => ({
            token,
            status: completionWords.encode(status),
          })),
        },
      };
    case "stop":
      return { stop: { ...message, reason: clip(message.reason, TEXT_LIMITS.reason) } };
    case "desired":
      return { desired: encodeDesired(message) };
    case "query":
      return {
        query: { queryId: message.queryId, method: message.method, bodyJson: JSON.stringify(message.body) },
      };
    case "goodbye":
      return { goodbye: { reason: clip(message.reason, TEXT_LIMITS.reason) } };
    default:
      return assertNever(message);
  }
}

/** Throws FleetError "invalid" naming the field. */
export function decodeHubMessage(wire: HubControl__Output): HubMessage | UnknownMessage {
  switch (wire.kind) {
    case "welcome":
      return decodeWelcome(body(wire.welcome));
    case "heartbeatEcho":
      return { kind: "heartbeatEcho", seq: readUint(body(wire.heartbeatEcho).seq, "heartbeatEcho.seq") };
    case "grants":
      return {
        kind: "grants",
        claimId: readPositive(body(wire.grants).claimId, "grants.claimId"),
        heartbeatSeq: readUint(body(wire.grants).heartbeatSeq, "grants.heartbeatSeq"),
        ...decodeGrants(body(wire.grants).grants),
      };
    case "noWork":
      return {
        kind: "noWork",
        claimId: readPositive(body(wire.noWork).claimId, "noWork.claimId"),
        reason: readText(body(wire.noWork).reason, "noWork.reason", TEXT_LIMITS.reason),
      };
    case "renewed":
      return {
        kind: "renewed",
        seq: readUint(body(wire.renewed).seq, "renewed.seq"),
        tokens: decodeTokens(body(wire.renewed).tokens, "renewed.tokens"),
        ttlMs: readUint(body(wire.renewed).ttlMs, "renewed.ttlMs"),
      };
    case "completeAck":
      return {
        kind: "completeAck",
        verdicts: readList(
          body(wire.completeAck).verdicts,
          "completeAck.verdicts",
          MESSAGE_LIMITS.inventory,
          ({ token, status }) => ({
            token: readPositive(token, "completeAck.verdicts.token"),
            status: completionWords.decode(status, "completeAck.verdicts.status"),
          }),
        ),
      };
    case "query":
      return {
        kind: "query",
        queryId: readPositive(body(wire.query).queryId, "query.queryId"),
        method: readQueryMethod(body(wire.query).method, "query.method"),
        body: readJson(body(wire.query).bodyJson, "query.bodyJson"),
      };
    case "stop":
      return {
        kind: "stop",
        token: readPositive(body(wire.stop).token, "stop.token"),
        reason: readText(body(wire.stop).reason, "stop.reason", TEXT_LIMITS.reason),
        graceMs: readUint(body(wire.stop).graceMs, "stop.graceMs"),
        isPreemption: body(wire.stop).isPreemption,
      };
    case "desired":
      return { kind: "desired", ...decodeDesired(body(wire.desired), "desired") };
    case "goodbye":
      return {
        kind: "goodbye",
        reason: readText(body(wire.goodbye).reason, "goodbye.reason", TEXT_LIMITS.reason),
      };
    default:
      return { kind: "unknown" };
  }
}

function decodeWelcome(wire: Welcome__Output): Welcome {
  if (wire.desired === null) throw invalid("welcome.desired", "is missing");
  return {
    kind: "welcome",
    protocolMajor: wire.protocolMajor,
    protocolMinor: wire.protocolMinor,
    epoch: readPositive(wire.epoch, "welcome.epoch"),
    sessionId: readId(wire.sessionId, "welcome.sessionId"),
    timingScale: readScale(wire.timingScale, "welcome.timingScale"),
    verdicts: readList(wire.verdicts, "welcome.verdicts", MESSAGE_LIMITS.inventory, ({ token, isKept }) => ({
      token: readPositive(token, "welcome.verdicts.token"),
      isKept,
    })),
    desired: decodeDesired(wire.desired, "welcome.desired"),
    hubId: readText(wire.hubId, "welcome.hubId", TEXT_LIMITS.id),
  };
}

function encodeDesired({ generation, state, graceMs }: Desired): NonNullable<HubControl["desired"]> {
  return { generation, state: desiredWords.encode(state), graceMs };
}

function decodeDesired(wire: Desired__Output, field: string): Desired {
  return {
    generation: readUint(wire.generation, `${field}.generation`),
    state: desiredWords.decode(wire.state, `${field}.state`),
    graceMs: readUint(wire.graceMs, `${field}.graceMs`),
  };
}

/** Member by member, as everything hot: a spread costs as much as the protobuf of it. */
function encodeGrant(grant: Grant): WireGrant {
  return {
    token: grant.token,
    jobId: grant.jobId,
    runner: grant.runner,
    paramsJson: JSON.stringify(grant.params),
    vramBytes: grant.vramBytes,
    subsystem: grant.subsystem,
    ttlMs: grant.ttlMs,
    offlineGraceMs: grant.offlineGraceMs,
    priority: priorityWords.encode(grant.priority),
    lane: laneWords.encode(grant.lane),
    maxRuntimeMs: grant.maxRuntimeMs ?? 0,
    onHubLoss: hubLossWords.encode(grant.onHubLoss),
    inputs: encodeInputs(grant.inputs),
    restarts: grant.restarts,
  };
}

/** One that cannot be read is told apart: it must not take the others, nor the count of tokens, with it. */
function decodeGrants(wires: readonly Grant__Output[]): Pick<Grants, "grants" | "unreadable"> {
  const unreadable: UnreadableGrant[] = [];
  const grants = readList(wires, "grants.grants", MESSAGE_LIMITS.batchItems, (wire) => {
    const token = readPositive(wire.token, "grant.token");
    try {
      return [decodeGrant(token, wire)];
    } catch (error) {
      if (!(error instanceof FleetError)) throw error;
      unreadable.push({ token, reason: error.message });
      return [];
    }
  }).flat();
  return unreadable.length === 0 ? { grants } : { grants, unreadable };
}

function decodeGrant(token: number, wire: Grant__Output): Grant {
  return {
    token,
    jobId: readJobId(wire.jobId, "grant.jobId"),
    runner: readName(wire.runner, "grant.runner"),
    params: readJson(wire.paramsJson, "grant.paramsJson"),
    priority: priorityWords.decode(wire.priority, "grant.priority"),
    lane: laneWords.decode(wire.lane, "grant.lane"),
    vramBytes: readUint(wire.vramBytes, "grant.vramBytes"),
    subsystem: readName(wire.subsystem, "grant.subsystem"),
    ttlMs: readPositive(wire.ttlMs, "grant.ttlMs"),
    maxRuntimeMs: readUint(wire.maxRuntimeMs, "grant.maxRuntimeMs") || null,
    onHubLoss: hubLossWords.decode(wire.onHubLoss, "grant.onHubLoss"),
    offlineGraceMs: readUint(wire.offlineGraceMs, "grant.offlineGraceMs"),
    inputs: decodeInputs(wire.inputs, "grant.inputs"),
    restarts: wire.restarts === null ? null : decodeRestarts(wire.restarts),
  };
}

function decodeRestarts(wire: RestartAllowance__Output): StartLimitPolicy {
  return {
    burst: readUint(wire.burst, "grant.restarts.burst"),
    windowMs: readPositive(wire.windowMs, "grant.restarts.windowMs"),
    backoffMs: readPositive(wire.backoffMs, "grant.restarts.backoffMs"),
    backoffFactor: readPositive(wire.backoffFactor, "grant.restarts.backoffFactor"),
    maxBackoffMs: readPositive(wire.maxBackoffMs, "grant.restarts.maxBackoffMs"),
    healthyUptimeMs: readPositive(wire.healthyUptimeMs, "grant.restarts.healthyUptimeMs"),
  };
}

function readScale(value: number, field: string): number {
  const scale = readFinite(value, field);
  if (scale <= 0 || scale > 1) throw invalid(field, "must be above 0 and at most 1");
  return scale;
}
