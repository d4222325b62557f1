/**
 * Gate: the arithmetic that lets a claim in or keeps it out (SPEC N2, layer 0). A gate is a pressure at
 * which a priority is refused; equality refuses. Everything here is plain numbers, so that the agent, the
 * hub's placement and the Academy judge a card by the same two lines.
 */
import { PRIORITIES, PRIORITY_GATE, type Priority } from "../model/priority.ts";
import { pressureRatio } from "./pressure.ts";

export type GateTable = Readonly<Record<Priority, number>>;

/**
 * How residents count. `literal`: like everything else. `resident-aware`: the bytes of services that the
 * operator declared resident leave both used and usable for background and batch, so that a card which
 * carries its FLUX and its LLM all day can still admit a render; identical where nothing is resident.
 */
export const GATE_POLICIES = ["resident-aware", "literal"] as const;
export type GatePolicy = (typeof GATE_POLICIES)[number];

/**
 * Gates for a card of 8 GB or so, where one persona is most of the card: a sentinel, a 6.6 GB persona and
 * embeddings fit below interactive, batch does not. `doctor` proposes it; config chooses it.
 */
export const SMALL_NODE_GATES: GateTable = { ...PRIORITY_GATE, realtime: 0.98, interactive: 0.97 };

/** A card as one priority sees it. */
export interface GateView {
  readonly usedBytes: number;
  readonly usableBytes: number;
  /** Refused at and above this pressure. */
  readonly gate: number;
}

export interface CardBytes {
  readonly usedBytes: number;
  readonly usableBytes: number;
  /** Bytes of the consumers declared resident, part of `usedBytes`. */
  readonly residentBytes: number;
}

/** The view of a card through one priority's gate. */
export function gateView(
  card: CardBytes,
  priority: Priority,
  gates: GateTable,
  policy: GatePolicy,
): GateView {
  const gate = gates[priority];
  const outBytes = discountedBytes(card.residentBytes, priority, policy);
  return {
    usedBytes: Math.max(0, card.usedBytes - outBytes),
    usableBytes: Math.max(0, card.usableBytes - outBytes),
    gate,
  };
}

/** What a gate leaves out of both used and usable. */
export function discountedBytes(residentBytes: number, priority: Priority, policy: GatePolicy): number {
  return policy === "resident-aware" && mayDiscountResidents(priority) ? residentBytes : 0;
}

/** Whether the gate policies differ for this priority where something is resident. */
export function mayDiscountResidents(priority: Priority): boolean {
  return priority === "background" || priority === "batch";
}

/** Whether `addedBytes` more stay strictly below the gate; a card with nothing usable admits nothing. */
export function isBelowGate(view: GateView, addedBytes: number): boolean {
  return view.usableBytes > 0 && pressureRatio(view.usedBytes + addedBytes, view.usableBytes) < view.gate;
}

/**
 * The largest whole number of bytes that `isBelowGate` still accepts, 0 when there is none. Division
 * decides admission, so the product is only a first guess and is walked to the exact edge.
 */
export function headroomUnderGate(view: GateView): number {
  if (!isBelowGate(view, 0)) return 0;
  let bytes = Math.max(0, Math.ceil(view.gate * view.usableBytes) - 1 - view.usedBytes);
  while (bytes > 0 && !isBelowGate(view, bytes)) bytes -= 1;
  while (isBelowGate(view, bytes + 1)) bytes += 1;
  return bytes;
}

/** One figure per priority. */
export function byPriority<T>(figureOf: (priority: Priority) => T): Record<Priority, T> {
  const [realtime, interactive, background, batch] = PRIORITIES;
  return {
    realtime: figureOf(realtime),
    interactive: figureOf(interactive),
    background: figureOf(background),
    batch: figureOf(batch),
  };
}
