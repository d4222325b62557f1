/**
 * ComfyUI: `POST /free` only raises two flags, which its worker looks at after the prompt it is rendering. So
 * it is asked only while its queue is empty: a flag raised during a render would unload a model minutes later,
 * when nobody wants the bytes any more.
 */
import { isJsonObject } from "../../shared/json.ts";
import { createUnloader, type EvictOutcome, type Evictor } from "./evictor.ts";
import { type HttpTarget, jsonOf, outcomeOf } from "./http-target.ts";

export function createComfyuiEvictor(id: string, target: HttpTarget): Evictor {
  return createUnloader(id, async (signal) => {
    const reply = await target.ask({ method: "GET", path: "/queue" }, signal);
    if (reply.kind === "failed") return reply;
    const waiting = queueLength(jsonOf(reply));
    if (waiting === null) return { kind: "failed", detail: `GET /queue: HTTP ${reply.status}, no queue` };
    if (waiting > 0) return { kind: "busy", detail: `${waiting} prompts are rendering or waiting` };
    return free(target, signal);
  });
}

async function free(target: HttpTarget, signal: AbortSignal): Promise<EvictOutcome> {
  const json = { unload_models: true, free_memory: true };
  return outcomeOf(await target.ask({ method: "POST", path: "/free", json }, signal), "POST /free");
}

/** Prompts of `{queue_running: [], queue_pending: []}`; null for any other shape. */
function queueLength(queue: unknown): number | null {
  if (!isJsonObject(queue)) return null;
  const { queue_running: running, queue_pending: pending } = queue;
  return Array.isArray(running) && Array.isArray(pending) ? running.length + pending.length : null;
}
