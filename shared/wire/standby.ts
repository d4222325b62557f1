/** Standby: what a hub that does not lead says instead of an answer, beside the words for people. */
import { Metadata } from "@grpc/grpc-js";

const KEY = "spiral-standby";

/** What a refusal of a standby carries. */
export interface StandbyRefusal {
  /** `host:port` of the leader; null when the standby knows none. */
  readonly leader: string | null;
}

export function standbyMetadata({ leader }: StandbyRefusal): Metadata {
  const metadata = new Metadata();
  metadata.set(KEY, leader ?? "none");
  return metadata;
}

/** Null when whoever failed the call was no standby. */
export function readStandby(metadata: Metadata | undefined): StandbyRefusal | null {
  const value = metadata?.get(KEY)[0];
  if (typeof value !== "string") return null;
  return { leader: value === "none" ? null : value };
}
