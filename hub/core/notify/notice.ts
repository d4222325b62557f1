/**
 * Notice: one thing that a person should hear of, whatever carries it there. Its id is a function of what it
 * tells, so that a notice that is delivered twice can be known for the same one (SPEC H12).
 */

/** What a notice can be about; rules choose by it. `sentinel` and `token` have no source yet. */
export const TOPICS = [
  "panic",
  "safe",
  "quarantine",
  "campaign",
  "disk",
  "token",
  "service",
  "wedged",
  "node-lost",
  "guardrail",
  "hub-restart",
  "takeover",
  "clone",
  "sentinel",
  "test",
] as const;
export type Topic = (typeof TOPICS)[number];

/** From least to most; only `critical` passes quiet hours and is never dropped. */
export const SEVERITIES = ["info", "warning", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Notice {
  readonly id: string;
  readonly topic: Topic;
  readonly severity: Severity;
  /** What it is about: a job, a node, a campaign; with the topic it is the key of de-duplication. */
  readonly subject: string;
  readonly title: string;
  readonly text: string;
  readonly wallMs: number;
  readonly node: string | null;
  readonly campaign: string | null;
}

export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

export function worse(a: Severity, b: Severity): Severity {
  return severityRank(a) >= severityRank(b) ? a : b;
}
