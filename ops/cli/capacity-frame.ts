/**
 * Capacity frame: the fleet as one card: what it has, what each gate leaves room for, and what is out of reach. A figure
 * that nobody has told is not shown as 0, and one that nobody is granted now is not shown as if it were. Pure.
 */
import { formatBytes } from "./format.ts";
import type { Colours } from "./output.ts";
import type { Capacity, Status } from "./views.ts";

type Told = Pick<Status, "desired" | "rule">;

export function drawCapacity(capacity: Capacity, told: Told, { dim, yellow }: Colours): readonly string[] {
  const { nodes, cards, closed, suspect, lost } = capacity;
  if (nodes + suspect.nodes + lost.nodes === 0) return [];
  const of = closed.nodes === 0 ? "" : `, ${closed.nodes} of them closed`;
  const apart = (["suspect", "lost"] as const)
    .filter((name) => capacity[name].nodes > 0)
    .map((name) => `${name} ${capacity[name].nodes} (${formatBytes(capacity[name].totalBytes)})`);
  const admits = cards === 0 ? null : admitsOf(capacity, told);
  return [
    `${dim("capacity")}    ${nodes} node(s)${of}, ${cards} card(s): VRAM ${vramOf(capacity)}; slots ${slotsOf(capacity, told)}`,
    ...(admits === null ? [] : [`${dim("admits")}      ${admits}`]),
    ...(apart.length === 0 ? [] : [`${dim("apart")}       ${yellow(apart.join(", "))}`]),
    "",
  ];
}

function vramOf({ totalBytes, freeBytes, unknownBytes }: Capacity): string {
  const unknown = unknownBytes === 0 ? "" : `, ${formatBytes(unknownBytes)} unknown`;
  return `${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)}${unknown}`;
}

function slotsOf(capacity: Capacity, { desired }: Told): string {
  if (isClosed(capacity)) return "none: every node is closed";
  if (capacity.slots.length === 0)
    return desired === "up" ? "not told yet" : `not told while ${desired.toUpperCase()}`;
  const lanes = capacity.slots.map(({ lane, free, taken }) => `${lane} ${free} of ${free + taken} free`);
  const rest = capacity.untoldNodes === 0 ? "" : `, ${capacity.untoldNodes} node(s) have not told theirs`;
  return `${lanes.join(", ")}${rest}`;
}

/** What each gate leaves room for; null where nobody can say. */
function admitsOf(capacity: Capacity, { rule }: Told): string | null {
  if (isClosed(capacity) || capacity.admissible.length === 0) return null;
  const rooms = capacity.admissible.map(
    ({ priority, bytes, largestBytes }) =>
      `${priority} ${formatBytes(bytes)}${bytes === largestBytes ? "" : ` (largest ${formatBytes(largestBytes)})`}`,
  );
  const isGranting = rule === null || rule === "clear";
  return isGranting ? rooms.join(", ") : `nothing now (${rule}); the gates have room for ${rooms.join(", ")}`;
}

function isClosed({ nodes, closed }: Capacity): boolean {
  return closed.nodes > 0 && closed.nodes === nodes;
}
