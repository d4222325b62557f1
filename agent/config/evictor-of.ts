/** Evictor of a declared consumer: the adapter that `node.json` names, with its figures in bytes. */

import { assertNever } from "../../shared/invariant.ts";
import { createComfyuiEvictor } from "../evict/comfyui.ts";
import { createCommandEvictor } from "../evict/command-evictor.ts";
import type { Evictor } from "../evict/evictor.ts";
import { createHttpEvictor } from "../evict/http-evictor.ts";
import { createHttpTarget, type HttpTarget } from "../evict/http-target.ts";
import { createLlamaSwapEvictor } from "../evict/llama-swap.ts";
import { createOllamaEvictor } from "../evict/ollama.ts";
import { createVllmEvictor } from "../evict/vllm.ts";
import type { NodeRules } from "./node-document.ts";
import type { EvictConfig } from "./node-schema.ts";

const MIB = 1024 ** 2;

/** By consumer id. @throws FleetError `config` for an address that must not be asked. */
export function createEvictors({ ways }: NodeRules): ReadonlyMap<string, Evictor> {
  return new Map(
    [...ways].flatMap(([id, { evict }]) => (evict === null ? [] : [[id, createDeclaredEvictor(id, evict)]])),
  );
}

/** @throws FleetError `config` for an address that must not be asked. */
export function createDeclaredEvictor(id: string, config: EvictConfig): Evictor {
  switch (config.by) {
    case "comfyui":
      return createComfyuiEvictor(id, targetOf(config));
    case "ollama":
      return createOllamaEvictor(id, targetOf(config), config.model);
    case "llama-swap":
      return createLlamaSwapEvictor(id, targetOf(config), config.model);
    case "vllm":
      return createVllmEvictor(id, targetOf(config), config.level);
    case "http":
      return createHttpEvictor(id, targetOf(config), { ...config, rungs: inBytes(config.rungs) });
    case "command":
      return createCommandEvictor(id, { ...config, rungs: inBytes(config.rungs) });
    default:
      return assertNever(config);
  }
}

function targetOf({ url, headers }: Extract<EvictConfig, { readonly url: string }>): HttpTarget {
  return createHttpTarget({ baseUrl: url, headers });
}

type WithMib = { readonly mib: number | null };
type Rungs<Rung> = { readonly [Name in keyof Rung]: Rung[Name] & { readonly bytes: number | null } };

function inBytes<Rung extends Readonly<Record<string, WithMib>>>(rungs: Rung): Rungs<Rung> {
  const entries = Object.entries(rungs).map(([name, rung]) => [
    name,
    { ...rung, bytes: rung.mib === null ? null : rung.mib * MIB },
  ]);
  return Object.fromEntries(entries) as Rungs<Rung>;
}
