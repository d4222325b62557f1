/** Standby warning: that nobody is left to follow the hub that leads, where somebody was. Pure. */
import type { Replica } from "../shared/journal/worker-protocol.ts";

/** A standby is announced every 2 s. */
const SILENT_MS = 10_000;

/** `wasAccompanied`: another hub over this journal was known since this one began. Null before the first look. */
export function standbyWarning(replicas: readonly Replica[], wasAccompanied: boolean): string | null {
  if (!wasAccompanied || replicas.length === 0) return null;
  const isFollowed = replicas.some(
    ({ isLeader, silentMs, problem }) => !isLeader && problem === null && silentMs <= SILENT_MS,
  );
  return isFollowed
    ? null
    : "no hub stands by that could take over from this one: start another with the same --root and --journal";
}
