/** Offence: one broken rule at one place, with why the rule exists and what to do instead. */
export interface Offence {
  readonly rule: string;
  readonly path: string;
  /** 1-based; 1 for a whole file. */
  readonly line: number;
  readonly found: string;
  readonly reason: string;
  readonly remedy: string;
}

/** One line for people. */
export function describeOffence(offence: Offence): string {
  const { path, line, rule, found, reason, remedy } = offence;
  return `${path}:${line} ${rule}: ${found}. ${reason} Remedy: ${remedy}`;
}
