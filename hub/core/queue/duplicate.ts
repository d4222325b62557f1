/**
 * Duplicate: whether a submit that repeats a key asks for the same job. A producer that means another job by an
 * old key would otherwise be answered with work it did not ask for, and never learn it.
 */
import type { JobSpec } from "../../../shared/model/job.ts";

/** Names of the fields in which `asked` differs from the job that the key names already, in their order. */
export function differingFields(known: JobSpec, asked: JobSpec): readonly string[] {
  // A field that a hub of an earlier version did not keep is no difference.
  const fields = Object.keys(known) as (keyof JobSpec)[];
  return fields.filter((field) => !isSame(known[field], asked[field]));
}

/** Equal as JSON, whatever the order of members. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return left.length === right.size && left.every(([name, value]) => isSame(value, right.get(name)));
}
