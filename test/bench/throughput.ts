/** Throughput: P1, P3 and P13: what the hub can take, beside what the transport alone can. */
import { ClaimBed, type ClaimRound } from "./claims.ts";
import { type Figures, figuresOf, type Result, ratioResult, short } from "./result.ts";
import type { Hub, Load, Rig } from "./rig.ts";

const ROUND_MS = 2_000;
const WARM_MS = 1_000;
const CONNECTIONS = 50;

export async function p1(rig: Rig): Promise<readonly Result[]> {
  const bed = await ClaimBed.open(rig);
  const rounds: ClaimRound[] = [];
  const pings: number[] = [];
  for (let round = 0; round < rig.rounds; round++) {
    rounds.push(await bed.claim({ connections: CONNECTIONS, slots: 1, isCompleting: false }));
    pings.push(await bed.rawPing(CONNECTIONS));
  }
  const figures = figuresOf(
    rounds.map((row, round) => row.hub.roundTripsPerSecond / (pings[round] ?? Number.NaN)),
  );
  const rate = figuresOf(rounds.map((row) => row.hub.roundTripsPerSecond));
  const raw = figuresOf(pings);
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
  for (let round = 0; round < rig.rounds; round++) {
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
  for (let round = 0; round <= rig.rounds; round++) {
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
  for (let round = 0; round <= rig.rounds; round++) {
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
