/**
 * Ollama: a request without a prompt and with `keep_alive: 0` expires the model's runner. A runner that is
 * answering somebody ends only after that answer, so no request is broken; the bytes then come late and the
 * proof waits for them.
 */
import { isJsonObject } from "../../shared/json.ts";
import { createUnloader, type EvictOutcome, type Evictor } from "./evictor.ts";
import { type HttpTarget, jsonOf, outcomeOf } from "./http-target.ts";

/** `model` as in `/api/ps`, its tag `:latest` implied; null: every model that is loaded. */
export function createOllamaEvictor(id: string, target: HttpTarget, model: string | null): Evictor {
  return createUnloader(id, async (signal) => {
    const reply = await target.ask({ method: "GET", path: "/api/ps" }, signal);
    if (reply.kind === "failed") return reply;
    const loaded = loadedModels(jsonOf(reply));
    if (loaded === null) return { kind: "failed", detail: `GET /api/ps: HTTP ${reply.status}, no models` };
    const leaving = loaded.filter((name) => model === null || tagged(name) === tagged(model));
    if (leaving.length === 0) return { kind: "idle", detail: `${model ?? "no model"} is not loaded` };
    for (const name of leaving) {
      const outcome = await unload(target, name, signal);
      if (outcome.kind !== "done") return outcome;
    }
    return { kind: "done", detail: `unloading ${leaving.join(", ")}` };
  });
}

async function unload(target: HttpTarget, model: string, signal: AbortSignal): Promise<EvictOutcome> {
  const json = { model, keep_alive: 0, stream: false };
  const reply = await target.ask({ method: "POST", path: "/api/generate", json }, signal);
  const answer = jsonOf(reply);
  if (answer === undefined) return outcomeOf(reply, `unload ${model}`);
  const reason = isJsonObject(answer) ? answer["done_reason"] : undefined;
  if (reason === "unload") return { kind: "done", detail: `unloading ${model}` };
  return { kind: "failed", detail: `unload ${model}: answered with done_reason ${JSON.stringify(reason)}` };
}

/** Names in `{models: [{name}]}`; null for any other shape. */
function loadedModels(answer: unknown): readonly string[] | null {
  const models = isJsonObject(answer) ? answer["models"] : undefined;
  if (!Array.isArray(models)) return null;
  const names = models.map((model: unknown) => (isJsonObject(model) ? model["name"] : null));
  return names.filter((name) => typeof name === "string");
}

function tagged(model: string): string {
  return model.includes(":") ? model : `${model}:latest`;
}
