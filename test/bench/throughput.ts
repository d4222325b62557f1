/** Throughput: P1, P2, P3 and P13: what the hub can take, beside what the transport alone can. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../shared/package-root.ts";
import type { ClaimAnswer } from "./load.ts";
import { absoluteResult, type Figures, figuresOf, type Result, ratioResult, short } from "./result.ts";
import { cpuMs, type Hub, type Load, type Rig } from "./rig.ts";

const ROUNDS = 5;
const ROUND_MS = 2_000;
/** Short: all rounds together must stay below the bound of the queue. */
const ENQUEUE_MS = 1_000;
const WARM_MS = 1_000;
const CONNECTIONS = 50;
/** Nobody drains as many in one round. */
const MANY_JOBS = 60_000;
/** Jobs a second that Slurm 22.05 did on loopback, measured once elsewhere. */
const SLURM_JOBS_PER_SECOND = 13;

interface ClaimRound {
  readonly hub: ClaimAnswer;
  readonly rawPerSecond: number;
  readonly syncsPerRecord: number | null;
  readonly hubCpuUsPerJob: number;
}

/** Each round: a fresh hub over the same queue, then the raw ping. */
async function claimRounds(rig: Rig, slots: number, isCompleting: boolean): Promise<readonly ClaimRound[]> {
  const template = rig.root();
  rig.seed({ root: template, jobs: MANY_JOBS, attempts: 0, isCrash: false });
  const load = await rig.load();
  const raw = await rig.rawServer();
  const { claim } = await load.ask("sizes", undefined);
  const rounds: ClaimRound[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const root = rig.root(template);
    const syncs = countSyncs(root);
    const hub = await rig.hub(root, syncs.env);
    await load.ask("attach", { root, address: hub.address, count: CONNECTIONS });
    const options = { active: CONNECTIONS, slots, isCompleting } as const;
    await load.ask("claims", { ...options, ms: WARM_MS });
    const before = { seq: await hub.journalSeq(), cpu: cpuMs(hub.pid), syncs: syncs.read() };
    const answer = await load.ask("claims", { ...options, ms: ROUND_MS });
    const records = (await hub.journalSeq()) - before.seq;
    const counted = syncs.read();
    const spentMs = cpuMs(hub.pid) - before.cpu;
    await load.ask("detach", undefined);
    await hub.kill("SIGKILL");
    const ping = { address: raw.address, connections: CONNECTIONS, bytes: claim, ms: ROUND_MS };
    const rawAnswer = await load.ask("rawPing", ping);
    rounds.push({
      hub: answer,
      rawPerSecond: rawAnswer.perSecond,
      syncsPerRecord: counted === null || before.syncs === null ? null : (counted - before.syncs) / records,
      hubCpuUsPerJob: (1000 * spentMs) / answer.jobs,
    });
    rmSync(root, { recursive: true, force: true });
  }
  return rounds;
}

export async function p1(rig: Rig): Promise<readonly Result[]> {
  const rounds = await claimRounds(rig, 1, false);
  const figures = figuresOf(rounds.map((row) => row.hub.roundTripsPerSecond / row.rawPerSecond));
  const rate = figuresOf(rounds.map((row) => row.hub.roundTripsPerSecond));
  const raw = figuresOf(rounds.map((row) => row.rawPerSecond));
  const latency = figuresOf(rounds.map((row) => row.hub.p50Ms));
  const cpu = figuresOf(rounds.map((row) => row.hubCpuUsPerJob));
  return [
    ratioResult({
      id: "P1",
      what: "durable claim → grant round trips ÷ raw grpc-js bidi ping, 50 connections, plaintext loopback both",
      value: `${short(rate.median)}/s ÷ ${short(raw.median)}/s`,
      figures,
      bar: "≥ 0.5",
      isMet: figures.median >= 0.5,
      notes: `p50 ${short(latency.median)} ms at saturation; hub ${short(cpu.median)} µs CPU per claim, journal thread included`,
    }),
  ];
}

export async function p2(rig: Rig): Promise<readonly Result[]> {
  const batched = await claimRounds(rig, 16, true);
  const single = await claimRounds(rig, 1, true);
  const enqueued = await enqueue(rig);
  const results = [
    jobsResult(
      "P2 batched",
      "durable claim + complete, 16 a message",
      batched,
      "≥ 1.0 × graphile-worker tuned",
    ),
    jobsResult("P2 single", "durable claim + complete, one a message", single, "≥ 1.5 × BullMQ fsync-always"),
  ];
  const slurm = figuresOf(single.map((row) => row.hub.jobsPerSecond / SLURM_JOBS_PER_SECOND));
  const syncs = [...batched, ...single].flatMap((row) =>
    row.syncsPerRecord === null ? [] : [row.syncsPerRecord],
  );
  const perRecord = figuresOf(syncs);
  return [
    ...results,
    ratioResult({
      id: "P2 slurm",
      what: `one job a message ÷ Slurm 22.05 on loopback (${SLURM_JOBS_PER_SECOND} jobs/s, not in this run)`,
      value: `× ${short(slurm.median)}`,
      figures: slurm,
      bar: "≥ 200",
      isMet: slurm.median >= 200,
    }),
    absoluteResult({
      id: "P2 syncs",
      what: "fsync and fdatasync calls of the hub per durable record, batched and single rounds together",
      value: short(perRecord.median),
      figures: perRecord,
      bar: "≤ 0.25",
      isMet: syncs.length === 0 ? null : perRecord.median <= 0.25,
      notes:
        syncs.length === 0 ? "no C compiler to build the counter with" : "counted by an LD_PRELOAD library",
    }),
    ...enqueued,
  ];
}

function jobsResult(id: string, what: string, rounds: readonly ClaimRound[], bar: string): Result {
  const rate = figuresOf(rounds.map((row) => row.hub.jobsPerSecond));
  const ratio = figuresOf(rounds.map((row) => row.hub.jobsPerSecond / row.rawPerSecond));
  const cpu = figuresOf(rounds.map((row) => row.hubCpuUsPerJob));
  return {
    ...absoluteResult({
      id,
      what: `${what}, 50 connections, plaintext loopback; ratio to the raw ping`,
      value: `${short(rate.median)} jobs/s`,
      figures: rate,
      bar,
      isMet: null,
      notes: `no peer in this run; hub ${short(cpu.median)} µs CPU per job`,
    }),
    ratio: ratio.median,
  };
}

/** Jobs of one message, as many as the batched claims and completions take. */
const SUBMIT_BATCH = 16;

/** Each round: submits one a call, batched ones, raw unary. */
async function enqueue(rig: Rig): Promise<readonly Result[]> {
  const load = await rig.load();
  const raw = await rig.rawServer();
  const root = rig.root();
  rig.seed({ root, jobs: 0, attempts: 0, isCrash: false });
  const hub = await rig.hub(root);
  const { submit } = await load.ask("sizes", undefined);
  const options = { root, address: hub.address, connections: CONNECTIONS };
  await load.ask("submit", { ...options, ms: WARM_MS });
  const batchedRates: number[] = [];
  const hubRates: number[] = [];
  const rawRates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    hubRates.push((await load.ask("submit", { ...options, ms: ENQUEUE_MS })).perSecond);
    const batched = await load.ask("submit", { ...options, ms: ENQUEUE_MS, batch: SUBMIT_BATCH });
    batchedRates.push(batched.perSecond);
    const call = { address: raw.address, connections: CONNECTIONS, bytes: submit, ms: ROUND_MS };
    rawRates.push((await load.ask("rawCall", call)).perSecond);
  }
  const rate = figuresOf(hubRates);
  const batched = figuresOf(batchedRates);
  const ratio = figuresOf(hubRates.map((value, round) => value / (rawRates[round] ?? Number.NaN)));
  const ceiling = `${short(figuresOf(rawRates).median)}/s`;
  return [
    absoluteResult({
      id: "P2 enqueue",
      what: `durable submits, ${SUBMIT_BATCH} a unary call, 50 connections, plaintext loopback`,
      value: `${short(batched.median)}/s, raw unary calls ${ceiling}`,
      figures: batched,
      bar: "≥ 10,000/s batched",
      isMet: batched.median >= 10_000,
    }),
    {
      ...absoluteResult({
        id: "P2 enqueue",
        what: "the same, one a call; ratio to raw unary",
        value: `${short(rate.median)}/s ÷ ${ceiling}`,
        figures: rate,
        bar: "none",
        isMet: null,
      }),
      ratio: ratio.median,
    },
  ];
}

export async function p3(rig: Rig): Promise<readonly Result[]> {
  const load = await rig.load();
  const raw = await rig.rawServer();
  const root = rig.root();
  rig.seed({ root, jobs: 0, attempts: 0, isCrash: false });
  const hub = await rig.hub(root);
  const { address } = hub;
  await load.ask("attach", { root, address, count: CONNECTIONS });
  const { frame } = await load.ask("sizes", undefined);
  const hubRates: number[] = [];
  const rawRates: number[] = [];
  await load.ask("telemetry", { root, address, ms: WARM_MS });
  for (let round = 0; round < ROUNDS; round++) {
    hubRates.push((await load.ask("telemetry", { root, address, ms: ROUND_MS })).perSecond);
    const push = { address: raw.address, connections: CONNECTIONS, bytes: frame, ms: ROUND_MS };
    rawRates.push((await load.ask("rawPush", push)).perSecond);
  }
  const figures = figuresOf(hubRates.map((value, round) => value / (rawRates[round] ?? Number.NaN)));
  return [
    ratioResult({
      id: "P3",
      what: `telemetry frames applied ÷ raw one-way of ${frame} bytes, 50 connections, plaintext loopback both`,
      value: `${short(figuresOf(hubRates).median)}/s ÷ ${short(figuresOf(rawRates).median)}/s`,
      figures,
      bar: "≥ 0.6",
      isMet: figures.median >= 0.6,
    }),
  ];
}

const PENDING = [1_000, 10_000, 100_000] as const;
const AGENTS = [10, 100, 1_000] as const;
/** Few beside the smallest queue, so that its size holds. */
const CLAIMS = 400;
const BURSTS = 4;
const ACTIVE = 10;

interface Stage {
  readonly size: number;
  readonly hub: Hub;
  readonly load: Load;
  readonly rates: number[];
}

export async function p13(rig: Rig): Promise<readonly Result[]> {
  return [...(await growthByPending(rig)), ...(await growthByAgents(rig))];
}

async function growthByPending(rig: Rig): Promise<readonly Result[]> {
  const load = await rig.load();
  const stages: Stage[] = [];
  for (const size of PENDING) {
    const root = rig.root();
    rig.seed({ root, jobs: size, attempts: 0, isCrash: false });
    stages.push({
      size,
      hub: await rig.hub(root),
      load: size === PENDING[0] ? load : await rig.load(),
      rates: [],
    });
  }
  for (const { hub, load: own } of stages) {
    await own.ask("attach", { root: hub.root, address: hub.address, count: CONNECTIONS });
  }
  for (let round = 0; round <= ROUNDS; round++) {
    for (const stage of stages) {
      const rate = await drainAndRefill(stage, CONNECTIONS);
      // The first one is the warm-up.
      if (round > 0) stage.rates.push(rate);
    }
  }
  return growthResults("P13 pending", "claims/s (claim + complete, 50 agents) with", "pending jobs", stages);
}

async function growthByAgents(rig: Rig): Promise<readonly Result[]> {
  const stages: Stage[] = [];
  for (const size of AGENTS) {
    const root = rig.root();
    rig.seed({ root, jobs: 10_000, attempts: 0, isCrash: false });
    const stage = { size, hub: await rig.hub(root), load: await rig.load(), rates: [] };
    stages.push(stage);
  }
  for (let round = 0; round <= ROUNDS; round++) {
    for (const stage of stages) {
      const { hub, load, size, rates } = stage;
      // Only the fleet that is measured now may use the machine.
      await load.ask("attach", { root: hub.root, address: hub.address, count: size });
      const rate = await drainAndRefill(stage, ACTIVE);
      await load.ask("detach", undefined);
      if (round > 0) rates.push(rate);
    }
  }
  return growthResults(
    "P13 agents",
    "claims/s (claim + complete, 10 claiming) with",
    "agents attached",
    stages,
  );
}

/** Claims a second over a few bursts; between them the queue is filled again. */
async function drainAndRefill({ hub, load }: Stage, active: number): Promise<number> {
  let jobs = 0;
  let elapsedMs = 0;
  for (let burst = 0; burst < BURSTS; burst++) {
    const options = { active, slots: 1, isCompleting: true, ms: 60_000, targetJobs: CLAIMS };
    const answer = await load.ask("claims", options);
    jobs += answer.jobs;
    elapsedMs += answer.elapsedMs;
    const { root, address } = hub;
    await load.ask("submit", { root, address, connections: 8, ms: 60_000, targetJobs: answer.jobs });
  }
  return (1000 * jobs) / elapsedMs;
}

function growthResults(id: string, what: string, unit: string, stages: readonly Stage[]): readonly Result[] {
  return stages.slice(1).map((stage, index) => {
    const smaller = stages[index] as Stage;
    const figures: Figures = figuresOf(
      stage.rates.map((rate, round) => (smaller.rates[round] ?? Number.NaN) / rate),
    );
    return ratioResult({
      id,
      what: `${what} ${smaller.size.toLocaleString("en")} ÷ ${stage.size.toLocaleString("en")} ${unit}`,
      value: `${short(figuresOf(smaller.rates).median)}/s → ${short(figuresOf(stage.rates).median)}/s`,
      figures,
      bar: "≤ 1.3",
      isMet: figures.median <= 1.3,
    });
  });
}

interface SyncCounter {
  readonly env: Readonly<Record<string, string>>;
  read(): number | null;
}

/** Counts the syncs of a process that is started with `env`; reads null where nothing can be compiled. */
function countSyncs(root: string): SyncCounter {
  const library = join(root, "count-syncs.so");
  const counter = join(root, "syncs");
  const source = join(packageRoot(), "test/bench/count-syncs.c");
  try {
    execFileSync("gcc", ["-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], { stdio: "ignore" });
  } catch {
    return { env: {}, read: () => null };
  }
  return {
    env: { LD_PRELOAD: library, COUNT_SYNCS_FILE: counter },
    read: () => (existsSync(counter) ? Number(readFileSync(counter).readBigUInt64LE()) : null),
  };
}
