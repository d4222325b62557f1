/**
 * Desk: one node as a verb asks it, whichever way the question travels: through the hub, which reaches every
 * node that is attached, or over the Unix socket of an agent on this machine, which needs no hub.
 */
import { isJsonObject } from "../../shared/json.ts";
import { connectLocal, type LocalClient } from "../../shared/local-client/client.ts";
import type { QueryMethod } from "../../shared/model/messages.ts";
import type { NodeAnswers, NodeQuestions } from "../../shared/wire/node-answers.ts";
import type { HubClient } from "./client.ts";
import { firstPressures, followAgent, followHub, type PressureListener } from "./pressure-watch.ts";

export interface NodeDesk {
  readonly node: string;
  readonly via: "hub" | "local";
  /** Rejects with FleetError: "unavailable" when the node is away, "refused" with its own words. */
  ask<Method extends QueryMethod>(
    method: Method,
    question: NodeQuestions[Method],
  ): Promise<NodeAnswers[Method]>;
  /** Until `signal` aborts. */
  watch(listener: PressureListener, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export function openHubDesk(hub: HubClient, node: string): NodeDesk {
  const ask: NodeDesk["ask"] = async (method, question) => {
    const { bodyJson } = isBudgetChange(method, question)
      ? await hub.call("SetBudget", { ...question, node, gpu: question.gpu ?? "" })
      : await hub.call("QueryNode", { node, method, bodyJson: JSON.stringify(question) });
    const body: unknown = JSON.parse(bodyJson);
    // Loaded here: only what comes through the hub has not been checked yet.
    const { readNodeAnswer } = await import("../../shared/wire/node-answers.ts");
    return readNodeAnswer(node, method, isJsonObject(body) ? body : {});
  };
  return {
    node,
    via: "hub",
    ask,
    watch: (listener, signal) =>
      followHub({ hub, node, first: async () => (await ask("pressure", {})).pressures }, listener, signal),
    close: async () => {},
  };
}

function isBudgetChange(
  method: QueryMethod,
  question: NodeQuestions[QueryMethod],
): question is NodeQuestions["set-budget"] {
  return method === "set-budget" && "budgetMib" in question;
}

export function openLocalDesk(node: string, socketPath: string): NodeDesk {
  const client = connectLocal(socketPath);
  return {
    node,
    via: "local",
    ask: (method, question) => LOCAL_METHODS[method](client, question),
    watch: (listener, signal) => followAgent(client, listener, signal),
    close: () => client.close(),
  };
}

const LOCAL_METHODS: {
  readonly [Method in QueryMethod]: (
    client: LocalClient,
    question: NodeQuestions[Method],
  ) => Promise<NodeAnswers[Method]>;
} = {
  "gpu-stats": (client) => client.stats(),
  "eviction-registry": async (client) => ({ consumers: await client.registry(), leftOut: 0 }),
  "eviction-candidates": async (client) => ({ candidates: await client.candidates(), leftOut: 0 }),
  "system-resources": (client, query) => client.systemResources(query),
  pressure: async (client) => ({ pressures: await firstPressures(client) }),
  "set-budget": (client, change) => client.setBudget(change),
};
