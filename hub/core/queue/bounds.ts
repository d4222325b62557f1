/** Bounds: what overrides say an owner may hold at a time, in place of what control.json says. */
import type { HubState } from "../state.ts";

/** `slots:4`, `vram:34359738368`; null for anything else. */
export function readBound(value: string): { readonly slots: number } | { readonly vramMib: number } | null {
  const [, what, count] = /^(slots|vram):(\d{1,15})$/.exec(value) ?? [];
  if (what === undefined) return null;
  return what === "slots" ? { slots: Number(count) } : { vramMib: Math.floor(Number(count) / 1024 ** 2) };
}

/** What an owner may hold at a time by the orders that are in force, the newest of each kind. */
export function orderedBounds({ overrides }: HubState): ReadonlyMap<string, OrderedBound> {
  const bounds = new Map<string, OrderedBound>();
  for (const { effect, name, value = "" } of overrides.values()) {
    const bound = effect === "budget" ? readBound(value) : null;
    if (bound === null) continue;
    const known = bounds.get(name) ?? {};
    const more = "slots" in bound ? { maxSlots: bound.slots } : { maxVramMib: bound.vramMib };
    bounds.set(name, { ...known, ...more });
  }
  return bounds;
}

export interface OrderedBound {
  readonly maxSlots?: number;
  readonly maxVramMib?: number;
}
