/** Invariants: a broken promise of our own code ends the process; it is never a reply. */

/** Throws when `condition` is false; kept on in production. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}

/** Makes a switch over a union total: a new member fails to compile here. */
export function assertNever(value: never): never {
  throw new Error(`invariant broken: unexpected member ${JSON.stringify(value)}`);
}

/** The value, when it is known to be there; anything else is a bug of ours. */
export function must<T>(value: T | null | undefined, message: string): T {
  if (value === null || value === undefined) throw new Error(`invariant broken: ${message}`);
  return value;
}
