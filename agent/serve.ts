/**
 * Serve: builds a running agent from its place and settings: real clock, processes, files and network.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../shared/clock.ts";
import { describeError } from "../shared/errors.ts";
import { ensureFolder } from "../shared/file-problem.ts";
import { isJsonObject } from "../shared/json.ts";
import { AGENT_SOCKET } from "../shared/local-client/socket-path.ts";
import type { Log } from "../shared/log.ts";
import { createHubBook, splitAddresses } from "../shared/model/hub-book.ts";
import { createTiming, type Timing } from "../shared/model/timing.ts";
import { packageVersion } from "../shared/package-root.ts";
import { START_LIMIT_POLICY } from "../shared/policy/start-limit.ts";
import { createRng } from "../shared/rng.ts";
import { agentSecretPath, ensureSecret } from "../shared/wire/secret.ts";
import { type RunningAgent, startAgent } from "./agent.ts";
import { followNodeDocument } from "./config/live-document.ts";
import { openNodeDocument } from "./config/node-document.ts";
import type { AgentSettings, NodePlace } from "./config.ts";
import type { Governance } from "./core/governance.ts";
import type { AgentConfig, RunnerVerdict } from "./core/state.ts";
import { type ChosenGpu, chooseGpu } from "./gpu/choose.ts";
import { createProcHost } from "./host/proc-host.ts";
import { createBulkClient } from "./link/bulk.ts";
import { createLink } from "./link/link.ts";
import { guardLoop } from "./loop-guard.ts";
import type { Dial } from "./ports.ts";
import { readBootId, readMachineId } from "./process/proc.ts";
import { chooseDriver } from "./process/resources/cgroup-driver.ts";
import { protectFromOom } from "./process/resources/oom-score.ts";
import { describeDriver } from "./process/resources/resource-driver.ts";
import { createSupervisor } from "./process/supervisor.ts";
import { loadRunners, type RunnerCatalogue } from "./runners/catalogue.ts";
import { paramsProblem } from "./runners/definition.ts";
import { type NodeLatch, openLatch } from "./store/latch.ts";
import { lockNode } from "./store/node-lock.ts";
import { openOutbox } from "./store/outbox.ts";
import { openSleepers } from "./store/sleepers.ts";
import { openStartLimits } from "./store/start-limits.ts";
import { openWitness } from "./store/witness.ts";

export interface ServeOptions {
  readonly place: NodePlace;
  readonly settings: AgentSettings;
  readonly log: Log;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The built GPU probe. */
  readonly probePath: string;
  readonly onFatal: (message: string) => void;
}

/** @throws FleetError `config` when the directory has an agent already or a runner definition is wrong. */
export async function serve(options: ServeOptions): Promise<RunningAgent> {
  const { place, settings, log } = options;
  const { node, directory, root } = place;
  ensureFolder(directory);
  lockNode(directory);
  const clock = systemClock;
  const timing = createTiming(settings.timingScale);
  const runners = await loadRunners(join(directory, "runners"));
  const secret = ensureSecret(agentSecretPath(root, node));
  const gpu = await chooseGpu({
    ...options,
    ...settings,
    wanted: settings.gpu,
    node,
    searchPath: options.environment["PATH"] ?? "",
    simulatedPath: join(directory, "simulated.json"),
    clock,
    timing,
  });
  const document = openNodeDocument(directory);
  const attemptsDirectory = join(directory, "attempts");
  const driver = chooseDriver(attemptsDirectory, settings.jobUids);
  protectFromOom();
  const witness = await openWitness(directory, clock.wallMs());
  const { generation } = witness;
  const config = agentConfig(options, runners, { gpu, governance: document.rules.governance, generation });
  const running = await startAgent({
    ...options,
    config,
    timing,
    clock,
    runners,
    supervisor: createSupervisor({
      attemptsDirectory,
      driver,
      clock,
      timing,
      onError: (error, token) =>
        log.warn({ event: "effect.failed", token, reason: describeError(error) }, "a log was cut"),
    }),
    outbox: await openOutbox(join(directory, "outbox")),
    latch: await openOwnLatch(directory),
    startLimits: openStartLimits(directory),
    witness,
    host: createProcHost(),
    cache: { directory: join(directory, "cache"), maxBytes: settings.cacheBytes },
    government: {
      socketPath: join(directory, AGENT_SOCKET),
      socketGid: document.rules.local.socketGid,
      door: document.rules.local,
      document: followNodeDocument(document),
      sleepers: openSleepers(directory, config.bootId),
    },
    createSensor: gpu.createSensor,
    hubAddress: () => settings.hub ?? recordedAddress(root),
    dial: createDial({ principal: `agent/${node}`, secret, timing, clock, log }),
  });
  const guard = guardLoop(timing.tickMs, (error) =>
    log.error(
      { event: "loop.failed", reason: describeError(error) },
      "nothing would end this agent in a loop",
    ),
  );
  const { gpuSlots, cpuSlots, agentInstance } = config;
  const limits = describeDriver(driver);
  const about = { node, pid: process.pid, agentInstance, gpu: gpu.source, gpuSlots, cpuSlots, limits };
  log.info({ event: "agent.started", ...about, runners: runners.infos.map(({ name }) => name) }, "serving");
  const stop = (): Promise<void> => running.stop().finally(guard.stop);
  return { ...running, stop };
}

/** A `down` on this box must not fail for want of room later. */
async function openOwnLatch(directory: string): Promise<NodeLatch> {
  const latch = openLatch(directory);
  await latch.layAside();
  return latch;
}

interface Node {
  readonly gpu: ChosenGpu;
  readonly governance: Governance;
  readonly generation: number;
}

function agentConfig(
  { place, settings }: ServeOptions,
  runners: RunnerCatalogue,
  { gpu, governance, generation }: Node,
): AgentConfig {
  const cores = availableParallelism();
  const half = Math.max(1, Math.floor(cores / 2));
  return {
    node: place.node,
    bootId: readBootId(),
    agentInstance: randomBytes(8).toString("hex"),
    generation,
    machineId: readMachineId(),
    capabilities: {
      cpuCores: cores,
      memoryBytes: totalmem(),
      startLimitBurst: START_LIMIT_POLICY.burst,
      labels: settings.labels,
      agentVersion: packageVersion(),
    },
    runners: runners.infos,
    gpuSlots: gpu.source === "none" ? 0 : (settings.gpuSlots ?? half),
    cpuSlots: settings.cpuSlots ?? half,
    governance,
    stuckAfterMs: (runner) => {
      const seconds = runners.get(runner)?.stuckAfterSeconds ?? null;
      return seconds === null ? null : seconds * 1000;
    },
    judge: (grant): RunnerVerdict => {
      const runner = runners.get(grant.runner);
      if (runner === undefined) return { kind: "unknown" };
      if (runner.lane !== null && runner.lane !== grant.lane) {
        return { kind: "invalid", detail: `runner ${runner.name} runs on the ${runner.lane} lane only` };
      }
      const detail = paramsProblem(runner, grant.params);
      if (detail !== null) return { kind: "invalid", detail };
      return { kind: "runnable", vramBytes: runner.vramBytes, maxRuntimeMs: runner.maxRuntimeMs };
    },
  };
}

interface DialOptions {
  readonly principal: string;
  readonly secret: string;
  readonly timing: Timing;
  readonly clock: Clock;
  readonly log: Log;
}

function createDial(options: DialOptions): Dial {
  return (addresses, events) => {
    const rng = createRng(randomBytes(8).toString("hex"));
    const book = createHubBook(splitAddresses(addresses) ?? []);
    const link = createLink({ ...options, ...events, book, rng });
    return { link, bulk: createBulkClient({ ...options, book, rng, sessionId: link.sessionId }) };
  };
}

/** Where the hub of this root says it listens; null while it has not said so. */
function recordedAddress(root: string): string | null {
  let text: string;
  try {
    text = readFileSync(join(root, "hub", "endpoint.json"), "utf8");
  } catch {
    return null; // no hub has served this root yet
  }
  try {
    const endpoint: unknown = JSON.parse(text);
    if (!isJsonObject(endpoint)) return null;
    const { host, port } = endpoint;
    return typeof host === "string" && typeof port === "number" ? `${host}:${port}` : null;
  } catch {
    return null; // half written by hand: looked at again at the next tick
  }
}
