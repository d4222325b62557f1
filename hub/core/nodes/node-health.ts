/**
 * Node health: what the hub remembers of the state of nodes and their cards, folded from events alone. What a node
 * says of its cards counts until it says otherwise or a new agent begins; that everything fails fast on a node is
 * seen here, because only the hub sees that the same work succeeds elsewhere (SPEC N12).
 */
import type { CardStanding } from "../../../shared/model/health.ts";
import { EXIT_BAD_PARAMETERS } from "../../../shared/model/job.ts";
import type { HubEvent } from "../event.ts";
import type { HubState, Job } from "../state.ts";

type Of<K extends HubEvent["kind"]> = Extract<HubEvent, { kind: K }>;

/** A card that is not well. */
export interface CardNote {
  readonly standing: Exclude<CardStanding, "well">;
  readonly reason: string;
  readonly cure: string | null;
  readonly sinceMs: number;
  readonly sinceWallMs: number;
}

/** A job that failed by its own fault. */
export interface FailedRun {
  readonly jobId: string;
  readonly runner: string;
  readonly ranMs: number;
  readonly atMs: number;
}

/** A node that is given nothing, because everything fails on it. */
export interface Hole {
  readonly reason: string;
  readonly cure: string | null;
  /** Times in a row, the probes that failed included. */
  readonly strikes: number;
  readonly sinceMs: number;
  readonly sinceWallMs: number;
  /** Journal time from which one job at a time is tried. */
  readonly untilMs: number;
  /** The job that is being tried. */
  probeToken: number | null;
}

export interface NodeHealth {
  /** Of the agent that served it last. */
  agentInstance: string;
  generation?: number;
  machineId?: string;
  /** Whether the panic guard counts it: attached, or away for a moment; absent where it has not attached since hubs say so. */
  isInFleet?: boolean;
  /** By UUID. */
  cards: Record<string, CardNote>;
  /** Own failures of distinct jobs since the last success, oldest first. */
  streak: FailedRun[];
  /** By runner: journal time of its last success here. */
  wins: Record<string, number>;
  hole: Hole | null;
}

/** Failures of one node that are remembered. */
const STREAK_MAX = 16;
/** Runners of one node whose successes are remembered. */
const WINS_MAX = 128;

export function healthOf(state: HubState, node: string): NodeHealth {
  const known = state.health.get(node);
  if (known !== undefined) return known;
  const health: NodeHealth = { agentInstance: "", cards: {}, streak: [], wins: {}, hole: null };
  state.health.set(node, health);
  return health;
}

export function applyPresence(state: HubState, event: Of<"node.attached" | "node.left">): void {
  if (event.kind === "node.attached") return applyAttached(state, event);
  const known = state.health.get(event.node);
  if (known !== undefined) known.isInFleet = false;
}

/** A new agent has seen nothing yet and speaks for itself. */
function applyAttached(state: HubState, event: Of<"node.attached">): void {
  const { node, agentInstance, generation = 0, machineId = "" } = event;
  const health = healthOf(state, node);
  if (health.agentInstance !== agentInstance) health.cards = {};
  Object.assign(health, { agentInstance, generation, machineId, isInFleet: true });
}

/** Nobody is waited for any more. */
export function disband({ health }: HubState): void {
  for (const known of health.values()) if (known.isInFleet === true) known.isInFleet = false;
}

export type StandingEvent = Of<"node.throttled" | "node.drained" | "node.quarantined" | "node.returned">;

export function applyStanding(state: HubState, event: StandingEvent): void {
  const { node, gpu, reason, cure, at } = event;
  const health = healthOf(state, node);
  const since = { sinceMs: at.journalMs, sinceWallMs: at.wallMs };
  if (gpu === null) {
    health.streak = [];
    if (event.kind !== "node.quarantined") {
      health.hole = null;
      return;
    }
    const strikes = (health.hole?.strikes ?? 0) + 1;
    health.hole = {
      reason,
      cure,
      strikes,
      ...since,
      untilMs: event.untilMs ?? at.journalMs,
      probeToken: null,
    };
    return;
  }
  if (event.kind === "node.returned") delete health.cards[gpu];
  else health.cards[gpu] = { standing: STANDINGS[event.kind], reason, cure, ...since };
}

const STANDINGS = {
  "node.throttled": "throttled",
  "node.drained": "drained",
  "node.quarantined": "quarantined",
} as const;

/** Whatever a quarantined node is granted is its probe. */
export function applyProbe(state: HubState, { node, token }: Of<"job.leased">): void {
  const hole = state.health.get(node)?.hole ?? null;
  if (hole !== null) hole.probeToken = token;
}

export function applySuccess(state: HubState, job: Job, journalMs: number): void {
  if (job.node === null) return;
  const health = healthOf(state, job.node);
  health.streak = [];
  delete health.wins[job.spec.runner];
  health.wins[job.spec.runner] = journalMs;
  const [oldest] = Object.keys(health.wins);
  if (oldest !== undefined && Object.keys(health.wins).length > WINS_MAX) delete health.wins[oldest];
}

/** Parameters that no node can run are nobody's fault but the job's. */
export function applyFailure(state: HubState, job: Job, event: Of<"attempt.ended">): void {
  const health = healthOf(state, event.node);
  if (health.hole?.probeToken === event.token) health.hole.probeToken = null;
  if (event.outcome !== "own-failure" || event.exitCode === EXIT_BAD_PARAMETERS) return;
  const run = { jobId: job.id, runner: job.spec.runner, ranMs: event.ranMs, atMs: event.at.journalMs };
  health.streak = [...health.streak.filter(({ jobId }) => jobId !== job.id), run].slice(-STREAK_MAX);
}
