/**
 * CPU alarm: the kernel ends this process (SIGVTALRM) when it has computed for so long without setting the alarm
 * again. A loop that never returns, in JavaScript or in native code below it, leaves no other way out: no signal
 * handler, timer or exception gets its turn. Processor time is counted and not the clock, so a process that was
 * stopped, starved or had to wait for a disk is never taken for one that loops. Node has no such timer, hence the
 * one foreign call; children do not inherit it.
 */
import koffi from "koffi";

/** User time of all threads; nothing in Node or V8 uses this one. */
const ITIMER_VIRTUAL = 1;

/** interval and value, each in seconds and microseconds, as `long` on 64-bit Linux */
type SetITimer = (which: number, value: BigInt64Array, old: null) => number;

let setITimer: SetITimer | null = null;

/**
 * Counts from now. @param afterMs of processor time, whole; 0 takes the alarm away
 * @returns false where the kernel does not offer it
 */
export function setCpuAlarm(afterMs: number): boolean {
  setITimer ??= koffi
    .load(null)
    .func("int setitimer(int which, const int64_t *value, void *old)") as unknown as SetITimer;
  const [seconds, microseconds] = [Math.floor(afterMs / 1000), (afterMs % 1000) * 1000];
  const value = BigInt64Array.of(0n, 0n, BigInt(seconds), BigInt(microseconds));
  return setITimer(ITIMER_VIRTUAL, value, null) === 0;
}
