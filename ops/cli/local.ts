/** Local: the agents of this machine, and which of them a verb means. */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { FleetError } from "../../shared/errors.ts";
import { AGENT_SOCKET } from "../../shared/local-client/socket-path.ts";
import type { Settings } from "./settings.ts";

export interface LocalAgent {
  readonly node: string;
  readonly socketPath: string;
}

/** Those with a socket below the root, by name; or the one that SPIRAL_AGENT_SOCKET names. */
export function findLocalAgents({ root, agentSocket }: Settings): readonly LocalAgent[] {
  if (agentSocket !== null) return [{ node: basename(dirname(agentSocket)), socketPath: agentSocket }];
  const agents = join(root, "agents");
  const nodes = existsSync(agents) ? readdirSync(agents).sort() : [];
  return nodes
    .map((node) => ({ node, socketPath: join(agents, node, AGENT_SOCKET) }))
    .filter(({ socketPath }) => existsSync(socketPath));
}

/** The one agent that is meant. Throws "unavailable" when it is not here, "invalid" when several could be. */
export function pickLocalAgent(settings: Settings, node: string | undefined): LocalAgent {
  const [agent, another, ...more] = named(findLocalAgents(settings), node);
  if (agent === undefined) throw noAgentHere(settings, node);
  if (another === undefined) return agent;
  const names = [agent, another, ...more].map((each) => each.node).join(", ");
  throw new FleetError("invalid", `several agents run here: choose one with --node (${names})`);
}

export function named(agents: readonly LocalAgent[], node: string | undefined): readonly LocalAgent[] {
  return node === undefined ? agents : agents.filter((agent) => agent.node === node);
}

export function noAgentHere({ root }: Settings, node: string | undefined): FleetError {
  const who = node === undefined ? "no agent has" : `no agent of ${node} has`;
  const start = `spiral agent ${node ?? "NAME"} --root ${root}`;
  return new FleetError("unavailable", `${who} a socket below ${root}/agents: start one with \`${start}\``);
}
