/** Node checks: whether the agent of a node would start, and what keeps it from working when it does. */
import type { GpuSource } from "../../../shared/model/messages.ts";
import type { LatchText } from "../../store/latch.ts";
import type { StartLimits } from "../../store/start-limits.ts";
import { type Finding, fail, note, ok, warn } from "../finding.ts";
import { listText } from "../words.ts";
import { type CardSize, cardText } from "./gpu.ts";

export interface NodeFacts {
  readonly node: string;
  readonly directory: string;
  /** Why agent.json, the environment or the runner definitions keep the agent from starting. */
  readonly problems: readonly string[];
  readonly agent: AgentFacts;
  readonly latch: LatchText | null;
}

export type AgentFacts =
  | { readonly kind: "running"; readonly pid: number }
  /** Its process is there and its local service is not. */
  | { readonly kind: "mute"; readonly pid: number; readonly reason: string }
  /** It was killed, or its box went down. */
  | { readonly kind: "dead"; readonly pid: number }
  | { readonly kind: "none" };

export function checkSettings({ node, problems, directory }: NodeFacts): Finding {
  const id = "node.config";
  if (problems.length === 0) return ok(id, `${node}: the agent's settings and runners are valid`);
  return fail(id, `${node}: the agent does not start with its present settings`, {
    evidence: problems,
    cure: `correct the field that is named, below ${directory}`,
  });
}

export function checkAgent({ node, agent }: NodeFacts): Finding {
  const id = "node.agent";
  if (agent.kind === "running") return ok(id, `${node}: the agent runs and answers, pid ${agent.pid}`);
  if (agent.kind === "mute") {
    return warn(id, `${node}: the agent runs, pid ${agent.pid}, and its local service does not answer`, {
      evidence: [agent.reason],
      cure: "an agent of another user is asked as that user or with sudo; else look at its log, then restart it",
    });
  }
  const evidence = agent.kind === "dead" ? [`the last one, pid ${agent.pid}, did not end by itself`] : [];
  return note(id, `${node}: the agent does not run`, { evidence, cure: `spiral agent ${node}` });
}

/** A card as the running agent has it. */
export interface AgentCard extends CardSize {
  /** Null while nobody reads it. */
  readonly source: GpuSource | null;
}

/** What the running agent governs, which may be other cards than this box has: simulated ones, or none. */
export function checkAgentCards(
  { node }: NodeFacts,
  own: readonly AgentCard[],
  box: readonly CardSize[],
): readonly Finding[] {
  const id = "node.gpu";
  if (own.length === 0 && box.length === 0) return [];
  if (own.length === 0) {
    return [
      warn(id, `${node}: the agent has no card and gives the gpu lane no work, though this box has one`, {
        evidence: box.map(cardText),
        cure: `start it with --gpu auto, or correct "gpu" in agent.json; its log says why it has none`,
      }),
    ];
  }
  const cards = listText(own.map(cardText));
  const simulated = own.filter(({ source }) => source === "simulated");
  if (simulated.length > 0) {
    return [note(id, `${node}: the agent governs ${cards}, simulated: no figure of it is real`)];
  }
  const sources = [...new Set(own.flatMap(({ source }) => source ?? []))];
  return [
    ok(id, `${node}: the agent governs ${cards}${sources.length === 0 ? "" : ` by ${sources.join(", ")}`}`),
  ];
}

export function checkLatch({ node, latch }: NodeFacts): readonly Finding[] {
  if (latch === null) return [];
  const isLocal = latch.by === "local";
  return [
    warn(
      "node.latch",
      `${node} is latched down ${isLocal ? "on this box" : "by the fleet"}: it takes no work`,
      {
        cure: isLocal ? `spiral-agent up --node ${node}` : "spiral up",
      },
    ),
  ];
}

/** Runners that failed too often to be started here again. */
export function checkStartLimits({ node }: NodeFacts, limits: StartLimits): readonly Finding[] {
  const givenUp = [...limits].filter(([, { gaveUpAtMs }]) => gaveUpAtMs !== null);
  if (givenUp.length === 0) return [];
  return [
    warn("node.start-limit", `${node}: runners are given up after repeated failures`, {
      evidence: givenUp.map(
        ([runner, { failures }]) => `${runner}: ${failures.own} own failures, ${failures.oom} out of memory`,
      ),
      cure: `correct the runner, then: spiral-agent forgive RUNNER --node ${node}`,
    }),
  ];
}

/** sun_path of unix(7), less its closing zero. */
const SOCKET_PATH_MAX = 107;

export function checkSocketPath({ node }: NodeFacts, path: string): readonly Finding[] {
  const bytes = Buffer.byteLength(path);
  if (bytes <= SOCKET_PATH_MAX) return [];
  return [
    fail("node.socket", `${node}: the path of the local socket is too long for the kernel`, {
      evidence: [`${path}: ${bytes} bytes, at most ${SOCKET_PATH_MAX}`],
      cure: "a shorter root: --root DIR or SPIRAL_ROOT",
    }),
  ];
}

/** No node has a directory here and none was named. */
export function checkNoNode(root: string): Finding {
  return note("node.none", `no node can be seen below ${root}/agents`, {
    cure: "name one with --node NAME, or start its agent: spiral agent NAME",
  });
}
