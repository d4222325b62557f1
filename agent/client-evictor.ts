/** Client evictor: a workload of this box that holds VRAM through the local service and is asked to let go. */

import type { Evictor } from "./evict/evictor.ts";
import type { LocalGate } from "./local/gate.ts";

/** How long a client has to begin; the proof waits beyond it. */
const ASK_MS = 10_000;

export function createClientEvictor(id: string, gate: LocalGate): Evictor {
  return {
    id,
    spills: [],
    restore: null,
    rungs: (heldBytes) => ({ unload: heldBytes }),
    evict: async (_rung, bytesWanted) => {
      const reason = "room is needed for other work";
      const isHeard = gate.requestEviction({
        consumerId: id,
        vramBytes: bytesWanted,
        deadlineMs: ASK_MS,
        reason,
      });
      if (isHeard) return { kind: "done", detail: "its client was asked to release" };
      return { kind: "failed", detail: "its client does not listen" };
    },
  };
}
