/**
 * Skew: loaded before an agent, it puts the calendar as many ms off as a file says, at whatever moment that changes.
 * The monotonic clock stays true: with /proc/uptime it is one clock of one kernel, and cannot leave it.
 */
import { readFileSync } from "node:fs";

const path = process.env.CHAOS_SKEW_FILE;
const LOOK_MS = 100;
const trueWallMs = Date.now.bind(Date);
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
