/**
 * Make room: carries a request for VRAM up the eviction ladder. It knows how each consumer is asked (the adapter
 * that node.json names, a client of the local service, work of this agent) and measures with the node's own
 * sensor; who may be asked at all is decided by the core.
 */
import type { Clock } from "../shared/clock.ts";
import { describeError } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { shrinkDeclared } from "./core/cards.ts";
import { evictionPolicy } from "./core/governance.ts";
import { whyHostRefuses } from "./core/host-gate.ts";
import { tellDecision } from "./core/report.ts";
import { holdRoom, type RoomRequest, type RoomResult, roomEnded, yielding } from "./core/room.ts";
import { fellAsleep } from "./core/sleepers.ts";
import type { AgentCore } from "./core/state.ts";
import { observeGpu } from "./core/telemetry.ts";
import type { Act } from "./effects.ts";
import type { EvictionRecord } from "./evict/climb.ts";
import type { Evictor } from "./evict/evictor.ts";
import { createLadder, LADDER_POLICY, type LadderResult } from "./evict/ladder.ts";
import type { VramMeasure } from "./evict/proof.ts";
import { type OwnersOf, sampleCards } from "./gpu/sample.ts";
import type { GpuSensor } from "./gpu/sensor.ts";

export interface MakeRoomOptions {
  readonly core: AgentCore;
  readonly act: Act;
  readonly clock: Clock;
  readonly log: Log;
  readonly sensor: GpuSensor;
  readonly ownersOf: OwnersOf;
  /** How a consumer is asked; null when it cannot be. */
  readonly evictorOf: (consumerId: string) => Evictor | null;
  /** The same evictor, which writes down who is about to be asked to sleep. */
  readonly rememberSleep: (evictor: Evictor) => Evictor;
}

export interface MakeRoom {
  /** Never throws and does not wait. */
  begin(request: RoomRequest): void;
  /** Breaks off what is under way. */
  stop(): void;
}

export function createMakeRoom(options: MakeRoomOptions): MakeRoom {
  const { core, act, clock, log, evictorOf } = options;
  const { scale } = core.timing;
  const stopping = new AbortController();
  const policy = {
    ...LADDER_POLICY,
    eviction: evictionPolicy(core.state.governance, scale),
    cooldownMs: LADDER_POLICY.cooldownMs * scale,
  };
  const requests = new Map<string, RoomRequest>();
  const ladder = createLadder(policy, {
    clock,
    consumers: (gpu) => {
      const request = core.state.clearing.get(gpu);
      return request === undefined ? [] : act((tx) => yielding(tx, gpu, request.claim));
    },
    evictorOf: (id) => {
      const evictor = evictorOf(id);
      return evictor && options.rememberSleep(evictor);
    },
    measure: (gpu) => measure(options, gpu),
    // On one pool nothing is gained by moving bytes from one side to the other.
    mayTakeHostBytes: () =>
      core.state.governance.memoryModel === "discrete" &&
      act((tx) => whyHostRefuses(tx, "background")) === null,
    hold: ({ requester }, bytes) => {
      const request = requests.get(requester);
      if (request !== undefined) act((tx) => holdRoom(tx, request, bytes));
    },
    onRecord: (record) => {
      const label = requests.get(record.requester)?.claim.label ?? record.requester;
      act((tx) => tellEviction(tx, record, label));
      // Whatever it said: who may be asleep is woken in time, and who is not answers that it runs.
      act((tx) => fellAsleep(tx, record.consumer.id, record.verdict !== "busy" && record.verdict !== "idle"));
    },
  });
  const climb = async (request: RoomRequest): Promise<void> => {
    const { requester, gpu, bytesWanted, claim } = request;
    const isUrgent = claim.priority === "realtime" || claim.priority === "interactive";
    const ceiling = isUrgent ? "kill" : "park";
    requests.set(requester, request);
    try {
      const asked = { requester, gpu, bytesWanted, ceiling } as const;
      const result = await ladder.request(asked, stopping.signal);
      act((tx) => roomEnded(tx, request, resultOf(result)));
    } finally {
      requests.delete(requester);
    }
  };
  return {
    begin: (request) => {
      log.debug({ event: "decision", ...request, policy }, "the ladder is climbed");
      climb(request).catch((error: unknown) => {
        const reason = describeError(error);
        log.error({ event: "effect.failed", what: "make room", reason }, "the agent could not do this");
        act((tx) => roomEnded(tx, request, { kind: "refused", freedBytes: 0, reason }));
      });
    },
    stop: () => stopping.abort(),
  };
}

/** A fresh look, which the ledgers take over as well: room that is proved is room that the gates see. */
async function measure(
  { core, act, sensor, ownersOf }: MakeRoomOptions,
  gpu: string,
): Promise<VramMeasure | null> {
  const samples = sampleCards(await sensor.read(), ownersOf);
  act((tx) => observeGpu(tx, samples));
  const sample = samples.find(({ reading }) => reading.uuid === gpu);
  const isRead = core.state.cards.get(gpu)?.reading.kind === "measured";
  if (sample === undefined || sample.reading.usedBytes === null || !isRead) return null;
  return { usedBytes: sample.reading.usedBytes, byConsumer: sample.byConsumer };
}

function resultOf(result: LadderResult): RoomResult {
  const { kind } = result;
  if (kind === "freed") return { kind, freedBytes: result.freedBytes, reason: "" };
  return { kind, freedBytes: kind === "short" ? result.freedBytes : 0, reason: result.reason };
}

function tellEviction(tx: Parameters<Parameters<Act>[0]>[0], record: EvictionRecord, forWhom: string): void {
  const { consumer, rung, verdict, freedBytes } = record;
  const freedMib = Math.round(freedBytes / 1024 ** 2);
  const sentence = `${consumer.label}: ${rung} ${verdict}, ${freedMib} MiB proved, for ${forWhom}`;
  const level = verdict === "lied" || verdict === "stranded" || verdict === "failed" ? "warn" : "info";
  const fields = { ...record, consumer: { ...consumer } };
  tx.log(level, "vram.evicted", fields, sentence);
  tellDecision(tx, "evicted", sentence, fields);
  if (freedBytes > 0) shrinkDeclared(tx, record.gpu, consumer.id, freedBytes);
}
