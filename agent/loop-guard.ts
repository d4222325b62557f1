/**
 * Loop guard: an agent whose event loop does not come round any more is ended by the kernel, so that whoever looks
 * after it starts another, which takes the jobs over from their shims. It hears no signal by itself, renews no
 * lease, and may take all memory of the box, whose kernel would end everything else first (`oom-score.ts`). Node
 * has such a loop: an HTTP/2 connection that breaks at the wrong moment writes empty frames into memory for ever,
 * 500 MB for each second of processor time (docs/adr/0019-an-agent-that-loops-is-ended.md).
 */
import { createLoop } from "../shared/loop.ts";
import { setCpuAlarm } from "../shared/native/cpu-alarm.ts";

/** Processor time of all threads between two turns: a hundred times what the longest honest turn takes. */
const CPU_LIMIT_MS = 4_000;

export interface LoopGuard {
  /** Final: from now on nothing is ended. */
  stop(): Promise<void>;
}

/** Expects a turn of the event loop every `everyMs`. */
export function guardLoop(everyMs: number, onError: (error: unknown) => void): LoopGuard {
  const loop = createLoop({ everyMs, run: () => void setCpuAlarm(CPU_LIMIT_MS), onError });
  return {
    stop: async () => {
      await loop.stop();
      setCpuAlarm(0);
    },
  };
}
