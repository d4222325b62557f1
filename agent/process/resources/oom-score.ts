/**
 * OOM score: whom the kernel kills when the whole box is out of memory. Jobs first (their shim says +500),
 * the agent last: the one who can still stop things must not be what is stopped.
 */
import { readFileSync, writeFileSync } from "node:fs";

export const AGENT_OOM_SCORE = -900;

/**
 * Asks for `AGENT_OOM_SCORE`; without the right to lower it nothing changes.
 * @returns the score now in force, null when the kernel does not say.
 */
export function protectFromOom(path = "/proc/self/oom_score_adj"): number | null {
  try {
    writeFileSync(path, String(AGENT_OOM_SCORE));
  } catch {
    // Unprivileged: the unit file's OOMScoreAdjust= is the way, and what it set is reported below.
  }
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}
