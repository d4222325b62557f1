/** Seen: a fact about the box, or the reason why it could not be looked at. */
export type Seen<T> =
  | { readonly kind: "seen"; readonly value: T }
  | { readonly kind: "unseen"; readonly reason: string };

export function seen<T>(value: T): Seen<T> {
  return { kind: "seen", value };
}

export function unseen(reason: string): { readonly kind: "unseen"; readonly reason: string } {
  return { kind: "unseen", reason };
}

/** The value, or null where there is none. */
export function seenOrNull<T>(fact: Seen<T>): T | null {
  return fact.kind === "seen" ? fact.value : null;
}
