/**
 * Capacity: what the fleet has and could take, as one figure for every console (SPEC H6). It counts what nodes said of
 * themselves last: nodes that are suspect or lost are counted apart, and those that take no work now are part of the
 * total only. What a driver does not tell is neither free nor used.
 */
import type { Claim, GpuReading } from "../../../shared/model/messages.ts";
import type { Lane, Priority } from "../../../shared/model/priority.ts";
import { byPriority } from "../../../shared/policy/gate.ts";
import { isNodeClear } from "../arbiter/arbiter.ts";
import { closedFor, whyQuarantined } from "../nodes/health.ts";
import type { NodeSession } from "../soft.ts";
import type { Lease } from "../state.ts";
import type { HubCore } from "../transaction.ts";

export interface NodesApart {
  readonly nodes: number;
  readonly totalBytes: number;
}

export interface FleetCapacity {
  /** Ready ones. */
  readonly nodes: number;
  readonly cards: number;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** Of cards whose use is unknown: in the total and not in what is free. */
  readonly unknownBytes: number;
  /** What gates leave room for, over all cards. */
  readonly admissible: Readonly<Record<Priority, number>>;
  /** The largest single job that fits now. */
  readonly largest: Readonly<Record<Priority, number>>;
  readonly slots: Readonly<Record<Lane, { readonly free: number; readonly taken: number }>>;
  /** Nodes that take work and have not told what they have room for; the figures leave them out. */
  readonly untoldNodes: number;
  /** Ready nodes that take no work now. */
  readonly closed: NodesApart;
  readonly suspect: NodesApart;
  readonly lost: NodesApart;
}

type Liveness = "ready" | "suspect" | "lost";

/** suspect: the stream is closed or silent; lost: so long that its leases are given away (SPEC H7). */
export function livenessOf({ soft, timing }: HubCore, node: string, bootMs: number): Liveness {
  const silentMs = bootMs - (soft.lastSeenBootMs.get(node) ?? bootMs);
  if (silentMs >= timing.regrantAfterMs) return "lost";
  return soft.sessions.has(node) && silentMs < timing.suspectMs ? "ready" : "suspect";
}

interface Now {
  readonly bootMs: number;
  readonly journalMs: number;
}

/** A node that takes work. */
interface OpenNode {
  readonly session: NodeSession;
  readonly leases: readonly Lease[];
  /** Of them those that its offer does not know of. */
  readonly since: readonly Lease[];
}

export function fleetCapacity(core: HubCore, now: Now): FleetCapacity {
  const nodes: Record<Liveness, string[]> = { ready: [], suspect: [], lost: [] };
  for (const node of core.soft.lastSeenBootMs.keys()) nodes[livenessOf(core, node, now.bootMs)].push(node);
  const open = openNodes(core, nodes.ready, now);
  const closed = nodes.ready.filter((node) => !open.some(({ session }) => session.node === node));
  const cards = nodes.ready.flatMap((node) => cardsOf(core, node));
  const rooms = byPriority((priority) => open.flatMap((each) => roomsOn(core, each, priority)));
  return {
    nodes: nodes.ready.length,
    cards: cards.length,
    totalBytes: totalOf(cards),
    freeBytes: sum(
      cards.map(({ totalBytes, usedBytes }) => Math.max(0, totalBytes - (usedBytes ?? totalBytes))),
    ),
    unknownBytes: totalOf(cards.filter(({ usedBytes }) => usedBytes === null)),
    admissible: byPriority((priority) => sum(rooms[priority])),
    largest: byPriority((priority) => Math.max(0, ...rooms[priority])),
    slots: {
      gpu: slotsOf(core, open, "gpu", ({ gpuSlots }) => gpuSlots),
      cpu: slotsOf(core, open, "cpu", ({ cpuSlots }) => cpuSlots),
    },
    untoldNodes: open.filter(isUntold).length,
    closed: apart(core, closed),
    suspect: apart(core, nodes.suspect),
    lost: apart(core, nodes.lost),
  };
}

function apart(core: HubCore, nodes: readonly string[]): NodesApart {
  return { nodes: nodes.length, totalBytes: totalOf(nodes.flatMap((node) => cardsOf(core, node))) };
}

/** Cards of a node as they were read last. */
export function cardsOf({ soft }: HubCore, node: string): readonly GpuReading[] {
  const session = soft.sessions.get(node);
  if (session === undefined) return soft.cardsGone.get(node) ?? [];
  const read = soft.telemetry.get(node)?.frame.gpus ?? [];
  return read.length > 0 ? read : session.hello.gpus;
}

function openNodes(core: HubCore, nodes: readonly string[], { bootMs, journalMs }: Now): readonly OpenNode[] {
  const leases = new Map<string, Lease[]>(nodes.map((node) => [node, []]));
  for (const lease of core.state.leases.values()) leases.get(lease.node)?.push(lease);
  return [...leases].flatMap(([node, held]) => {
    const session = core.soft.sessions.get(node);
    const isOpen =
      isNodeClear(core, node, bootMs) &&
      !core.state.cordons.has(node) &&
      whyQuarantined(core, node, journalMs) === null;
    if (session === undefined || !isOpen) return [];
    const since = held.filter(({ token }) => token > (session.offer?.maxTokenSeen ?? 0));
    return [{ session, leases: held, since }];
  });
}

/** A node that is held down or has only just attached claims nothing at all, which is not the same as being full. */
function isUntold({ session: { offer }, leases }: OpenNode): boolean {
  if (offer === null) return true;
  return offer.gpuSlots + offer.cpuSlots + offer.headroom.length + leases.length === 0;
}

/** Room of each card of a node under one gate, less what was granted since the node told it. */
function roomsOn(core: HubCore, { session, since }: OpenNode, priority: Priority): readonly number[] {
  const { node, offer } = session;
  const rows = offer?.headroom.filter((row) => row.priority === priority) ?? [];
  return rows
    .filter(({ gpu }) => closedFor(core, node, gpu)[priority] === undefined)
    .map(({ gpu, bytes }) => {
      const granted = since.filter((lease) => lease.gpu === gpu).map(({ vramBytes = 0 }) => vramBytes);
      return Math.max(0, bytes - sum(granted));
    });
}

function slotsOf(
  { state }: HubCore,
  open: readonly OpenNode[],
  lane: Lane,
  told: (offer: Claim) => number,
): FleetCapacity["slots"][Lane] {
  const inLane = (leases: readonly Lease[]): number =>
    leases.filter(({ jobId }) => state.jobs.get(jobId)?.spec.lane === lane).length;
  const free = open.map(({ session: { offer }, since }) =>
    offer === null ? 0 : Math.max(0, told(offer) - inLane(since)),
  );
  return { free: sum(free), taken: sum(open.map(({ leases }) => inLane(leases))) };
}

function totalOf(cards: readonly GpuReading[]): number {
  return sum(cards.map(({ totalBytes }) => totalBytes));
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0);
}
