/**
 * Integrity: the checksums that tell a damaged record from a good one. SQLite keeps transactions whole
 * but does not notice a flipped bit in a page, so each record and each snapshot carries its own sum, over
 * its place as well as its content: a record copied to another seq is damaged too.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { FleetError } from "../errors.ts";

/** CRC-32 of a record: unsigned 32 bits over the seq and the JSON text. */
export function recordCrc(seq: number, payload: string): number {
  return crc32(payload, crc32(`${seq}:`));
}

/** SHA-256 of a snapshot, hexadecimal, over everything recovery relies on. */
export function snapshotSha256(of: {
  readonly seq: number;
  readonly schemaVersion: number;
  readonly codec: string;
  readonly blob: Uint8Array;
}): string {
  return createHash("sha256")
    .update(`${of.seq} ${of.schemaVersion} ${of.codec}\n`)
    .update(of.blob)
    .digest("hex");
}

/** Why this is not the record that belongs after `previousSeq`, or null when it is. */
export function recordProblem(
  previousSeq: number,
  record: { readonly seq: number; readonly crc: number; readonly payload: string },
): string | null {
  if (record.seq !== previousSeq + 1) return `table event: seq ${previousSeq + 1} is missing`;
  if (record.crc !== recordCrc(record.seq, record.payload))
    return `table event: seq ${record.seq} is damaged`;
  return null;
}

/** The refusal for a journal that cannot be trusted; it names the place and the cure. */
export function corruptJournal(path: string, problem: string, cause?: unknown): FleetError {
  const cure = "run `spiral fsck` for the extent, then restore a backup";
  return new FleetError("config", `journal ${path} is corrupt: ${problem}; ${cure}`, cause);
}
