/** Sample: whose VRAM a card's processes hold, as far as anybody knows them. Whoever is not known is foreign. */
import type { ForeignProcess } from "../../shared/model/messages.ts";
import type { CardSample } from "../core/telemetry.ts";
import type { GpuCard, GpuProcess } from "./sensor.ts";

/** One consumer behind a process; a process may stand behind several. */
export interface ProcessOwner {
  /** The consumer's id. */
  readonly id: string;
  readonly promisedBytes: number;
}

export type OwnersOf = (process: GpuProcess, gpu: string) => readonly ProcessOwner[];

export function sampleCards(cards: readonly GpuCard[], ownersOf: OwnersOf): readonly CardSample[] {
  return cards.map((card) => sampleCard(card, ownersOf));
}

function sampleCard(card: GpuCard, ownersOf: OwnersOf): CardSample {
  const { reading, processes, reservedBytes } = card;
  const condition = { recovery: card.recovery, throttle: card.throttle, isReadable: card.fault === null };
  // One process of unknown size makes every share of the card unknown.
  if (processes === null || processes.some(({ usedBytes }) => usedBytes === null)) {
    return { reading, byConsumer: null, foreign: [], unattributedBytes: null, condition };
  }
  const byConsumer = new Map<string, number>();
  const foreign: ForeignProcess[] = [];
  let toldBytes = reservedBytes ?? 0;
  for (const process of processes) {
    const bytes = process.usedBytes ?? 0;
    toldBytes += bytes;
    const owners = ownersOf(process, reading.uuid);
    if (owners.length === 0) foreign.push({ pid: process.pid, name: process.name, bytes });
    for (const [id, share] of shareOut(bytes, owners)) byConsumer.set(id, (byConsumer.get(id) ?? 0) + share);
  }
  foreign.sort((a, b) => b.bytes - a.bytes || a.pid - b.pid);
  const unattributedBytes =
    reading.usedBytes === null || reservedBytes === null ? null : Math.max(0, reading.usedBytes - toldBytes);
  return { reading, byConsumer, foreign, unattributedBytes, condition };
}

/** Each owner up to its promise, in order; what is beyond all promises is the last one's. */
function shareOut(bytes: number, owners: readonly ProcessOwner[]): readonly (readonly [string, number])[] {
  let leftBytes = bytes;
  return owners.map(({ id, promisedBytes }, index) => {
    const share = index === owners.length - 1 ? leftBytes : Math.min(leftBytes, promisedBytes);
    leftBytes -= share;
    return [id, share];
  });
}
