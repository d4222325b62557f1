/**
 * Government: what governs the card around the core: the watchers of processor and memory, the local service with
 * its books, the eviction ladder and the answers to what the hub asks. Created means working; `stop` is final.
 */
import type { Clock } from "../shared/clock.ts";
import { describeError, FleetError } from "../shared/errors.ts";
import type { JsonObject } from "../shared/json.ts";
import type { Log } from "../shared/log.ts";
import { createLoop, type Loop } from "../shared/loop.ts";
import type { QueryMethod } from "../shared/model/messages.ts";
import type { Timing } from "../shared/model/timing.ts";
import type { Rung } from "../shared/policy/eviction.ts";
import { pressureEventName } from "../shared/policy/pressure.ts";
import type { PressureEvent } from "../shared/wire/local-types.ts";
import { answerQuery } from "./answers.ts";
import { type Bedroom, openBedroom } from "./bedroom.ts";
import { createClientEvictor } from "./client-evictor.ts";
import { stopAttempt } from "./core/attempt.ts";
import type { XidSeen } from "./core/card-health.ts";
import { consumerId } from "./core/completion.ts";
import type { Governance } from "./core/governance.ts";
import { refuseDocument, takeGovernance } from "./core/reform.ts";
import { tellPoll } from "./core/report.ts";
import type { RoomRequest } from "./core/room.ts";
import type { AgentCore, Attempt } from "./core/state.ts";
import type { CardSample } from "./core/telemetry.ts";
import type { Effect } from "./core/transaction.ts";
import type { Act } from "./effects.ts";
import { createCudaCheckpointEvictor } from "./evict/cuda-checkpoint.ts";
import { combineEvictors, type Evictor } from "./evict/evictor.ts";
import { createProcessEvictor } from "./evict/process-evictor.ts";
import type { OwnersOf } from "./gpu/sample.ts";
import { sampleCards } from "./gpu/sample.ts";
import type { GpuCard, GpuSensor } from "./gpu/sensor.ts";
import type { XidReport } from "./gpu/xid.ts";
import { createHostWatch, type HostWatch } from "./host/host-watch.ts";
import { HOST_ROOTS } from "./host/roots.ts";
import { guardHostMemory } from "./host-guard.ts";
import type { LocalDesk, Peer } from "./local/desk.ts";
import type { DoorPolicy } from "./local/door.ts";
import { type LocalGate, startLocalGate } from "./local/gate.ts";
import { createResources } from "./local/resources.ts";
import { createMakeRoom, type MakeRoom } from "./make-room.ts";
import { createNodeDesk, type NodeDeskOptions } from "./node-desk.ts";
import { createOwners } from "./owners.ts";
import { systemProcesses } from "./process/proc.ts";
import type { Supervisor } from "./process/supervisor-port.ts";
import type { RunnerCatalogue } from "./runners/catalogue.ts";
import type { SleeperStore } from "./store/sleepers.ts";

/** What the operator of the box says of it, apart from the rules. */
export interface GovernmentPlace {
  /** Where workloads of this box find the agent. */
  readonly socketPath: string;
  /** Group of the socket; null leaves the agent's. */
  readonly socketGid: number | null;
  readonly door: DoorPolicy;
  readonly document: LiveDocument;
  readonly sleepers: SleeperStore;
}

/** The node's document while the agent runs. */
export interface LiveDocument {
  /** What people have changed since the last look; null for nothing. */
  look(): LiveEdit | null;
  /** How a declared consumer gives VRAM back, as the document in force says; null where it does not. */
  evictorOf(consumerId: string): Evictor | null;
  /** How processes are parked here, and whether this consumer's may be. */
  park(consumerId: string): ParkWay;
  readonly saveBudgets: NodeDeskOptions["saveBudgets"];
}

export interface ParkWay {
  readonly isWanted: boolean;
  readonly program: string;
  readonly lockMs: number;
}

export type LiveEdit =
  | {
      readonly kind: "taken";
      readonly governance: Governance;
      readonly waits: readonly string[];
      /** The core has taken it: the adapters follow. */
      readonly enforce: () => void;
    }
  | { readonly kind: "refused"; readonly problem: string };

export interface GovernmentOptions extends GovernmentPlace {
  readonly core: AgentCore;
  readonly act: Act;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
  readonly supervisor: Pick<Supervisor, "usage">;
  readonly runners: Pick<RunnerCatalogue, "get">;
  readonly onBooksChanged: () => void;
}

export interface Government {
  /** What the cards say, by consumer. */
  sample(cards: readonly GpuCard[]): readonly CardSample[];
  /** Which card and whose process an Xid is about, as far as the last sample tells. */
  identify(report: XidReport): XidSeen;
  /** From now on room can be made: proofs need this sensor. */
  useSensor(sensor: GpuSensor): void;
  makeRoom(request: RoomRequest): void;
  /** Answered by `wakeEnded`. */
  wake(consumerId: string, rung: Rung): void;
  publish(event: Extract<Effect, { kind: "publish" }>): void;
  rebalanced(event: Extract<Effect, { kind: "rebalanced" }>): void;
  /** Throws what the asker should read. */
  answer(method: QueryMethod, body: JsonObject): JsonObject;
  /** VRAM that clients of the local service hold, for a card that is only simulated. */
  clientLoads(): readonly { readonly pid: number; readonly vramBytes: number }[];
  stop(): Promise<void>;
}

/** How long a client whose connection broke may take to come back. */
const CLIENT_GRACE_MS = 10_000;

export async function startGovernment(options: GovernmentOptions): Promise<Government> {
  const { core } = options;
  const watch = watchHost(options);
  const edits = followDocument(options);
  let vramByPid: ReadonlyMap<number, number> = new Map();
  let lastCards: readonly GpuCard[] = [];
  const desk = createDesk(options, watch, () => vramByPid);
  const gate = await openGate(options, desk);
  const holders = (): ReadonlyMap<string, Peer> => gate?.holders() ?? new Map();
  const ownersOf = createOwners({ core, processes: systemProcesses, holders });
  followHost(options, watch);
  const guard = guardHostMemory(options);
  const evictorOf = (id: string): Evictor | null => evictorFor(options, gate, id, () => bedroom.pidsOf(id));
  const bedroom: Bedroom = openBedroom({
    ...options,
    store: options.sleepers,
    processes: systemProcesses,
    evictorOf,
    holdersOf: (id) => holdersOf(lastCards, ownersOf, id),
  });
  let room: MakeRoom | null = null;
  return {
    sample: (cards) => {
      lastCards = cards;
      const processes = cards.flatMap((card) => card.processes ?? []);
      vramByPid = new Map(
        processes.flatMap(({ pid, usedBytes }) => (usedBytes === null ? [] : [[pid, usedBytes]])),
      );
      return sampleCards(cards, ownersOf);
    },
    identify: ({ code, detail, pid, pciAddress }) => {
      const gpu = lastCards.find((card) => card.pciAddress === pciAddress)?.reading.uuid ?? null;
      const process = pid === null ? null : { pid, usedBytes: null, name: null };
      const owners = process === null || gpu === null ? [] : ownersOf(process, gpu).map(({ id }) => id);
      return { code, detail, gpu, owners };
    },
    useSensor: (sensor) => {
      room = createMakeRoom({
        ...options,
        sensor,
        ownersOf,
        evictorOf,
        rememberSleep: bedroom.rememberSleep,
      });
    },
    makeRoom: (request) => room?.begin(request),
    wake: bedroom.wake,
    publish: (event) => gate?.publish({ ...event, kind: "pressure" }),
    rebalanced: (event) => gate?.publish(event),
    answer: (method, body) => answerQuery(desk, method, body),
    clientLoads: () => {
      const consumers = [...core.state.cards.values()].flatMap(({ consumers: each }) => [...each.values()]);
      const pids = holders();
      return consumers.flatMap(({ id, bytes }) => {
        const pid = pids.get(id)?.pid ?? null;
        return pid === null ? [] : [{ pid, vramBytes: bytes }];
      });
    },
    stop: async () => {
      await Promise.all([edits.stop(), guard.stop()]);
      room?.stop();
      watch.stop();
      await gate?.stop();
    },
  };
}

function watchHost(options: GovernmentOptions): HostWatch {
  const { state } = options.core;
  return createHostWatch({
    ...options,
    roots: HOST_ROOTS,
    policies: () => state.governance.pressure,
    osFloorBytes: () => state.governance.ledger.osFloorBytes,
  });
}

/** Brings what people change in node.json into force. */
function followDocument({ document, act, timing, log }: GovernmentOptions): Loop {
  return createLoop({
    everyMs: timing.telemetryMs,
    run: () => {
      const edit = document.look();
      if (edit?.kind === "refused") act((tx) => refuseDocument(tx, edit.problem));
      if (edit?.kind === "taken" && act((tx) => takeGovernance(tx, edit.governance, edit.waits))) {
        edit.enforce();
      }
    },
    onError: (error) =>
      log.error({ event: "loop.failed", reason: describeError(error) }, "node.json cannot be looked at"),
  });
}

function createDesk(
  options: GovernmentOptions,
  watch: HostWatch,
  vramByPid: () => ReadonlyMap<number, number>,
): LocalDesk {
  const nowMs = (): number => options.clock.bootMs();
  const resources = createResources({
    host: () => {
      const memory = watch.memory.latest();
      return {
        cpuRatio: watch.cpu.state().ratio,
        memoryTotalBytes: memory?.host?.totalBytes ?? null,
        memoryAvailableBytes: memory?.host?.availableBytes ?? null,
        swapTotalBytes: memory?.swapTotalBytes ?? null,
        swapUsedBytes: memory?.swapUsedBytes ?? null,
        memoryStallPercent: memory?.host?.psiFullPercent ?? null,
      };
    },
    processes: systemProcesses,
    vramByPid,
    nowMs,
  });
  const { saveBudgets } = options.document;
  return createNodeDesk({
    ...options,
    saveBudgets,
    nowMs,
    resources,
    hostPressures: () => hostPressures(watch),
  });
}

/** A box whose socket cannot be had runs without the local service: its jobs and gates matter more. */
async function openGate(options: GovernmentOptions, desk: LocalDesk): Promise<LocalGate | null> {
  const { socketPath, socketGid, door, clock, timing, log } = options;
  try {
    return await startLocalGate({
      socketPath,
      groupId: socketGid,
      policy: door,
      desk,
      processes: systemProcesses,
      nowMs: () => clock.bootMs(),
      log,
      graceMs: CLIENT_GRACE_MS * timing.scale,
      tickMs: timing.telemetryMs,
    });
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    const reason = describeError(error);
    log.error({ event: "effect.failed", what: "open the local service", reason }, "no workload can ask here");
    return null;
  }
}

function followHost({ act }: GovernmentOptions, { cpu, memory }: HostWatch): void {
  cpu.subscribe(pollTeller(act, "cpu"));
  memory.subscribe(pollTeller(act, "memory"));
}

type HostEvent = Pick<Parameters<typeof tellPoll>[1], "from" | "level" | "ratio"> & { readonly name: string };

/** Tells each poll once, its crossing included; before the first figure the level is a precaution, not a fact. */
function pollTeller(act: Act, watched: "cpu" | "memory"): (event: HostEvent) => void {
  let isKnown = false;
  return ({ name, from, level, ratio }) => {
    if (!name.endsWith(":update") || ratio === null) return;
    act((tx) => tellPoll(tx, { watched, from: isKnown ? from : "normal", level, ratio, gpu: null }));
    isKnown = true;
  };
}

/** The processes that hold VRAM of a consumer, by the last look at the cards. */
function holdersOf(cards: readonly GpuCard[], ownersOf: OwnersOf, id: string): readonly number[] {
  return cards.flatMap(({ reading, processes }) =>
    (processes ?? [])
      .filter((process) => ownersOf(process, reading.uuid).some((owner) => owner.id === id))
      .map(({ pid }) => pid),
  );
}

/** How a consumer is asked, and parked where that is allowed. */
function evictorFor(
  options: GovernmentOptions,
  gate: LocalGate | null,
  id: string,
  pids: () => readonly number[],
): Evictor | null {
  const { core, document, runners } = options;
  const asked = plainEvictorFor(options, gate, id);
  const attempt = attemptOf(core, id);
  const { isWanted, ...park } = document.park(id);
  if (!isWanted && runners.get(attempt?.job.runner ?? "")?.park !== true) return asked;
  const parked = createCudaCheckpointEvictor(id, { ...park, pids });
  return asked === null ? parked : combineEvictors(id, [asked, parked]);
}

/** Declared servers by their adapter, work of this agent by its end, everybody else through the local service. */
function plainEvictorFor(
  { core, act, document }: GovernmentOptions,
  gate: LocalGate | null,
  id: string,
): Evictor | null {
  if (isDeclared(core, id)) return document.evictorOf(id);
  const attempt = attemptOf(core, id);
  if (attempt === undefined) return gate === null ? null : createClientEvictor(id, gate);
  return createProcessEvictor(id, async (how) => {
    const cause = { outcome: "preempted", detail: "more important work needs its VRAM" } as const;
    act((tx) => stopAttempt(tx, attempt, cause, how === "term" ? tx.timing.termGraceMs : 0));
    return { kind: "done", detail: `asked to end (${how})` };
  });
}

function isDeclared({ state }: AgentCore, id: string): boolean {
  return state.governance.declared.some(({ claim }) => claim.id === id);
}

function attemptOf({ state }: AgentCore, id: string): Attempt | undefined {
  return [...state.attempts.values()].find(({ job }) => consumerId(job.token) === id);
}

function hostPressures({ cpu, memory }: HostWatch): readonly PressureEvent[] {
  const resources = [
    { watched: "cpu", now: cpu.state() },
    { watched: "memory", now: memory.state() },
  ] as const;
  return resources.map(({ watched, now }) => ({
    kind: "pressure",
    name: pressureEventName(watched, "update"),
    level: now.level,
    ratio: now.ratio ?? 1,
    gpu: null,
  }));
}
