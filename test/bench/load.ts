/**
 * Load: the process that plays agents and clients, so that hub and load share nothing but the machine. Takes
 * `{id, op, options}` from its parent, one at a time, and answers `{id, answer}` or `{id, error}`.
 */
import { credentials } from "@grpc/grpc-js";
import { createTiming } from "../../shared/model/timing.ts";
import { encodeAgentMessage } from "../../shared/wire/agent-codec.ts";
import { agentChannelOptions, operatorChannelOptions } from "../../shared/wire/channel-options.ts";
import { wireServices } from "../../shared/wire/load.ts";
import {
  agentSecretPath,
  operatorSecretPath,
  principalMetadata,
  readSecret,
} from "../../shared/wire/secret.ts";
import { encodeTelemetry } from "../../shared/wire/telemetry-codec.ts";
import { BenchAgent, CARD, type ClaimRun } from "./agents.ts";
import { callRaw, pingRaw, pushRaw, type RawLoad } from "./raw.ts";
import { quantile, sort } from "./result.ts";

/** Connections made at once. */
const WAVE = 50;
const GIB = 1024 ** 3;

interface Hub {
  readonly root: string;
  readonly address: string;
}

const agents: BenchAgent[] = [];

const OPS = {
  attach: async ({ root, address, count }: Hub & { readonly count: number }) => {
    while (agents.length < count) {
      const first = agents.length;
      const size = Math.min(WAVE, count - first);
      const wave = Array.from(
        { length: size },
        (_, i) => new BenchAgent(root, address, `bench-${first + i}`),
      );
      await Promise.all(wave.map((agent) => agent.ready));
      agents.push(...wave);
    }
  },
  detach: async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.stop()));
  },
  /** Leaves a claim open, as every idle agent does. */
  offer: async () => {
    for (const agent of agents) agent.offer(1);
  },
  claims: runClaims,
  settle: () => Promise.all(agents.map((agent) => agent.settle())).then(() => null),
  telemetry: floodTelemetry,
  submit: submitJobs,
  rawPing: (options: RawLoad) => pingRaw(options),
  rawPush: (options: RawLoad) => pushRaw(options),
  rawCall: (options: RawLoad) => callRaw(options),
  sizes: async () => sizesOnWire(),
};

export type LoadOps = typeof OPS;

export interface ClaimOptions {
  /** How many of the attached agents claim. */
  readonly active: number;
  readonly slots: number;
  readonly isCompleting: boolean;
  readonly ms: number;
  readonly targetJobs?: number;
}

export interface ClaimAnswer {
  /** Claims answered with grants, a second. */
  readonly roundTripsPerSecond: number;
  readonly jobsPerSecond: number;
  readonly jobs: number;
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Every active agent has one claim open at all times, until the time is up or the target is reached. */
async function runClaims(options: ClaimOptions): Promise<ClaimAnswer> {
  const startMs = performance.now();
  const run: ClaimRun = {
    slots: options.slots,
    isCompleting: options.isCompleting,
    targetJobs: options.targetJobs ?? Number.POSITIVE_INFINITY,
    endMs: startMs + options.ms,
    grants: 0,
    jobs: 0,
    acknowledged: 0,
    lastGrantMs: startMs,
    latenciesMs: [],
  };
  const active = agents.slice(0, options.active);
  for (const agent of active) {
    agent.run = run;
    agent.claim();
  }
  const isOver = (): boolean => performance.now() >= run.endMs || run.jobs >= run.targetJobs;
  while (!isOver()) await sleep(5);
  // Claims that nobody answers any more: the queue is empty.
  for (let waited = 0; waited < 50 && active.some((agent) => agent.isClaiming); waited++) await sleep(10);
  for (const agent of active.filter(({ isClaiming }) => isClaiming)) agent.withdraw();
  if (run.isCompleting) while (run.acknowledged < run.jobs) await sleep(5);
  for (const agent of active) agent.run = null;
  const elapsedMs = run.lastGrantMs - startMs;
  const latencies = sort(run.latenciesMs);
  return {
    roundTripsPerSecond: (1000 * run.grants) / elapsedMs,
    jobsPerSecond: (1000 * run.jobs) / elapsedMs,
    jobs: run.jobs,
    elapsedMs,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

/** Frames of the attached sessions, each on a connection of its own, as fast as the hub reads them. */
async function floodTelemetry({
  root,
  address,
  ms,
}: Hub & { readonly ms: number }): Promise<{ perSecond: number }> {
  const { AgentGateway } = wireServices();
  const clients = agents.map(
    () => new AgentGateway(address, credentials.createInsecure(), agentChannelOptions(createTiming())),
  );
  const startMs = performance.now();
  const counts = await Promise.all(
    agents.map(
      (agent, index) =>
        new Promise<number>((resolve, reject) => {
          let sent = 0;
          const secret = readSecret(agentSecretPath(root, agent.node));
          const call = clients[index]?.Telemetry(principalMetadata(`agent/${agent.node}`, secret), (error) =>
            error === null ? resolve(sent) : reject(error),
          );
          const push = (): void => {
            while (performance.now() - startMs < ms) {
              sent += 1;
              if (call?.write(encodeTelemetry(agent.frame())) === false) return void call.once("drain", push);
            }
            call?.end();
          };
          push();
        }),
    ),
  );
  const elapsedMs = performance.now() - startMs;
  for (const client of clients) client.close();
  return { perSecond: (1000 * counts.reduce((sum, count) => sum + count, 0)) / elapsedMs };
}

let submitted = 0;

/** One submit after the other on each connection, for a time or until the target is reached. */
async function submitJobs(
  options: Hub & {
    readonly connections: number;
    readonly ms: number;
    readonly targetJobs?: number;
    /** Jobs of one message; none: one a call of its own. */
    readonly batch?: number;
  },
): Promise<{ perSecond: number }> {
  const { Operator } = wireServices();
  const metadata = principalMetadata("operator", readSecret(operatorSecretPath(options.root)));
  const clients = Array.from(
    { length: options.connections },
    () => new Operator(options.address, credentials.createInsecure(), operatorChannelOptions(createTiming())),
  );
  const firstKey = submitted;
  const target = firstKey + (options.targetJobs ?? Number.POSITIVE_INFINITY);
  const startMs = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() - startMs < options.ms && submitted < target) {
        const jobs = Array.from({ length: options.batch ?? 1 }, () => {
          submitted += 1;
          return submitRequest(`${process.pid}-${submitted}`);
        });
        await new Promise<void>((resolve, reject) => {
          const answer = (error: Error | null): void => (error === null ? resolve() : reject(error));
          if (options.batch === undefined) for (const job of jobs) client.Submit(job, metadata, answer);
          else client.SubmitBatch({ jobs }, metadata, answer);
        });
      }
    }),
  );
  const elapsedMs = performance.now() - startMs;
  for (const client of clients) client.close();
  return { perSecond: (1000 * (submitted - firstKey)) / elapsedMs };
}

function submitRequest(key: string) {
  return {
    key,
    producer: "bench",
    runner: "bench",
    paramsJson: '{"seed":7}',
    priority: "PRIORITY_BATCH",
    lane: "LANE_GPU",
    vramBytes: GIB,
    subsystem: "rendering",
    maxRuntimeMs: 60_000,
    maxAttempts: 4,
    onHubLoss: "ON_HUB_LOSS_STOP",
  } as const;
}

/** Bytes of a claim, a frame and a submit, so that the raw side carries as much. */
function sizesOnWire(): { claim: number; frame: number; submit: number } {
  const { AgentGateway, Operator } = wireServices();
  const claim = encodeAgentMessage({
    kind: "claim",
    claimId: 1000,
    gpuSlots: 1,
    cpuSlots: 0,
    headroom: [{ gpu: CARD, priority: "batch", bytes: 40 * GIB }],
    warm: [],
    maxTokenSeen: 10_000,
  });
  const [agent] = agents;
  const frame = agent === undefined ? {} : encodeTelemetry(agent.frame());
  return {
    claim: AgentGateway.service.Control.requestSerialize(claim).length,
    frame: AgentGateway.service.Telemetry.requestSerialize(frame).length,
    submit: Operator.service.Submit.requestSerialize(submitRequest("12345-10000")).length,
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

process.on("disconnect", () => process.exit(0));
process.on("message", (message: { id: number; op: keyof LoadOps; options: never }) => {
  const answer = (body: object): void => void process.send?.({ id: message.id, ...body });
  const run = OPS[message.op] as (options: never) => Promise<unknown>;
  Promise.resolve(message.options)
    .then(run)
    .then(
      (result) => answer({ answer: result ?? null }),
      (error: unknown) =>
        answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
});
process.send?.({ ready: true });
