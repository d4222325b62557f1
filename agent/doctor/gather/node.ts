/** Looks at one node: whether its agent runs, and whether it would start with what people wrote. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeError, FleetError } from "../../../shared/errors.ts";
import { connectLocal } from "../../../shared/local-client/client.ts";
import { AGENT_SOCKET } from "../../../shared/local-client/socket-path.ts";
import { openNodeDocument } from "../../config/node-document.ts";
import { loadSettings, type NodePlace } from "../../config.ts";
import { isAlive, systemProcesses } from "../../process/proc.ts";
import { loadRunners } from "../../runners/catalogue.ts";
import { openLatch } from "../../store/latch.ts";
import { type Moment, openStartLimits, type StartLimits } from "../../store/start-limits.ts";
import type { DocumentFacts } from "../checks/governance.ts";
import type { AgentCard, AgentFacts, NodeFacts } from "../checks/node.ts";
import { seenOrNull, unseen } from "../seen.ts";
import { look, lookAtText } from "./files.ts";

type Given = Readonly<Record<string, string | undefined>>;

export interface NodeLook {
  readonly facts: NodeFacts;
  readonly document: DocumentFacts;
  readonly startLimits: StartLimits;
  readonly socketPath: string;
  /** Processes that hold VRAM with the agent's consent; null where it cannot be asked. */
  readonly clientPids: readonly number[] | null;
  /** The cards that the agent governs; null where it cannot be asked. */
  readonly agentCards: readonly AgentCard[] | null;
}

interface Answer {
  readonly clientPids: readonly number[];
  readonly agentCards: readonly AgentCard[];
}

export async function lookAtNode(place: NodePlace, environment: Given, now: Moment): Promise<NodeLook> {
  const { node, directory } = place;
  const limits = await look(() => openStartLimits(directory).load(now));
  const socketPath = join(directory, AGENT_SOCKET);
  const agent = await lookAtAgent(directory);
  const answer = agent.kind === "running" ? await look(() => askAgent(socketPath)) : unseen("no agent");
  const isMute = agent.kind === "running" && answer.kind === "unseen";
  return {
    facts: {
      node,
      directory,
      problems: [...settingsProblem(place, environment), ...(await runnersProblem(directory))],
      agent: isMute ? { ...agent, kind: "mute", reason: answer.reason } : agent,
      latch: openLatch(directory).read(),
    },
    document: lookAtDocument(directory),
    startLimits: seenOrNull(limits) ?? new Map(),
    socketPath,
    clientPids: seenOrNull(answer)?.clientPids ?? null,
    agentCards: seenOrNull(answer)?.agentCards ?? null,
  };
}

function settingsProblem(place: NodePlace, environment: Given): readonly string[] {
  try {
    loadSettings(place, {}, environment);
    return [];
  } catch (error) {
    return [problemText(error)];
  }
}

/** The catalogue makes its directory when there is none; then there is nothing to check either. */
async function runnersProblem(directory: string): Promise<readonly string[]> {
  const path = join(directory, "runners");
  if (!existsSync(path)) return [];
  const problem = await look(() => loadRunners(path).then(() => null, problemText));
  const text = problem.kind === "seen" ? problem.value : `${path}: ${problem.reason}`;
  return text === null ? [] : [text];
}

function lookAtDocument(directory: string): DocumentFacts {
  try {
    const { governance } = openNodeDocument(directory).rules;
    return { kind: "valid", isPresent: existsSync(join(directory, "node.json")), governance };
  } catch (error) {
    return { kind: "refused", problem: problemText(error) };
  }
}

async function askAgent(socketPath: string): Promise<Answer> {
  const client = connectLocal(socketPath);
  try {
    const [registry, { gpus }] = await Promise.all([client.registry(), client.stats()]);
    return {
      clientPids: registry.flatMap(({ pid }) => pid ?? []),
      agentCards: gpus.map(({ uuid, name, totalBytes, source }) => ({
        ...{ uuid, totalBytes, source },
        name: name ?? uuid,
      })),
    };
  } finally {
    await client.close();
  }
}

async function lookAtAgent(directory: string): Promise<Exclude<AgentFacts, { readonly kind: "mute" }>> {
  const lock = seenOrNull(await lookAtText(join(directory, "agent.lock")));
  const [, pid, startTicks] = /^(\d+) (\d+)\n$/.exec(lock ?? "") ?? [];
  if (pid === undefined || startTicks === undefined) return { kind: "none" };
  const identity = { pid: Number(pid), startTicks: Number(startTicks) };
  return { kind: isAlive(systemProcesses, identity) ? "running" : "dead", pid: identity.pid };
}

/** Without its causes: a parser quotes what it could not read, and that may be a secret. */
function problemText(error: unknown): string {
  return error instanceof FleetError ? error.message : describeError(error);
}
