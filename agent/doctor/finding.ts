/**
 * Finding: what doctor says about one thing of this box, with what it saw and what a person can do about it.
 * A check that could not look says so in a note: what is unknown is never called well.
 */

/** `note` asks for nothing, `warn` costs something some day, `fail` keeps the agent or its work from running. */
export const SEVERITIES = ["ok", "note", "warn", "fail"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** In the order in which they are shown; the first word of a finding's id. */
export const GROUPS = ["gpu", "memory", "box", "disk", "network", "node", "restarts"] as const;
export type Group = (typeof GROUPS)[number];

export interface Finding {
  /** Stable, for programs: `gpu.persistence`. */
  readonly id: `${Group}.${string}`;
  readonly severity: Severity;
  readonly title: string;
  /** What was seen, one fact a line. Never the content of a secret. */
  readonly evidence: readonly string[];
  /** What to do, as a command where there is one; null where nothing is to be done. */
  readonly cure: string | null;
}

type Rest = Partial<Pick<Finding, "evidence" | "cure">>;

export function ok(id: Finding["id"], title: string, evidence: readonly string[] = []): Finding {
  return { id, severity: "ok", title, evidence, cure: null };
}

export function note(id: Finding["id"], title: string, rest: Rest = {}): Finding {
  return { id, severity: "note", title, evidence: [], cure: null, ...rest };
}

/** Whatever is wrong has a cure. */
export function warn(id: Finding["id"], title: string, rest: Rest & Pick<Finding, "cure">): Finding {
  return { id, severity: "warn", title, evidence: [], ...rest };
}

export function fail(id: Finding["id"], title: string, rest: Rest & Pick<Finding, "cure">): Finding {
  return { id, severity: "fail", title, evidence: [], ...rest };
}

export function groupOf({ id }: Finding): Group {
  return id.slice(0, id.indexOf(".")) as Group;
}

/** The worst severity among the findings; `ok` when there are none. */
export function worstOf(findings: readonly Finding[]): Severity {
  const ranks = findings.map(({ severity }) => SEVERITIES.indexOf(severity));
  return SEVERITIES[Math.max(0, ...ranks)] ?? "ok";
}

const EXIT: Readonly<Record<Severity, number>> = { ok: 0, note: 0, warn: 1, fail: 3 };

/** Exit status of the command; 2 is left to wrong usage. */
export function exitStatusOf(findings: readonly Finding[]): number {
  return EXIT[worstOf(findings)];
}
