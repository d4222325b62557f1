/**
 * Queries: questions that only a node can answer, carried to its agent and back. Nothing of them is kept: an
 * agent that goes away or is slow fails the question, never the hub.
 */
import { FleetError } from "../shared/errors.ts";
import type { JsonObject } from "../shared/json.ts";
import { delay } from "../shared/loop.ts";
import type { Answer, QueryMethod } from "../shared/model/messages.ts";
import type { Session } from "./service/ports.ts";

export interface Queries {
  /** The node's answer. Rejects: `unavailable` when it is away or silent, `refused` with its own words. */
  ask(node: string, method: QueryMethod, body: JsonObject): Promise<JsonObject>;
  answer(answer: Answer): void;
}

const ANSWER_MS = 5_000;
/** Questions that may be open at once; further ones are refused, so a slow node costs bounded memory. */
const OPEN_MAX = 256;

/** `sessionOf`: the live session of a node, if any. */
export function createQueries(sessionOf: (node: string) => Session | undefined): Queries {
  const open = new Map<number, (answer: Answer) => void>();
  let lastId = 0;
  return {
    ask: async (node, method, body) => {
      const session = sessionOf(node);
      if (session === undefined)
        throw new FleetError("unavailable", `${node} is not attached: see \`spiral nodes\``);
      if (open.size >= OPEN_MAX)
        throw new FleetError("resourceExhausted", "too many questions are open: try again");
      const queryId = ++lastId;
      const waiting = new AbortController();
      const answered = new Promise<Answer>((resolve) => open.set(queryId, resolve));
      const late = delay(ANSWER_MS, waiting.signal).then(() => null);
      try {
        session.send({ kind: "query", queryId, method, body });
        const answer = await Promise.race([answered, late]);
        if (answer === null) throw new FleetError("unavailable", `${node} did not answer in time`);
        if (answer.refusal !== null) throw new FleetError("refused", `${node}: ${answer.refusal}`);
        return answer.body;
      } finally {
        open.delete(queryId);
        waiting.abort();
      }
    },
    answer: (answer) => open.get(answer.queryId)?.(answer),
  };
}
