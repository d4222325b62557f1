/**
 * llama-swap: `POST /api/models/unload/MODEL` stops the process behind one model and answers when it has ended.
 * `/unload` is never used: it ends every model of the server.
 */
import { isJsonObject } from "../../shared/json.ts";
import { createUnloader, type Evictor } from "./evictor.ts";
import { type HttpTarget, jsonOf, outcomeOf } from "./http-target.ts";

/** `model` is the id in llama-swap's own config, as `/running` lists it. */
export function createLlamaSwapEvictor(id: string, target: HttpTarget, model: string): Evictor {
  return createUnloader(id, async (signal) => {
    const running = await target.ask({ method: "GET", path: "/running" }, signal);
    if (running.kind === "failed") return running;
    const states = runningStates(jsonOf(running));
    if (states === null) return { kind: "failed", detail: `GET /running: HTTP ${running.status}, no list` };
    const state = states.get(model);
    if (state === undefined) return { kind: "idle", detail: `${model} is not running` };
    if (state === "starting") return { kind: "busy", detail: `${model} is being loaded for somebody` };
    const path = `/api/models/unload/${encodeURIComponent(model)}`;
    return outcomeOf(await target.ask({ method: "POST", path }, signal), `unload ${model}`);
  });
}

/** State by model of `{running: [{model, state}]}`; null for any other shape. */
function runningStates(answer: unknown): ReadonlyMap<string, string> | null {
  const running = isJsonObject(answer) ? answer["running"] : undefined;
  if (!Array.isArray(running)) return null;
  const states = new Map<string, string>();
  for (const item of running as readonly unknown[]) {
    if (!isJsonObject(item)) continue;
    const { model, state } = item;
    if (typeof model === "string") states.set(model, typeof state === "string" ? state : "");
  }
  return states;
}
