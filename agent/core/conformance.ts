/**
 * Conformance: layers 0–3 as a pure function of one JSON line, so that anybody's checker can hold this node
 * to its document (schemas and examples: docs/protocol.md). State and time come in with the request and the
 * new state goes out with the answer; nothing is remembered, and bad input is answered, never thrown.
 */
import type { JsonObject } from "../../shared/json.ts";
import { LANES, PRIORITIES } from "../../shared/model/priority.ts";
import {
  capacityBytes,
  headroomBytes,
  isStructurallyStarved,
  reserve,
} from "../../shared/policy/admission.ts";
import { applyPlan } from "../../shared/policy/budget.ts";
import {
  type Candidate,
  EVICTION_POLICY,
  type EvictionPolicy,
  evictionCandidates,
  evictionScore,
  idleSeconds,
} from "../../shared/policy/eviction.ts";
import { byPriority } from "../../shared/policy/gate.ts";
import { createMechanicalStrategy, govern, type Workload } from "../../shared/policy/governor.ts";
import {
  account,
  type Consumer,
  type Ledger,
  release,
  touch,
  usageOf,
  usedBySubsystem,
} from "../../shared/policy/ledger.ts";
import { type PlacementJob, type PlacementNode, place } from "../../shared/policy/placement.ts";
import {
  LEVELS,
  levelOf,
  PRESSURE_POLICY,
  type PressurePolicy,
  pollIntervalMs,
  pressureRatio,
  reserveBytes,
  usableBytes,
  WATCHED,
} from "../../shared/policy/pressure.ts";
import {
  BadRequest,
  Fields,
  readBudgets,
  readClaim,
  readConsumer,
  readConsumers,
  readLedger,
  writeLedger,
} from "./conformance-input.ts";

const OPS: Readonly<Record<string, (request: Fields) => object>> = {
  reserve: (request) => {
    const ledger = readLedger(request.fields("state"));
    const result = reserve(ledger, readClaim(request.fields("claim")), request.number("nowMs"));
    return { result, state: writeLedger(ledger) };
  },
  account: (request) => {
    const ledger = readLedger(request.fields("state"));
    const claim = readClaim(request.fields("claim"));
    const consumer = account(ledger, claim, request.amount("measuredBytes", 0), request.number("nowMs"));
    return { result: { consumer }, state: writeLedger(ledger) };
  },
  release: (request) => {
    const ledger = readLedger(request.fields("state"));
    const bytes = request.number("bytes", Number.POSITIVE_INFINITY);
    const freedBytes = release(ledger, request.text("id"), bytes);
    return { result: { freedBytes }, state: writeLedger(ledger) };
  },
  touch: (request) => {
    const ledger = readLedger(request.fields("state"));
    const found = touch(ledger, request.text("id"), request.number("nowMs"));
    return { result: { found }, state: writeLedger(ledger) };
  },
  pressure: (request) => ({
    result: request.has("state") ? ledgerPressure(request) : plainPressure(request),
  }),
  level: (request) => {
    const policy = { opensAt: readOpensAt(request), hysteresisRatio: request.size("hysteresisRatio", 0) };
    const ratio = request.has("ratio") ? request.number("ratio") : Number.NaN;
    return { result: { level: levelOf(ratio, policy, request.oneOf("held", LEVELS, "normal")) } };
  },
  pollInterval: (request) => {
    const intervalMs = pollIntervalMs(request.oneOf("watched", WATCHED), request.oneOf("level", LEVELS));
    return { result: { intervalMs } };
  },
  score: (request) => {
    const consumer = readConsumer(request.fields("consumer"));
    const nowMs = request.number("nowMs");
    const score = evictionScore(consumer, nowMs, readEvictionPolicy(request));
    return { result: { score, idleSeconds: idleSeconds(consumer, nowMs) } };
  },
  candidates: (request) => ({ result: { candidates: readCandidates(request) } }),
  rebalance: (request) => ({ result: rebalance(request) }),
  recommendEvictions: (request) => {
    const workloads = request.has("workloads") ? request.list("workloads").map(readWorkload) : [];
    const advise = createMechanicalStrategy().recommendEvictions;
    return { result: advise(workloads, readCandidates(request), request.size("bytesNeeded")) };
  },
  applyPlan: (request) => ({ result: planOutcome(request) }),
  place: (request) => {
    const nodes = request.list("nodes").map((node) => readNode(node, request.number("nowMs")));
    return { result: place(readJob(request.fields("job")), nodes) };
  },
};

/** The operations by name, in the order of the document. */
export const CONFORMANCE_OPS = Object.keys(OPS);

/** Answers one line: `{ok: true, op, result, state?}` or `{ok: false, error}`. */
export function conform(line: string): JsonObject {
  try {
    const request = new Fields(parse(line), "request");
    const op = request.text("op");
    const answer = Object.hasOwn(OPS, op) ? OPS[op] : undefined;
    if (answer === undefined) throw new BadRequest(`request.op must be one of ${CONFORMANCE_OPS.join(", ")}`);
    return toJson({ ok: true, op, ...answer(request) });
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

const BYTE_ORDER_MARK = "\ufeff";

/** Our own words: those of `JSON.parse` differ between runtimes. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line);
  } catch (error) {
    throw new BadRequest("request is not JSON", { cause: error });
  }
}

/** Plain data as it will look on the wire. */
function toJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

function readOpensAt(request: Fields): PressurePolicy["opensAt"] {
  const opensAt = { ...PRESSURE_POLICY.opensAt, ...request.amounts("opensAt") };
  const isRising = opensAt.warning < opensAt.high && opensAt.high < opensAt.critical;
  return isRising ? opensAt : request.reject("opensAt", "must rise from warning over high to critical");
}

function plainPressure(request: Fields): object {
  const totalBytes = request.size("totalBytes");
  const usable = usableBytes(totalBytes, request.size("osFloorBytes", 0));
  const pressure = pressureRatio(request.has("usedBytes") ? request.number("usedBytes") : Number.NaN, usable);
  return { reserveBytes: reserveBytes(totalBytes), usableBytes: usable, pressure, level: levelOf(pressure) };
}

function ledgerPressure(request: Fields): object {
  const ledger = readLedger(request.fields("state"));
  const nowMs = request.number("nowMs");
  const usage = usageOf(ledger);
  const isKnown = ledger.reading.kind === "measured" || ledger.totalBytes === 0;
  const pressure = pressureRatio(isKnown ? usage.usedBytes : Number.NaN, usage.usableBytes);
  return {
    reserveBytes: reserveBytes(ledger.totalBytes),
    ...usage,
    usedBySubsystem: usedBySubsystem(ledger),
    pressure,
    level: levelOf(pressure),
    refusals: ledger.refusals,
    ...gateFigures(ledger, nowMs),
    structurallyStarved: PRIORITIES.filter((priority) => isStructurallyStarved(ledger, priority)),
  };
}

function gateFigures(
  ledger: Ledger,
  nowMs: number,
): Pick<PlacementNode["gpus"][number], "headroomBytes" | "capacityBytes"> {
  return {
    headroomBytes: byPriority((priority) => headroomBytes(ledger, priority, nowMs)),
    capacityBytes: byPriority((priority) => capacityBytes(ledger, priority)),
  };
}

function readEvictionPolicy(request: Fields): EvictionPolicy {
  return {
    minResidencyMs: request.size("minResidencyMs", EVICTION_POLICY.minResidencyMs),
    reloadFactor: request.size("reloadFactor", EVICTION_POLICY.reloadFactor),
  };
}

/** From `consumers`, or from the consumers of a `state`. */
function readCandidates(request: Fields): readonly Candidate[] {
  const consumers: Iterable<Consumer> = request.has("state")
    ? readLedger(request.fields("state")).consumers.values()
    : readConsumers(request);
  return evictionCandidates(consumers, request.number("nowMs"), readEvictionPolicy(request));
}

function readWorkload(row: Fields): Workload {
  return {
    subsystem: row.text("subsystem"),
    status: row.oneOf("status", ["active", "idle"]),
    consumerId: row.has("consumerId") ? row.text("consumerId") : null,
  };
}

function rebalance(request: Fields): object {
  const idleAfterMs = request.has("idleAfterMs") ? request.number("idleAfterMs") : null;
  const view = {
    level: request.oneOf("level", LEVELS),
    budgets: readBudgets(request, {}),
    usedBySubsystem: request.amounts("usedBySubsystem"),
    quietMsBySubsystem: request.amounts("quietMsBySubsystem"),
  };
  const lastActionAtMs = request.has("lastActionAtMs") ? request.number("lastActionAtMs") : null;
  return govern(createMechanicalStrategy({ idleAfterMs }), { lastActionAtMs }, view, request.number("nowMs"));
}

function planOutcome(request: Fields): object {
  const budgets = readBudgets(request, {});
  const origin = request.oneOf("origin", ["operator", "governor", "sentinel"], "governor");
  const outcome = applyPlan(
    budgets,
    { origin, changes: request.numbers("changes") },
    { usableBytes: request.size("usableBytes"), usedBySubsystem: request.amounts("usedBySubsystem") },
  );
  if (outcome.kind === "refused") return outcome;
  const reason = request.text("reason", origin);
  const data = { reason, before: budgets.current, after: outcome.budgets.current };
  return { ...outcome, event: { name: "gpu:budget:rebalanced", data } };
}

function readJob(job: Fields): PlacementJob {
  return {
    runner: job.text("runner", "render"),
    lane: job.oneOf("lane", LANES, "gpu"),
    priority: job.oneOf("priority", PRIORITIES),
    vramBytes: job.amount("vramBytes"),
    nodeId: job.has("nodeId") ? job.text("nodeId") : null,
    labels: job.textTable("labels"),
    warmKey: job.has("warmKey") ? job.text("warmKey") : null,
    avoidNodes: job.texts("avoidNodes"),
  };
}

function readNode(node: Fields, nowMs: number): PlacementNode {
  const slots = node.numbers("freeSlots");
  return {
    nodeId: node.text("nodeId"),
    liveness: node.oneOf("liveness", ["ready", "suspect", "lost"], "ready"),
    isCordoned: node.flag("isCordoned", false),
    quarantine: null,
    isStale: node.flag("isStale", false),
    labels: node.textTable("labels"),
    runners: node.has("runners") ? node.texts("runners") : ["render"],
    freeSlots: { gpu: slots["gpu"] ?? 1, cpu: slots["cpu"] ?? 1 },
    gpus: node.list("gpus").map((gpu) => ({
      uuid: gpu.text("uuid"),
      ...gateFigures(readLedger(gpu.fields("state")), nowMs),
    })),
    warm: node.texts("warm"),
  };
}
