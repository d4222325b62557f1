/**
 * Node document: `node.json` in the agent's directory, where people say how this box governs itself and what is
 * loaded on it. Read at start and again after every edit, and always checked as a whole: a wrong edit is refused
 * with file, line and field, and what was in force stays in force. The agent itself writes only the budgets that
 * an operator sets, into whatever stands there by then.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Adapter, Low } from "lowdb";
import { writeFileDurable } from "../../shared/durable-file.ts";
import { describeError, FleetError } from "../../shared/errors.ts";
import { parseJson } from "../../shared/json-document.ts";
import type { BudgetTable } from "../../shared/policy/budget.ts";
import { createSerial } from "../../shared/serial.ts";
import type { Governance } from "../core/governance.ts";
import {
  type Document,
  declaredId,
  type EvictConfig,
  governanceOf,
  MIB,
  parseDocument,
} from "./node-schema.ts";
import { readRegularFile } from "./regular-file.ts";

/** How one consumer gives way; null where it is only known. */
export interface ConsumerWays {
  readonly evict: EvictConfig | null;
  readonly park: boolean;
}

/** What the document says, ready for use. */
export interface NodeRules {
  readonly governance: Governance;
  /** By consumer id: those that can give way. */
  readonly ways: ReadonlyMap<string, ConsumerWays>;
  readonly park: Document["park"];
  readonly local: Document["local"];
}

export type Edit =
  /** `waits` names what is in force only after the next start. */
  | { readonly kind: "taken"; readonly rules: NodeRules; readonly waits: readonly string[] }
  | { readonly kind: "refused"; readonly problem: string };

export interface NodeDocument {
  /** As it was when it was opened. */
  readonly rules: NodeRules;
  /** What people have changed since the last look; null for nothing, or not for long enough to be all of it. */
  look(): Edit | null;
  /** Keeps an operator's budgets of a card across restarts. @throws FleetError `config` for a broken document */
  saveBudgets(gpu: string, budgets: BudgetTable): Promise<void>;
}

/** @throws FleetError `config` naming file, line and field when the document cannot be used. */
export function openNodeDocument(directory: string): NodeDocument {
  const path = join(directory, "node.json");
  const opened = readDocument(path) ?? parseDocument(path, NOTHING);
  let present = opened;
  let seen = markOf(path);
  let unsettled = seen;
  const inTurn = createSerial();
  return {
    rules: rulesOf(opened),
    look: () => {
      const mark = markOf(path);
      if (mark === seen) return null;
      // An editor may still be writing: what is there has to be there twice.
      if (mark !== unsettled) {
        unsettled = mark;
        return null;
      }
      seen = mark;
      try {
        const document = readDocument(path);
        if (document === null)
          return { kind: "refused", problem: `${path} is gone; write {} for the defaults` };
        const waits = isDeepStrictEqual(document.local, opened.local) ? [] : ["local"];
        present = document;
        return { kind: "taken", rules: rulesOf(document), waits };
      } catch (error) {
        return {
          kind: "refused",
          problem: error instanceof FleetError ? error.message : describeError(error),
        };
      }
    },
    saveBudgets: (gpu, budgets) =>
      inTurn(async () => {
        const table = Object.fromEntries(
          Object.entries(budgets).map(([subsystem, bytes]) => [subsystem, Math.floor(bytes / MIB)]),
        );
        // Checked as a whole first: a document with an error in it is not written to.
        readDocument(path);
        const file = openFile(path);
        await file.read();
        await file.update((data) => {
          data.budgetsMib = { ...data.budgetsMib, [gpu]: table };
        });
        present = { ...present, budgetsMib: { ...present.budgetsMib, [gpu]: table } };
      }),
  };
}

const NOTHING = { value: {}, lineOf: () => 1 };

function rulesOf(document: Document): NodeRules {
  const { consumers, local, park } = document;
  const giving = consumers.filter((each) => each.evict !== null || each.park);
  return {
    governance: governanceOf(document),
    ways: new Map(giving.map(({ id, evict, park: mayPark }) => [declaredId(id), { evict, park: mayPark }])),
    park,
    local,
  };
}

interface Stored {
  budgetsMib?: Document["budgetsMib"];
}

/** What people wrote stays as they wrote it, save for the budgets. */
function openFile(path: string): Low<Stored> {
  const adapter: Adapter<Stored> = {
    read: async () => {
      const text = readText(path);
      return text === null ? {} : (parseJson(path, text).value as Stored);
    },
    write: (data) => writeFileDurable(path, `${JSON.stringify(data, null, 2)}\n`),
  };
  return new Low<Stored>(adapter, {});
}

/** Null when there is none. */
function readDocument(path: string): Document | null {
  const text = readText(path);
  return text === null ? null : parseDocument(path, parseJson(path, text));
}

function readText(path: string): string | null {
  try {
    return readRegularFile(path);
  } catch (error) {
    if (error instanceof FleetError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new FleetError("config", `${path} cannot be read`, error);
  }
}

/** Another one after every write; empty when there is no file. */
function markOf(path: string): string {
  const info = statSync(path, { throwIfNoEntry: false });
  return info === undefined ? "" : `${info.ino}/${info.mtimeMs}/${info.size}`;
}
