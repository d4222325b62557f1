/** Answers: what an operator may ask a node through the hub, answered from the books of the local service. */
import { FleetError } from "../shared/errors.ts";
import { assertNever } from "../shared/invariant.ts";
import type { JsonObject } from "../shared/json.ts";
import type { QueryMethod } from "../shared/model/messages.ts";
import { LOCAL_LIMITS } from "../shared/wire/local-types.ts";
import type { LocalDesk } from "./local/desk.ts";

/** How many rows of a list are told; the message has a bound. */
const ROWS_MAX = 256;

/** @throws FleetError `invalid` for a question that makes no sense */
export function answerQuery(desk: LocalDesk, method: QueryMethod, body: JsonObject): JsonObject {
  switch (method) {
    case "gpu-stats":
      return plain(desk.stats());
    case "eviction-registry":
      return plain(bounded("consumers", desk.registry()));
    case "eviction-candidates":
      return plain(bounded("candidates", desk.candidates()));
    case "system-resources": {
      const { includeProcesses, topN } = body;
      const most = typeof topN === "number" && topN >= 1 ? Math.min(topN, LOCAL_LIMITS.topN) : 10;
      return plain(desk.resources({ includeProcesses: includeProcesses === true, topN: most }));
    }
    case "pressure":
      return plain({ pressures: desk.pressures() });
    case "set-budget": {
      const { subsystem, budgetMib, gpu } = body;
      if (typeof subsystem !== "string" || typeof budgetMib !== "number") {
        throw new FleetError("invalid", "set-budget needs subsystem and budgetMib");
      }
      return plain(desk.setBudget({ subsystem, budgetMib, gpu: typeof gpu === "string" ? gpu : null }));
    }
    default:
      return assertNever(method);
  }
}

/** The first rows, and how many more there are. */
function bounded(name: string, rows: readonly object[]): object {
  return { [name]: rows.slice(0, ROWS_MAX), leftOut: Math.max(0, rows.length - ROWS_MAX) };
}

/** As JSON has it: what is undefined is gone. */
function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
