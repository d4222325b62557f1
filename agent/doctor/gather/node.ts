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
import type { AgentFacts, NodeFacts } from "../checks/node.ts";
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
}

export async function lookAtNode(place: NodePlace, environment: Given, now: Moment): Promise<NodeLook> {
  const { node, directory } = place;
  const limits = await look(() => openStartLimits(directory).load(now));
  const socketPath = join(directory, AGENT_SOCKET);
  const agent = await lookAtAgent(directory);
  const clients = agent.kind === "running" ? await look(() => askForClients(socketPath)) : unseen("no agent");
  const isMute = agent.kind === "running" && clients.kind === "unseen";
  return {
    facts: {
      node,
      directory,
      problems: [...settingsProblem(place, environment), ...(await runnersProblem(directory))],
      agent: isMute ? { ...agent, kind: "mute", reason: clients.reason } : agent,
      latch: openLatch(directory).read(),
    },
    document: lookAtDocument(directory),
    startLimits: seenOrNull(limits) ?? new Map(),
    socketPath,
    clientPids: seenOrNull(clients),
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

async function askForClients(socketPath: string): Promise<readonly number[]> {
  const client = connectLocal(socketPath);
  try {
    return (await client.registry()).flatMap(({ pid }) => pid ?? []);
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
