/** Journal: typed views of the lines that the checks build on. */
import type { JournalLine } from "../history.ts";

const ENDS = ["job.succeeded", "job.cancelled"] as const;
const END_STATES = ["failed", "cancelled", "quarantined"];

export function ofKind(journal: readonly JournalLine[], kind: string): readonly JournalLine[] {
  return journal.filter((line) => line.kind === kind);
}

export function jobOf(line: JournalLine): string {
  return String(line["jobId"]);
}

export function tokenOf(line: JournalLine): number {
  return Number(line["token"]);
}

/** The producer is part of the journal's key; what the client chose comes behind it. */
export function keyOf(line: JournalLine): string {
  return String(line["key"]).replace(/^[^/]*\//, "");
}

/** Every line that ends a job for good, in order. */
export function endsOf(journal: readonly JournalLine[]): readonly JournalLine[] {
  return journal.filter((line) => {
    if (ENDS.some((kind) => kind === line.kind)) return true;
    if (line.kind !== "attempt.ended") return false;
    const next = line["next"] as { readonly state?: string } | undefined;
    return END_STATES.includes(next?.state ?? "");
  });
}

/** Job by the key that a client chose. */
export function jobsByKey(journal: readonly JournalLine[]): ReadonlyMap<string, string> {
  return new Map(ofKind(journal, "job.submitted").map((line) => [keyOf(line), jobOf(line)]));
}
