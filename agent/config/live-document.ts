/** Live document: the node's document as a running agent uses it, with the adapters that its edits bring along. */
import { describeError } from "../../shared/errors.ts";
import type { LiveDocument } from "../government.ts";
import { createEvictors } from "./evictor-of.ts";
import type { NodeDocument } from "./node-document.ts";

/** @throws FleetError `config` for an address that must not be asked. */
export function followNodeDocument(document: NodeDocument): LiveDocument {
  let rules = document.rules;
  let evictors = createEvictors(rules);
  return {
    evictorOf: (id) => evictors.get(id) ?? null,
    park: (id) => ({
      isWanted: rules.ways.get(id)?.park ?? false,
      program: rules.park.program,
      lockMs: rules.park.lockSeconds * 1000,
    }),
    saveBudgets: document.saveBudgets,
    look: () => {
      const edit = document.look();
      if (edit === null || edit.kind === "refused") return edit;
      try {
        const next = createEvictors(edit.rules);
        const enforce = (): void => {
          rules = edit.rules;
          evictors = next;
        };
        return { kind: "taken", governance: edit.rules.governance, waits: edit.waits, enforce };
      } catch (error) {
        return { kind: "refused", problem: describeError(error) };
      }
    },
  };
}
