/** Live document: the node's document as a running agent uses it, with the adapters that its edits bring along. */
import { describeError } from "../../shared/errors.ts";
import type { LiveDocument } from "../government.ts";
import { createEvictors } from "./evictor-of.ts";
import type { NodeDocument } from "./node-document.ts";

/** @throws FleetError `config` for an address that must not be asked. */
export function followNodeDocument(document: NodeDocument): LiveDocument {
  let evictors = createEvictors(document.rules);
  return {
    evictorOf: (id) => evictors.get(id) ?? null,
    saveBudgets: document.saveBudgets,
    look: () => {
      const edit = document.look();
      if (edit === null || edit.kind === "refused") return edit;
      try {
        const next = createEvictors(edit.rules);
        const enforce = (): void => {
          evictors = next;
        };
        return { kind: "taken", governance: edit.rules.governance, waits: edit.waits, enforce };
      } catch (error) {
        return { kind: "refused", problem: describeError(error) };
      }
    },
  };
}
