/**
 * Skew: loaded before an agent, it bends the two clocks that Node reads. The calendar stands as many ms off as the
 * file says, and may be set at any moment; the monotonic clock runs fast by the rate. Boot time in /proc stays true.
 */
import { readFileSync } from "node:fs";

const path = process.env.CHAOS_SKEW_FILE;
const rate = Number(process.env.CHAOS_SKEW_RATE ?? 1);
const LOOK_MS = 100;
const trueWallMs = Date.now.bind(Date);
const trueMonotonicMs = performance.now.bind(performance);
const startMs = trueMonotonicMs();
let offsetMs = 0;

function look() {
  try {
    offsetMs = Number(readFileSync(path, "utf8"));
  } catch {
    // Nobody has set it yet.
  }
}

look();
setInterval(look, LOOK_MS).unref();
Date.now = () => trueWallMs() + offsetMs;
performance.now = () => startMs + (trueMonotonicMs() - startMs) * rate;
