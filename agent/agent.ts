/**
 * Agent: the running process put together. Created means serving; `stop` is final. Nothing here decides
 * anything: it tells the core what happened and carries out the effects that come back.
 */
import type { Clock } from "../shared/clock.ts";
import { describeError, FleetError } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { createLoop, delay, type Loop } from "../shared/loop.ts";
import type { Timing } from "../shared/model/timing.ts";
import { createRng } from "../shared/rng.ts";
import { lookAtJobs } from "./activity.ts";
import { adoptAttempts } from "./adoption.ts";
import { adopt, receive, tick } from "./core/agent.ts";
import { observeXid } from "./core/card-health.ts";
import { latchObserved, recallLatch } from "./core/down.ts";
import { shutDown } from "./core/lease.ts";
import { beginAttach, detached, welcomed } from "./core/session.ts";
import { forgiveRunner, recallStartLimits } from "./core/start-limits.ts";
import { type AgentConfig, type AgentCore, createAgentState, isOccupying } from "./core/state.ts";
import { observeActivity } from "./core/stuck-watch.ts";
import { gpuPollMs, observeGpu, observeHost } from "./core/telemetry.ts";
import { transact } from "./core/transaction.ts";
import { recallSeen } from "./core/witness.ts";
import { type Act, createEffects } from "./effects.ts";
import { type Government, type GovernmentPlace, startGovernment } from "./government.ts";
import type { CreateSensor } from "./gpu/choose.ts";
import { createGpuWatcher, type GpuWatcher } from "./gpu/watcher.ts";
import type { ProcHost } from "./host/proc-host.ts";
import { openInputCache } from "./link/cache.ts";
import type { Dial, Uplink } from "./ports.ts";
import type { ProcessEvent, Supervisor } from "./process/supervisor-port.ts";
import type { RunnerCatalogue } from "./runners/catalogue.ts";
import type { NodeLatch } from "./store/latch.ts";
import type { Outbox } from "./store/outbox.ts";
import type { StartLimitStore } from "./store/start-limits.ts";
import type { WitnessStore } from "./store/witness.ts";

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly timing: Timing;
  readonly clock: Clock;
  readonly log: Log;
  readonly runners: RunnerCatalogue;
  readonly supervisor: Supervisor;
  readonly outbox: Outbox;
  readonly latch: NodeLatch;
  readonly startLimits: StartLimitStore;
  readonly witness: WitnessStore;
  readonly host: ProcHost;
  readonly cache: { readonly directory: string; readonly maxBytes: number };
  readonly government: GovernmentPlace;
  /** Null: this node has no GPU that anybody told us of. */
  readonly createSensor: CreateSensor | null;
  /** Where the hub is now, looked up again while there is no session; null when nobody knows. */
  readonly hubAddress: () => string | null;
  readonly dial: Dial;
  /** What runners may take variables from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** This agent must not go on. */
  readonly onFatal: (message: string) => void;
}

/** A process that is known to hold VRAM now. */
export interface GpuJob {
  readonly pid: number;
  readonly vramBytes: number;
}

export interface RunningAgent {
  readonly core: AgentCore;
  /** Ends the work of this node as preempted, tells the hub for a few seconds, lets go. */
  stop(): Promise<void>;
}

const FLUSH_MS = 3_000;
const STOP_POLL_MS = 20;
const NO_GPU = { kind: "none" } as const;

/** How long the end of the agent waits for files that are being written. */
const SETTLE_MS = 1_000;

/** Adopts what an earlier agent left, then serves. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { config, timing, clock, supervisor } = options;
  const hasSensor = options.createSensor !== null;
  const gpu = hasSensor ? ({ kind: "waiting", sinceBootMs: clock.bootMs() } as const) : NO_GPU;
  const rng = createRng(config.agentInstance);
  const core: AgentCore = { config, timing, rng, state: createAgentState(gpu, config.governance) };
  const act: Act = (decide) => {
    const { effects: todo, reply } = transact(core, clock.bootMs(), decide);
    for (const effect of todo) effects.perform(effect);
    return reply;
  };
  const uplinks = createUplinks(options, act);
  const cache = await openInputCache({
    ...options.cache,
    clock,
    fetch: (content, toPath) => uplinks.present().bulk.fetch(content, toPath),
  });
  let watcher: GpuWatcher | null = null;
  let government: Government | null = null;
  const effects = createEffects({
    ...options,
    core,
    act,
    cacheStore: cache,
    uplink: uplinks.present,
    onWorkChanged: () => watcher?.stir(),
    governing: () => government,
  });
  const limits = await options.startLimits.load({ bootId: config.bootId, bootMs: clock.bootMs() });
  act((tx) => recallStartLimits(tx, limits));
  act((tx) => recallSeen(tx, options.witness.seen));
  await takeOver(options, act, effects.onProcess);
  const governing = await startGovernment({
    ...options,
    ...options.government,
    core,
    act,
    onBooksChanged: atMostEvery(timing.telemetryMs, clock, () => watcher?.stir()),
  });
  government = governing;
  watcher = watchGpu(options, { core, act, government: governing });
  const loops = startLoops(options, act, uplinks);
  return {
    core,
    stop: async () => {
      act(shutDown);
      await endWork(core, clock);
      await flushCompletions(core, clock);
      await Promise.race([effects.settled(), delay(SETTLE_MS)]);
      for (const loop of loops) await loop.stop();
      await watcher?.stop();
      await governing.stop();
      await uplinks.stop();
      await supervisor.close();
    },
  };
}

/** Process events that come while records are still being read wait for their attempts. */
async function takeOver(
  { supervisor, outbox, latch }: AgentOptions,
  act: Act,
  onProcess: (event: ProcessEvent) => void,
): Promise<void> {
  const early: ProcessEvent[] = [];
  let isTakenOver = false;
  supervisor.onEvent((event) => {
    if (isTakenOver) onProcess(event);
    else early.push(event);
  });
  const left = await adoptAttempts(supervisor, outbox);
  act((tx) => {
    for (const attempt of left) adopt(tx, attempt);
    recallLatch(tx, latch.read()?.by ?? "none");
  });
  isTakenOver = true;
  for (const event of early) onProcess(event);
}

interface Watched {
  readonly core: AgentCore;
  readonly act: Act;
  readonly government: Government;
}

function watchGpu(options: AgentOptions, { core, act, government }: Watched): GpuWatcher | null {
  if (options.createSensor === null) return null;
  const sensor = options.createSensor(
    () => [...gpuJobs(core), ...government.clientLoads()],
    (report) => act((tx) => observeXid(tx, government.identify(report))),
  );
  government.useSensor(sensor);
  return createGpuWatcher({
    ...options,
    sensor,
    restMs: () => gpuPollMs(core),
    onReading: (cards) => act((tx) => observeGpu(tx, government.sample(cards))),
  });
}

/** A thousand clients are one reason to look, not a thousand. */
function atMostEvery(everyMs: number, clock: Clock, run: () => void): () => void {
  let dueMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (clock.bootMs() < dueMs) return;
    dueMs = clock.bootMs() + everyMs;
    run();
  };
}

function startLoops(options: AgentOptions, act: Act, uplinks: Uplinks): readonly Loop[] {
  const { timing, supervisor, latch, startLimits, host, log } = options;
  const onError = (error: unknown): void =>
    log.error({ event: "loop.failed", reason: describeError(error) }, "a periodic step failed");
  const run = (): void => {
    supervisor.tick();
    const held = latch.read();
    act((tx) => latchObserved(tx, held?.by ?? "none", held?.graceMs ?? 0));
    for (const runner of startLimits.takeForgiven()) act((tx) => forgiveRunner(tx, runner));
    act(tick);
    uplinks.follow();
  };
  return [
    createLoop({ everyMs: timing.tickMs, run, onError }),
    createLoop({
      everyMs: timing.telemetryMs,
      run: () => {
        act((tx) => observeHost(tx, host.read()));
        act((tx) => observeActivity(tx, lookAtJobs(tx.state, supervisor)));
      },
      onError,
    }),
  ];
}

interface Uplinks {
  present(): Uplink;
  /** Dials elsewhere when the hub is known to have moved. */
  follow(): void;
  stop(): Promise<void>;
}

function createUplinks({ hubAddress, dial, log }: AgentOptions, act: Act): Uplinks {
  let address: string | null = null;
  let present = NO_UPLINK;
  const stop = async (): Promise<void> => {
    // By the time that the first has stopped, another one may be present.
    const { bulk, link } = present;
    await bulk.stop();
    await link.stop();
  };
  const dialAt = (to: string): void => {
    // What an uplink that was given up still has to say is about a session that is over.
    const isPresent = (): boolean => present === uplink;
    const uplink = dial(to, {
      hello: () => act(beginAttach),
      onWelcome: (welcome) => isPresent() && act((tx) => welcomed(tx, welcome)),
      onMessage: (message) => isPresent() && act((tx) => receive(tx, message)),
      onDown: (reason) => isPresent() && act((tx) => detached(tx, reason)),
    });
    address = to;
    present = uplink;
  };
  return {
    present: () => present,
    follow: () => {
      const to = present.link.sessionId() === null ? hubAddress() : null;
      if (to === null || to === address) return;
      if (address !== null) {
        log.info({ event: "link.down", from: address, to }, "the hub has moved");
        act((tx) => detached(tx, "the hub has moved"));
        void stop();
      }
      dialAt(to);
    },
    stop,
  };
}

/** Before the hub's address is known. */
const NO_UPLINK: Uplink = {
  link: { send: () => false, telemetry: () => {}, sessionId: () => null, stop: async () => {} },
  bulk: { fetch: noHub, upload: noHub, stop: async () => {} },
};

async function noHub(): Promise<never> {
  throw new FleetError("unavailable", "nobody knows where the hub is");
}

function gpuJobs({ state }: AgentCore): readonly GpuJob[] {
  return [...state.attempts.values()].flatMap(({ isProcessAlive, pid, job }) =>
    isProcessAlive && pid !== null && job.gpu !== null ? [{ pid, vramBytes: job.vramBytes }] : [],
  );
}

/** Waits until nothing runs; a shim finishes what takes longer than a stop may. */
async function endWork({ state, timing }: AgentCore, clock: Clock): Promise<void> {
  const endsAtMs = clock.bootMs() + timing.termGraceMs + timing.proofMs + timing.marginMs;
  while ([...state.attempts.values()].some(isOccupying) && clock.bootMs() < endsAtMs)
    await delay(STOP_POLL_MS);
}

/** Gives the hub a moment to hear of it; what it did not hear is on the disk. */
async function flushCompletions({ state }: AgentCore, clock: Clock): Promise<void> {
  const endsAtMs = clock.bootMs() + FLUSH_MS;
  const isWaiting = (): boolean =>
    [...state.attempts.values()].some(({ phase, isSaved }) => phase === "completing" && !isSaved) ||
    (state.session.kind === "attached" && state.attempts.size > 0);
  while (isWaiting() && clock.bootMs() < endsAtMs) await delay(STOP_POLL_MS);
}
