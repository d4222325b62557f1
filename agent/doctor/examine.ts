/**
 * Examine: looks at the box once and judges what was seen. It only reads: no file is written, no port opened,
 * no cgroup made, no driver changed; each look has a deadline, so a box in trouble still gets its report.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../shared/clock.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { HOST_MEMORY_POLICY } from "../../shared/policy/host-memory.ts";
import { type AgentSettings, loadSettings, type NodePlace } from "../config.ts";
import type { GpuCard } from "../gpu/sensor.ts";
import { HOST_ROOTS } from "../host/roots.ts";
import { readBootId } from "../process/proc.ts";
import { checkCgroup, checkClock, checkOomScore, checkOpenFiles, checkRuntime } from "./checks/box.ts";
import { checkFileSystem, checkInodes, checkRoot, checkSecrets, checkSpace } from "./checks/disk.ts";
import { checkDocument, checkLayer, checkSmallNode, checkStarved } from "./checks/governance.ts";
import {
  type CardSize,
  checkAddressing,
  checkDriver,
  checkFaults,
  checkMig,
  checkPersistence,
  checkRemap,
} from "./checks/gpu.ts";
import { checkHidden, checkHolders, checkRecovery, checkThrottle, checkXids } from "./checks/gpu-health.ts";
import { checkHostMemory, checkPageSize, checkStalls, checkSwap } from "./checks/memory.ts";
import { checkHub, checkPorts, checkWarnings } from "./checks/network.ts";
import {
  checkAgent,
  checkAgentCards,
  checkLatch,
  checkNoNode,
  checkSettings,
  checkSocketPath,
  checkStartLimits,
} from "./checks/node.ts";
import { checkAuthorities, checkUnits } from "./checks/restarts.ts";
import type { Finding } from "./finding.ts";
import { lookAtCgroup, lookAtClock, lookAtOomScore, lookAtOpenFiles } from "./gather/box.ts";
import { listNodes, lookAtDisk } from "./gather/disk.ts";
import { look } from "./gather/files.ts";
import { lookAtGpu } from "./gather/gpu.ts";
import { lookAtHolders } from "./gather/holders.ts";
import { readXids } from "./gather/kernel-log.ts";
import { lookAtMemory } from "./gather/memory.ts";
import { lookAtNetwork, type NamedHub } from "./gather/network.ts";
import { lookAtNode, type NodeLook } from "./gather/node.ts";
import { lookAtRestarts, systemPlaces } from "./gather/restarts.ts";
import { seenOrNull } from "./seen.ts";

export interface ExamineOptions {
  readonly root: string;
  /** Null: every node that lives below the root. */
  readonly node: string | null;
  /** HOST:PORT of a flag; null when none was given. */
  readonly hub: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The built GPU probe. */
  readonly probePath: string;
  readonly clock: Clock;
}

export interface Examination {
  readonly nodes: readonly string[];
  readonly findings: readonly Finding[];
}

const KERNEL_LOG = "/dev/kmsg";

export async function examine(options: ExamineOptions): Promise<Examination> {
  const { root, clock, environment } = options;
  const names = options.node === null ? await listNodes(root) : [options.node];
  const disk = await lookAtDisk(root, names);
  const now = { bootId: readBootId(), bootMs: clock.bootMs() };
  const canRead = disk.directory.kind === "seen";
  const places = canRead ? names.map((node) => ({ root, node, directory: join(root, "agents", node) })) : [];
  const nodes = await Promise.all(places.map((place) => lookAtNode(place, environment, now)));
  const settings = settingsOf(places[0], environment);
  const [gpuAndMemory, network, restarts] = await Promise.all([
    examineGpu(options, settings, nodes),
    lookAtNetwork(root, hubOf(options, settings)),
    lookAtRestarts(systemPlaces(homedir()), root),
  ]);
  const readings = gpuAndMemory.cards.map(({ reading }) => reading);
  return {
    nodes: names,
    findings: [
      ...gpuAndMemory.findings,
      ...examineBox(clock, nodes),
      ...[checkRoot(disk), checkSpace(disk)],
      ...[...checkInodes(disk), ...checkFileSystem(disk), ...checkSecrets(disk)],
      ...[checkPorts(network), checkHub(network), ...checkWarnings(network)],
      ...(nodes.length === 0 ? [checkNoNode(root)] : nodes.flatMap((each) => examineNode(each, readings))),
      ...checkAuthorities(restarts),
      ...checkUnits(restarts),
    ],
  };
}

interface GpuExamination {
  readonly cards: readonly GpuCard[];
  readonly findings: readonly Finding[];
}

async function examineGpu(
  options: ExamineOptions,
  settings: AgentSettings,
  nodes: readonly NodeLook[],
): Promise<GpuExamination> {
  const { clock, environment } = options;
  const searchPath = environment["PATH"] ?? "";
  const gpu = await lookAtGpu({
    ...options,
    settings,
    searchPath,
    timing: createTiming(),
    sysRoot: HOST_ROOTS.sys,
  });
  const cards = seenOrNull(gpu.cards) ?? [];
  const xids = await look(() => readXids(KERNEL_LOG, clock.bootMs()));
  const { memory, coherence } = lookAtMemory(HOST_ROOTS, gpu, clock.bootMs());
  const running = nodes.filter(({ facts }) => facts.agent.kind === "running" || facts.agent.kind === "mute");
  const holders = lookAtHolders(cards, {
    declared: nodes.flatMap(({ document }) =>
      document.kind === "valid" ? document.governance.declared : [],
    ),
    watched: running.map(({ facts }) => join(facts.directory, "attempts")),
    clientPids: nodes.flatMap(({ clientPids }) => clientPids ?? []),
  });
  return {
    cards,
    findings: [
      checkDriver(gpu),
      ...checkFaults(gpu),
      ...checkPersistence(gpu),
      ...(cards.length === 0 ? [] : [checkAddressing(coherence)]),
      ...[...checkMig(gpu), ...checkRemap(gpu), ...checkThrottle(cards), ...checkRecovery(cards)],
      ...[...checkXids(xids, cards.length > 0), ...checkHolders(holders), ...checkHidden(cards)],
      checkHostMemory(memory, HOST_MEMORY_POLICY.gates.batch),
      ...[checkSwap(memory), checkStalls(memory), checkPageSize(memory)],
    ],
  };
}

function examineBox(clock: Clock, nodes: readonly NodeLook[]): readonly Finding[] {
  const pids = nodes.flatMap(({ facts: { agent } }) =>
    agent.kind === "running" || agent.kind === "mute" ? agent.pid : [],
  );
  const subject = pids[0] ?? null;
  return [
    checkRuntime(process.versions.node),
    checkCgroup(lookAtCgroup(subject)),
    checkOpenFiles(lookAtOpenFiles(subject)),
    ...checkOomScore(lookAtOomScore(subject)),
    checkClock(lookAtClock(clock.wallMs())),
  ];
}

function examineNode(node: NodeLook, box: readonly CardSize[]): readonly Finding[] {
  const { facts, document, agentCards } = node;
  const cards = agentCards === null || agentCards.length === 0 ? box : agentCards;
  const { node: name } = facts;
  return [
    checkAgent(facts),
    ...(agentCards === null ? [] : checkAgentCards(facts, agentCards, box)),
    checkSettings(facts),
    checkDocument(name, document),
    ...(document.kind === "valid" ? [checkLayer(name, document.governance)] : []),
    ...(document.kind === "valid" ? checkStarved(name, document.governance, cards) : []),
    ...(document.kind === "valid" ? checkSmallNode(name, document.governance, cards) : []),
    ...[...checkLatch(facts), ...checkStartLimits(facts, node.startLimits)],
    ...checkSocketPath(facts, node.socketPath),
  ];
}

/** The settings to look by; where a person's do not hold, which is a finding of its own, the defaults. */
function settingsOf(
  place: NodePlace | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): AgentSettings {
  const nowhere: NodePlace = { root: "/", node: "none", directory: "/nonexistent" };
  try {
    return loadSettings(place ?? nowhere, {}, environment);
  } catch {
    return loadSettings(nowhere, {}, {});
  }
}

function hubOf({ hub, environment }: ExamineOptions, settings: AgentSettings): NamedHub | null {
  if (hub !== null) return { address: hub, source: "--hub" };
  if (settings.hub === null) return null;
  return {
    address: settings.hub,
    source: environment["SPIRAL_HUB"] === settings.hub ? "SPIRAL_HUB" : "agent.json",
  };
}
