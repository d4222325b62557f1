/** Fleet: the demo's three processes, one hub and two agents with simulated cards, from start to stop. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { connectHub, type HubClient } from "../cli/client.ts";
import type { Settings } from "../cli/settings.ts";
import { readStatus } from "../cli/views.ts";
import { type Child, startChild } from "./child.ts";

export interface Fleet {
  readonly hub: Child;
  readonly agents: readonly Child[];
  readonly client: HubClient;
  /** Ends the agents, then the hub, whoever of them still lives. Resolves with a line for each. */
  readonly stop: (graceMs: number) => Promise<readonly string[]>;
}

const NODES = ["alpha", "beta"] as const;
const READY_MS = 30_000;

/** Resolves when both nodes are attached and their telemetry is fresh. Rejects with FleetError, all ended. */
export async function startFleet(
  settings: Settings,
  onDeath: (child: Child, how: string) => void,
): Promise<Fleet> {
  const { root } = settings;
  const children: Child[] = [];
  const start = (name: string, program: "hub" | "agent", argv: readonly string[]): Child => {
    const child = startChild({ name, program, argv, logPath: join(root, `demo/${name}.log`), onDeath });
    children.push(child);
    return child;
  };
  const stop = (graceMs: number): Promise<readonly string[]> => stopAll(children, graceMs);
  try {
    const hub = start("hub", "hub", ["serve", "--root", root, "--port", "0"]);
    await hub.waitUntil(() => hasEndpoint(root, hub.pid), READY_MS);
    const client = connectHub(settings);
    const agents = NODES.map((node) =>
      start(node, "agent", ["serve", "--root", root, "--node", node, "--gpu", "simulated"]),
    );
    for (const agent of agents) await agent.waitUntil(() => isReady(client, agent.name), READY_MS);
    return { hub, agents, client, stop };
  } catch (error) {
    await stop(0);
    throw error;
  }
}

/** Whether the hub with this pid has written where it listens. */
async function hasEndpoint(root: string, pid: number): Promise<boolean> {
  const text = await readFile(join(root, "hub/endpoint.json"), "utf8").catch(() => "{}");
  return JSON.parse(text).pid === pid;
}

async function isReady(client: HubClient, name: string): Promise<boolean> {
  const { nodes } = readStatus(await client.call("GetStatus", {}));
  return nodes.some(
    ({ node, state, isTelemetryFresh }) => node === name && state === "ready" && isTelemetryFresh,
  );
}

/** The hub goes last, so that the agents can still say how their work ended. */
async function stopAll(children: readonly Child[], graceMs: number): Promise<readonly string[]> {
  const stopOne = async (child: Child): Promise<string> => {
    const verb = child.hasEnded() ? "had ended" : "ended";
    return `${child.name} (pid ${child.pid}) ${verb} ${await child.stop(graceMs)}`;
  };
  const [hub, ...agents] = children;
  const lines = await Promise.all(agents.map(stopOne));
  return hub === undefined ? lines : [...lines, await stopOne(hub)];
}
