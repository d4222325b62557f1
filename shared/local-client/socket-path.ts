/** Socket path: where the agent of this box is found when nobody has said it. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { FleetError } from "../errors.ts";

export const AGENT_SOCKET = "agent.sock";
/** The variable that names the socket outright. */
export const AGENT_SOCKET_VARIABLE = "SPIRAL_AGENT_SOCKET";

/** Throws FleetError "unavailable" when there is none below the root, "invalid" when there are several. */
export function findAgentSocket(named: string | undefined, root: string): string {
  if (named !== undefined && named !== "") return named;
  const agents = join(root, "agents");
  const nodes = existsSync(agents) ? readdirSync(agents) : [];
  const found = nodes.map((node) => join(agents, node, AGENT_SOCKET)).filter((path) => existsSync(path));
  const [path, another] = found;
  if (path === undefined) {
    throw new FleetError("unavailable", `no agent socket below ${agents}: start spiral-agent here`);
  }
  if (another !== undefined) {
    throw new FleetError(
      "invalid",
      `several agents: set ${AGENT_SOCKET_VARIABLE} to one of ${found.join(", ")}`,
    );
  }
  return path;
}
