/**
 * RootMarker: `hub/journal.id`, which ties an artifact root to its journal. Replicas share one root; one that sees
 * another root would publish where nobody looks, so without the right marker it never takes over.
 */
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileDurable } from "../../../shared/durable-file.ts";
import { FleetError } from "../../../shared/errors.ts";
import { fileProblem } from "../../../shared/file-problem.ts";

/** Why a hub on this root must not lead the journal that belongs to `rootId`, or null when it may. */
export function rootProblem(root: string, rootId: string | null): string | null {
  const found = readMarker(root);
  if (rootId === null || found === rootId) return null;
  return found === null
    ? `${root} is not the artifact root of this journal: ${markerPath(root)} is missing; mount the shared root`
    : `${root} belongs to another journal: ${markerPath(root)} does not match; mount the shared root`;
}

/** The marker of this root, made when there is none. */
export async function claimRoot(root: string): Promise<string> {
  const found = readMarker(root);
  if (found !== null) return found;
  const id = randomUUID();
  mkdirSync(join(root, "hub"), { recursive: true, mode: 0o700 });
  await writeFileDurable(markerPath(root), `${id}\n`);
  return id;
}

/** Throws FleetError `config` when the truth of this root lies in another kind of journal than it was told to use. */
export function checkJournalKind(
  root: string,
  journal: string | null,
  cure = "name it with --journal or SPIRAL_JOURNAL",
): void {
  const embedded = join(root, "hub", "journal.db");
  if (journal === null && readMarker(root) !== null) {
    throw new FleetError("config", `the journal of ${root} is in PostgreSQL (${markerPath(root)}): ${cure}`);
  }
  if (journal !== null && readMarker(root) === null && existsSync(embedded)) {
    const fresh = "a journal is not moved; begin with a fresh root, or serve without --journal";
    throw new FleetError("config", `the journal of ${root} is ${embedded}: ${fresh}`);
  }
}

function markerPath(root: string): string {
  return join(root, "hub", "journal.id");
}

function readMarker(root: string): string | null {
  try {
    return readFileSync(markerPath(root), "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw fileProblem(markerPath(root), error);
  }
}
