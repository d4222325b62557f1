/** Latency: P6 and P7: how long somebody waits when nothing else is going on. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chooseDriver } from "../../agent/process/resources/cgroup-driver.ts";
import { DEFAULT_LIMITS } from "../../agent/process/resources/limits.ts";
import { connectLocal } from "../../shared/local-client/client.ts";
import { reserve } from "../../shared/policy/admission.ts";
import { release } from "../../shared/policy/ledger.ts";
import { LOCAL_CLIENT_OPTIONS } from "../../shared/wire/local-service.ts";
import { claimOf, openCard } from "./card.ts";
import { callRaw, connectRaw, openPing } from "./raw.ts";
import { absoluteResult, figuresOf, quantile, type Result, ratioResult, short, sort } from "./result.ts";
import { type Hub, type Rig, sleep, until } from "./rig.ts";

const MIB = 1024 ** 2;

/** Each round: submits one after the other to an idle fleet, then the spawn and the ping that they cannot avoid. */
export async function p6(rig: Rig): Promise<readonly Result[]> {
  const jobsPerRound = 30;
  const root = rig.root();
  rig.seed({ root, jobs: 0, attempts: 0, isCrash: false });
  const runners = join(root, "agents/box/runners");
  mkdirSync(runners, { recursive: true, mode: 0o700 });
  writeFileSync(join(runners, "true.json"), JSON.stringify({ name: "true", argv: ["true"], params: {} }));
  const hub = await rig.hub(root);
  rig.spawn("agent.mjs", ["serve", "--root", root, "--node", "box", "--gpu", "simulated"]);
  await until(async () => (await hub.attached()) === 1);
  await sleep(3_000);
  const raw = await rig.rawServer();
  const ping = await openPing(connectRaw(raw.address), Buffer.alloc(64, 1));
  const timeline = followJobs(hub, await hub.journalSeq());
  const p50s: number[] = [];
  const p99s: number[] = [];
  const floors: number[] = [];
  const moves: number[] = [];
  for (let round = 0; round <= rig.rounds; round++) {
    const waits: number[] = [];
    const unavoidable: number[] = [];
    for (let job = 0; job < jobsPerRound; job++) waits.push(await timeline.submitOne(`${round}-${job}`));
    for (let job = 0; job < jobsPerRound; job++) unavoidable.push(await spawnAndPing(ping));
    if (round === 0) continue; // the warm-up
    p50s.push(quantile(sort(waits), 0.5));
    p99s.push(quantile(sort(waits), 0.99));
    floors.push(quantile(sort(unavoidable), 0.5));
    moves.push(await cgroupMoveMs(root));
  }
  timeline.stop();
  const figures = figuresOf(p50s.map((value, round) => value / (floors[round] ?? Number.NaN)));
  const withMove = figuresOf(
    p50s.map((value, round) => value / ((floors[round] ?? Number.NaN) + (moves[round] ?? 0))),
  );
  const p99 = figuresOf(p99s);
  return [
    ratioResult({
      id: "P6",
      what: "submit → process started, as the submitter hears of it, idle ÷ process spawn + one stream ping",
      value: `p50 ${short(figuresOf(p50s).median)} ms ÷ ${short(figuresOf(floors).median)} ms`,
      figures,
      bar: "≤ 3",
      isMet: figures.median <= 3,
      notes: `quiet machine: p50 ≤ 10 ms`,
    }),
    {
      ...absoluteResult({
        id: "P6 cgroup",
        what: "the same ÷ (process spawn + one stream ping + the move of a process into its cgroup)",
        value: `p50 ${short(figuresOf(p50s).median)} ms, the move alone ${short(figuresOf(moves).median)} ms`,
        figures: withMove,
        bar: "none",
        isMet: null,
        notes: "the move waits for the kernel; 0 where the agent has no cgroup",
      }),
      ratio: withMove.median,
    },
    absoluteResult({
      id: "P6 p99",
      what: "the same, p99 of a round",
      value: `${short(p99.median)} ms`,
      figures: p99,
      bar: "≤ 50 ms",
      isMet: p99.median <= 50,
    }),
  ];
}

interface JobTimeline {
  /** Milliseconds from the call until the hub tells that the process runs; returns when the job is over. */
  submitOne(key: string): Promise<number>;
  stop(): void;
}

function followJobs(hub: Hub, sinceSeq: number): JobTimeline {
  const stopping = new AbortController();
  let onEvent = (_kind: string): void => {};
  const follow = async (): Promise<void> => {
    for await (const { kind } of hub.client.stream("Events", { sinceSeq, follow: true }, stopping.signal))
      onEvent(kind);
  };
  void follow();
  return {
    stop: () => stopping.abort(),
    submitOne: (key) =>
      new Promise((resolve, reject) => {
        const startMs = performance.now();
        let waitedMs = 0;
        onEvent = (kind) => {
          if (kind === "job.started") waitedMs = performance.now() - startMs;
          if (kind === "job.succeeded") setTimeout(() => resolve(waitedMs), 30);
          if (kind === "attempt.ended") reject(new Error("the job failed"));
        };
        const request = {
          key,
          producer: "bench",
          runner: "true",
          paramsJson: "{}",
          priority: "PRIORITY_INTERACTIVE",
          lane: "LANE_CPU",
          subsystem: "rendering",
          maxRuntimeMs: 60_000,
          maxAttempts: 1,
          onHubLoss: "ON_HUB_LOSS_STOP",
        } as const;
        hub.client.call("Submit", request).catch(reject);
      }),
  };
}

/** Median of what the kernel takes to let an idle process into the cgroups that an agent in `root` would make. */
async function cgroupMoveMs(root: string): Promise<number> {
  const driver = chooseDriver(join(root, "bench-attempts"));
  const tookMs: number[] = [];
  for (let token = 1; token <= 10; token++) {
    const leaf = driver.create(token, DEFAULT_LIMITS);
    const child = spawn("sleep", ["60"], { stdio: "ignore" });
    await once(child, "spawn");
    await sleep(60);
    const startMs = performance.now();
    for (const directory of leaf.directories)
      writeFileSync(join(directory, "cgroup.procs"), String(child.pid));
    tookMs.push(performance.now() - startMs);
    child.kill("SIGKILL");
    await once(child, "exit");
    leaf.remove();
  }
  driver.close();
  return quantile(sort(tookMs), 0.5);
}

async function spawnAndPing(ping: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  const child = spawn("true", { stdio: "ignore" });
  const exited = once(child, "exit");
  await once(child, "spawn");
  await ping();
  const elapsedMs = performance.now() - startMs;
  await exited;
  return elapsedMs;
}

export async function p7(rig: Rig): Promise<readonly Result[]> {
  return [gateDecision(rig, 20), gateDecision(rig, 200), await localReserve(rig)];
}

/** One check and booking, admitted and refused in turn, and the release of what was admitted. */
function gateDecision(rig: Rig, consumers: number): Result {
  const decisions = 20_000;
  const p50s: number[] = [];
  const p99s: number[] = [];
  for (let round = 0; round <= rig.rounds; round++) {
    const ledger = openCard(consumers, 0);
    const claims = [claimOf("fits", 256 * MIB), claimOf("too-big", 80 * 1024 * MIB)];
    const us: number[] = [];
    for (let decision = 0; decision < decisions; decision++) {
      const claim = claims[decision % 2] ?? claimOf("fits", 0);
      const start = process.hrtime.bigint();
      const verdict = reserve(ledger, claim, decision);
      us.push(Number(process.hrtime.bigint() - start) / 1000);
      if (verdict.kind === "admitted") release(ledger, claim.id);
    }
    if (round === 0) continue; // the compiler's warm-up
    const sorted = sort(us);
    p50s.push(quantile(sorted, 0.5));
    p99s.push(quantile(sorted, 0.99));
  }
  const figures = figuresOf(p99s);
  return absoluteResult({
    id: "P7 gate",
    what: `gate decision in process with ${consumers} consumers, admitted and refused in turn`,
    value: `p50 ${short(figuresOf(p50s).median)} µs, p99 ${short(figures.median)} µs`,
    figures,
    bar: "p99 ≤ 20 µs",
    isMet: figures.median <= 20,
  });
}

/** Each round: Reserve and Release one after the other over the agent's socket, then raw unary over another. */
async function localReserve(rig: Rig): Promise<Result> {
  const calls = 500;
  const root = rig.root();
  const socketPath = join(root, "agent.sock");
  await rig.localServer(socketPath);
  const raw = await rig.rawServer(`unix:${join(root, "raw.sock")}`);
  const client = connectLocal(socketPath);
  const p50s: number[] = [];
  const rawP50s: number[] = [];
  for (let round = 0; round <= rig.rounds; round++) {
    const waits: number[] = [];
    for (let call = 0; call < calls; call++) {
      const startMs = performance.now();
      const verdict = await client.reserve({
        priority: "batch",
        vramBytes: 256 * MIB,
        subsystem: "rendering",
        label: "bench",
      });
      waits.push(performance.now() - startMs);
      if (verdict.kind === "refused") throw new Error(`refused: ${verdict.because}`);
      await client.release(verdict.consumerId);
    }
    const load = { address: raw.address, connections: 1, bytes: 80, ms: 1_000 };
    const { p50Ms } = await callRaw(load, LOCAL_CLIENT_OPTIONS);
    if (round === 0) continue; // the warm-up
    p50s.push(quantile(sort(waits), 0.5));
    rawP50s.push(p50Ms);
  }
  await client.close();
  const figures = figuresOf(p50s.map((value, round) => value / (rawP50s[round] ?? Number.NaN)));
  return ratioResult({
    id: "P7 reserve",
    what: "Reserve over the agent's Unix socket, p50, with the client library ÷ raw grpc-js unary over a Unix socket",
    value: `${short(figuresOf(p50s).median)} ms ÷ ${short(figuresOf(rawP50s).median)} ms`,
    figures,
    bar: "≤ 2",
    isMet: figures.median <= 2,
  });
}
