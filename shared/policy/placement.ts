/**
 * Placement: which nodes may take a job, best first, and for each of the others the reason why not
 * (SPEC N10, H6). It matches at claim time on what nodes said of themselves; the node's own gate has the
 * last word, and a node that declined is told here as such.
 */
import type { Residents } from "../model/messages.ts";
import type { Lane, Priority } from "../model/priority.ts";
import { mayDiscountResidents } from "./gate.ts";

export interface PlacementGpu {
  readonly uuid: string;
  /** Largest claim that passes each gate now. */
  readonly headroomBytes: Readonly<Record<Priority, number>>;
  /** Largest claim that ever passes each gate, with nothing but the residents loaded. */
  readonly capacityBytes: Readonly<Record<Priority, number>>;
  /** Why it takes no work of a priority, whatever room there is. */
  readonly closed?: Readonly<Partial<Record<Priority, string>>>;
  /** Null: nothing is resident; absent: nobody told. */
  readonly residents?: Residents | null;
}

export interface PlacementNode {
  readonly nodeId: string;
  readonly liveness: "ready" | "suspect" | "lost";
  readonly isCordoned: boolean;
  /** Why it is given nothing until it has proved itself again; null when nothing is wrong with it. */
  readonly quarantine: string | null;
  /** Its telemetry is too old to place work by. */
  readonly isStale: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly runners: readonly string[];
  readonly freeSlots: Readonly<Record<Lane, number>>;
  readonly gpus: readonly PlacementGpu[];
  /** Runners of the services that run there. */
  readonly services?: readonly string[];
  /** Models and services that are loaded already. */
  readonly warm: readonly string[];
}

export interface PlacementJob {
  readonly runner: string;
  readonly lane: Lane;
  readonly priority: Priority;
  readonly vramBytes: number;
  /** Only this node; null for any. */
  readonly nodeId: string | null;
  /** All of these must match. */
  readonly labels: Readonly<Record<string, string>>;
  /** Runner of the service that must run on its node. */
  readonly uses?: string | null;
  /** What it runs on; a node where that is warm comes first. */
  readonly warmKey: string | null;
  /** Nodes that declined it or where it failed. */
  readonly avoidNodes: readonly string[];
}

export type Misfit =
  | {
      readonly reason:
        | "other-node"
        | "not-ready"
        | "cordoned"
        | "stale"
        | "no-runner"
        | "no-slot"
        | "avoided";
    }
  | { readonly reason: "quarantined" | "unhealthy"; readonly detail: string }
  | { readonly reason: "label"; readonly label: string; readonly wanted: string }
  | { readonly reason: "no-service"; readonly service: string }
  | { readonly reason: "no-gpu" }
  /** It would fit once other work is gone. */
  | { readonly reason: "no-headroom"; readonly vramBytes: number; readonly headroomBytes: number }
  /** It can never fit: it would take this node down. */
  | { readonly reason: "too-big"; readonly vramBytes: number; readonly capacityBytes: number };

export interface PlacementCandidate {
  readonly nodeId: string;
  /** The card it would go to; null for work that needs none. */
  readonly gpuUuid: string | null;
  readonly isWarm: boolean;
  readonly headroomBytes: number;
}

export interface Placement {
  /** Best first. */
  readonly candidates: readonly PlacementCandidate[];
  readonly misfits: readonly { readonly nodeId: string; readonly misfit: Misfit }[];
}

/** A job that needs more than this share of a card's capacity is big and goes where most is free. */
const BIG_SHARE = 0.5;

/** A candidate with what it is weighed by. */
export interface Seat extends PlacementCandidate {
  readonly capacityBytes: number;
  readonly freeSlots: number;
  /** As its card; absent too where no gate policy asks for it. */
  readonly residents?: Residents | null;
}

/**
 * How seats are weighed once warm nodes are first. `fit`: a big job goes to the card with most headroom, a small one
 * to the smallest card, so that large cards stay free for what fits nowhere else. `most-free`: always to the card with
 * most headroom. `first`: in the order of ids.
 */
export const PLACEMENT_STRATEGIES = ["fit", "most-free", "first"] as const;
export type PlacementStrategy = (typeof PLACEMENT_STRATEGIES)[number];

/** Nodes that may take a job, best first, and for each of the others the reason. */
export function place(job: PlacementJob, nodes: readonly PlacementNode[]): Placement {
  const { seats, misfits } = seatsFor(job, nodes);
  const candidates = rankSeats(seats, isBigFor(job.vramBytes, seats)).map((seat) => ({
    nodeId: seat.nodeId,
    gpuUuid: seat.gpuUuid,
    isWarm: seat.isWarm,
    headroomBytes: seat.headroomBytes,
  }));
  return { candidates, misfits };
}

/** The seats of a job, in no order. */
export function seatsFor(
  job: PlacementJob,
  nodes: readonly PlacementNode[],
): { readonly seats: readonly Seat[]; readonly misfits: Placement["misfits"] } {
  const seats: Seat[] = [];
  const misfits: { nodeId: string; misfit: Misfit }[] = [];
  for (const node of nodes) {
    const misfit = nodeMisfit(job, node) ?? cardMisfit(job, node);
    if (misfit === null) seats.push(seatOn(job, node));
    else misfits.push({ nodeId: node.nodeId, misfit });
  }
  return { seats, misfits };
}

/** Whether a job is big for one of its seats. */
export function isBigFor(vramBytes: number, seats: readonly Seat[]): boolean {
  return seats.some((seat) => vramBytes > seat.capacityBytes * BIG_SHARE);
}

/** Best first: warm ones, then as the strategy says, then by free slots, then by id: the order is total. */
export function rankSeats(
  seats: readonly Seat[],
  isBig: boolean,
  strategy: PlacementStrategy = "fit",
): readonly Seat[] {
  const byId = (a: Seat, b: Seat): number => (a.nodeId < b.nodeId ? -1 : 1);
  const byHeadroom = (a: Seat, b: Seat): number => b.headroomBytes - a.headroomBytes;
  const bySize = (a: Seat, b: Seat): number =>
    isBig || strategy === "most-free" ? byHeadroom(a, b) : a.capacityBytes - b.capacityBytes;
  const byStrategy = strategy === "first" ? byId : bySize;
  return seats.toSorted(
    (a, b) =>
      Number(b.isWarm) - Number(a.isWarm) || byStrategy(a, b) || b.freeSlots - a.freeSlots || byId(a, b),
  );
}

function nodeMisfit(job: PlacementJob, node: PlacementNode): Misfit | null {
  if (job.nodeId !== null && job.nodeId !== node.nodeId) return { reason: "other-node" };
  if (node.liveness !== "ready") return { reason: "not-ready" };
  if (node.isCordoned) return { reason: "cordoned" };
  if (node.quarantine !== null) return { reason: "quarantined", detail: node.quarantine };
  if (job.avoidNodes.includes(node.nodeId)) return { reason: "avoided" };
  if (!node.runners.includes(job.runner)) return { reason: "no-runner" };
  for (const [label, wanted] of Object.entries(job.labels)) {
    if (!Object.hasOwn(node.labels, label) || node.labels[label] !== wanted) {
      return { reason: "label", label, wanted };
    }
  }
  const { uses = null } = job;
  if (uses !== null && node.services?.includes(uses) !== true) return { reason: "no-service", service: uses };
  if (node.freeSlots[job.lane] <= 0) return { reason: "no-slot" };
  return null;
}

/** A claim of zero bytes is refused at a closed gate too, so some headroom is needed for any GPU job. */
function cardMisfit(job: PlacementJob, node: PlacementNode): Misfit | null {
  if (!needsCard(job)) return null;
  const { vramBytes, priority } = job;
  if (node.gpus.length === 0) return { reason: "no-gpu" };
  if (node.isStale) return { reason: "stale" };
  const open = node.gpus.filter((gpu) => gpu.closed?.[priority] === undefined);
  if (open.length === 0) return { reason: "unhealthy", detail: node.gpus[0]?.closed?.[priority] ?? "" };
  const capacityBytes = Math.max(...open.map((gpu) => gpu.capacityBytes[priority]));
  if (Math.max(1, vramBytes) > capacityBytes) return { reason: "too-big", vramBytes, capacityBytes };
  const headroomBytes = Math.max(...open.map((gpu) => gpu.headroomBytes[priority]));
  if (Math.max(1, vramBytes) > headroomBytes) return { reason: "no-headroom", vramBytes, headroomBytes };
  return null;
}

/** Whether it runs on a card, and its VRAM counts. */
export function needsCard(job: Pick<PlacementJob, "lane" | "vramBytes">): boolean {
  return job.lane === "gpu" || job.vramBytes > 0;
}

/** The card of this node with most headroom; the caller has checked that the job fits there. */
function seatOn(job: PlacementJob, node: PlacementNode): Seat {
  const { nodeId } = node;
  const isWarm = job.warmKey !== null && node.warm.includes(job.warmKey);
  const freeSlots = node.freeSlots[job.lane];
  const headroomOf = (gpu: PlacementGpu): number => gpu.headroomBytes[job.priority];
  const open = node.gpus.filter((each) => each.closed?.[job.priority] === undefined);
  const [gpu] = open.sort((a, b) => headroomOf(b) - headroomOf(a) || (a.uuid < b.uuid ? -1 : 1));
  if (gpu === undefined || !needsCard(job)) {
    return { nodeId, gpuUuid: null, isWarm, headroomBytes: 0, capacityBytes: 0, freeSlots };
  }
  return {
    nodeId,
    gpuUuid: gpu.uuid,
    isWarm,
    headroomBytes: headroomOf(gpu),
    capacityBytes: gpu.capacityBytes[job.priority],
    freeSlots,
    ...(gpu.residents === undefined || !mayDiscountResidents(job.priority)
      ? {}
      : { residents: gpu.residents }),
  };
}
