/**
 * vLLM: sleep mode (`--enable-sleep-mode`, `VLLM_SERVER_DEV_MODE=1`). Level 1 keeps the weights in main memory
 * and wakes in well under a second; level 2 drops them, and whoever wakes it must load them anew. `/sleep`
 * aborts what is being answered, so a server with requests in it is busy and not asked.
 */
import { isJsonObject } from "../../shared/json.ts";
import type { Evictor } from "./evictor.ts";
import { type HttpTarget, jsonOf, outcomeOf } from "./http-target.ts";

export function createVllmEvictor(id: string, target: HttpTarget, level: 1 | 2): Evictor {
  return {
    id,
    spills: level === 1 ? ["unload"] : [],
    rungs: (heldBytes) => ({ unload: heldBytes }),
    evict: async (_rung, _bytesWanted, signal) => {
      const sleeping = await target.ask({ method: "GET", path: "/is_sleeping" }, signal);
      if (sleeping.kind === "failed") return sleeping;
      if (sleeping.status === 404) return { kind: "failed", detail: `no sleep mode here: ${HINT}` };
      if (isSleeping(jsonOf(sleeping))) return { kind: "idle", detail: "it sleeps already" };
      const metrics = await target.ask({ method: "GET", path: "/metrics" }, signal);
      const requests = metrics.kind === "answered" ? requestsInFlight(metrics.body) : 0;
      if (requests > 0) return { kind: "busy", detail: `${requests} requests are being answered or wait` };
      const path = `/sleep?level=${level}`;
      return outcomeOf(await target.ask({ method: "POST", path }, signal), `POST ${path}`);
    },
    restore: async (_rung, signal) =>
      outcomeOf(await target.ask({ method: "POST", path: "/wake_up" }, signal), "POST /wake_up"),
  };
}

const HINT = "start it with --enable-sleep-mode and VLLM_SERVER_DEV_MODE=1";

function isSleeping(answer: unknown): boolean {
  return isJsonObject(answer) && answer["is_sleeping"] === true;
}

/** Σ of the gauges of running and waiting requests, over all engines of the server; 0 without metrics. */
export function requestsInFlight(metrics: string): number {
  const rows = metrics.matchAll(/^vllm:num_requests_(?:running|waiting)(?:\{[^\n]*\})? (\S+)/gm);
  return [...rows].map((row) => Number(row[1])).reduce((sum, count) => sum + (count > 0 ? count : 0), 0);
}
