/**
 * ConformanceInput: typed reading of a conformance request. A figure that is absent or of the wrong kind
 * names its path; nothing is coerced, and whatever has a default says so at the call.
 */
import { isJsonObject, type Json, type JsonObject } from "../../shared/json.ts";
import { PRIORITIES } from "../../shared/model/priority.ts";
import { type Budgets, type BudgetTable, fixedBudgets, startBudgets } from "../../shared/policy/budget.ts";
import { byPriority, GATE_POLICIES, type GateTable } from "../../shared/policy/gate.ts";
import {
  applySample,
  type Consumer,
  createLedger,
  LEDGER_CONFIG,
  type Ledger,
  type LedgerConfig,
  put,
  type VramClaim,
} from "../../shared/policy/ledger.ts";
import { isAmount, isWholeAmount } from "../../shared/policy/pressure.ts";

/** A request that does not follow its schema. */
export class BadRequest extends Error {}

export const DEFAULT_VALID_MS = 15_000;

/** One object of a request and where it stands, for messages. */
export class Fields {
  readonly #object: JsonObject;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    if (!isJsonObject(value)) throw new BadRequest(`${path} must be an object`);
    this.#object = value as JsonObject;
    this.#path = path;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#object, name) && this.#object[name] !== null;
  }

  raw(name: string): Json | undefined {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }

  fields(name: string): Fields {
    return new Fields(this.raw(name), this.#at(name));
  }

  list(name: string): readonly Fields[] {
    const value = this.raw(name);
    if (!Array.isArray(value)) throw new BadRequest(`${this.#at(name)} must be a list`);
    return value.map((item, i) => new Fields(item, `${this.#at(name)}[${i}]`));
  }

  number(name: string, fallback?: number): number {
    return this.#typed(name, "number", fallback);
  }

  /** A number of bytes. */
  amount(name: string, fallback?: number): number {
    const value = this.number(name, fallback);
    return isWholeAmount(value) ? value : this.reject(name, "must be a whole number, 0 or more");
  }

  /** A number that is finite and not negative, whole or not. */
  size(name: string, fallback?: number): number {
    const value = this.number(name, fallback);
    return isAmount(value) ? value : this.reject(name, "must be finite, 0 or more");
  }

  /** Ends the request with what is wrong with a member. */
  reject(name: string, problem: string): never {
    throw new BadRequest(`${this.#at(name)} ${problem}`);
  }

  text(name: string, fallback?: string): string {
    return this.#typed(name, "string", fallback);
  }

  flag(name: string, fallback?: boolean): boolean {
    return this.#typed(name, "boolean", fallback);
  }

  oneOf<const T extends string>(name: string, members: readonly T[], fallback?: T): T {
    const value = this.text(name, fallback);
    const member = members.find((each) => each === value);
    if (member === undefined) throw new BadRequest(`${this.#at(name)} must be one of ${members.join(", ")}`);
    return member;
  }

  texts(name: string): readonly string[] {
    if (!this.has(name)) return [];
    const value = this.raw(name);
    if (!Array.isArray(value)) throw new BadRequest(`${this.#at(name)} must be a list of strings`);
    return value.map((item: unknown, i) => this.#check<string>(item, "string", `${name}[${i}]`));
  }

  /** An object of numbers, empty when absent. */
  numbers(name: string): Readonly<Record<string, number>> {
    return this.#table<number>(name, "number");
  }

  /** An object of sizes, empty when absent; a budget may be a fraction of a byte, nothing may be negative. */
  amounts(name: string): Readonly<Record<string, number>> {
    const table = this.numbers(name);
    const wrong = Object.keys(table).find((key) => !isAmount(table[key] ?? Number.NaN));
    return wrong === undefined ? table : this.reject(`${name}.${wrong}`, "must be finite, 0 or more");
  }

  /** An object of strings, empty when absent. */
  textTable(name: string): Readonly<Record<string, string>> {
    return this.#table<string>(name, "string");
  }

  #table<T>(name: string, type: "number" | "string"): Readonly<Record<string, T>> {
    if (!this.has(name)) return {};
    const inner = this.fields(name);
    const entries = Object.entries(inner.#object);
    return Object.fromEntries(entries.map(([key, value]) => [key, inner.#check<T>(value, type, key)]));
  }

  #typed<T>(name: string, type: "number" | "string" | "boolean", fallback: T | undefined): T {
    if (!this.has(name) && fallback !== undefined) return fallback;
    return this.#check<T>(this.raw(name), type, name);
  }

  #check<T>(value: unknown, type: string, name: string): T {
    if (typeof value !== type) throw new BadRequest(`${this.#at(name)} must be a ${type}`);
    return value as T;
  }

  #at(name: string): string {
    return `${this.#path}.${name}`;
  }
}

/** A ledger from its JSON. Without `reading`, or with one that cannot be true, its gates are closed. */
export function readLedger(state: Fields): Ledger {
  const totalBytes = state.amount("totalBytes");
  const osFloorBytes = state.amount("osFloorBytes", 0);
  const ledger = createLedger(
    totalBytes,
    {},
    {
      gates: readGates(state),
      gatePolicy: state.oneOf("gatePolicy", GATE_POLICIES, LEDGER_CONFIG.gatePolicy),
      hardBudgetPriorities: readHardPriorities(state),
      osFloorBytes,
    },
  );
  ledger.budgets = readBudgets(state, startBudgets(totalBytes, undefined, osFloorBytes));
  if (state.has("reading")) readReading(ledger, state.fields("reading"));
  for (const consumer of state.has("consumers") ? readConsumers(state) : []) {
    put(ledger, consumer.id, consumer);
  }
  const refusals = state.amounts("refusals");
  for (const priority of PRIORITIES) ledger.refusals[priority] = refusals[priority] ?? 0;
  return ledger;
}

/** The JSON that `readLedger` reads back to the same ledger. */
export function writeLedger(ledger: Ledger): JsonObject {
  const { config, totalBytes, budgets, reading, refusals } = ledger;
  const state = { totalBytes, ...config, budgets, consumers: [...ledger.consumers.values()], refusals };
  const known = reading.kind === "measured" ? { ...state, reading } : state;
  return JSON.parse(JSON.stringify(known)) as JsonObject;
}

function readGates(state: Fields): GateTable {
  const given = state.numbers("gates");
  return byPriority((priority) => {
    const gate = given[priority] ?? LEDGER_CONFIG.gates[priority];
    return gate > 0 && gate <= 1 ? gate : state.reject(`gates.${priority}`, "must be above 0 and at most 1");
  });
}

const MAY_BE_HARD = ["background", "batch"] as const;

function readHardPriorities(state: Fields): LedgerConfig["hardBudgetPriorities"] {
  const named = state.texts("hardBudgetPriorities");
  const wrong = named.find((name) => !MAY_BE_HARD.some((priority) => priority === name));
  if (wrong !== undefined) state.reject("hardBudgetPriorities", `may hold ${MAY_BE_HARD.join(" and ")}`);
  return MAY_BE_HARD.filter((priority) => named.includes(priority));
}

/** `budgets: {baseline, current?}`; what is absent from `current` stands at its baseline. */
export function readBudgets(from: Fields, fallback: BudgetTable): Budgets {
  if (!from.has("budgets")) return fixedBudgets(fallback);
  const budgets = from.fields("budgets");
  const baseline = budgets.amounts("baseline");
  return { baseline, current: { ...baseline, ...budgets.amounts("current") } };
}

function readReading(ledger: Ledger, reading: Fields): void {
  const sample = {
    usedBytes: reading.has("usedBytes") ? reading.number("usedBytes") : null,
    byConsumer: reading.flag("isPerProcess", true) ? new Map<string, number>() : null,
    validForMs: reading.number("validForMs", DEFAULT_VALID_MS),
  };
  applySample(ledger, sample, reading.number("atMs", 0));
}

export function readClaim(claim: Fields): VramClaim {
  const id = claim.text("id");
  return {
    id,
    label: claim.text("label", id),
    subsystem: claim.text("subsystem", "inference"),
    priority: claim.oneOf("priority", PRIORITIES),
    bytes: claim.number("bytes"),
    evictable: claim.flag("evictable", true),
    resident: claim.flag("resident", false),
    reloadMs: claim.size("reloadMs", 0),
  };
}

/** A list of live consumers by id: one that stands there twice was registered again, which replaces. */
export function readConsumers(from: Fields): readonly Consumer[] {
  const consumers = from.list("consumers").map(readConsumer);
  return [...new Map(consumers.map((consumer) => [consumer.id, consumer])).values()];
}

/** A live consumer; its bytes must be amounts, since no gate judges them any more. */
export function readConsumer(row: Fields): Consumer {
  const lastUsedAtMs = row.number("lastUsedAtMs", 0);
  return {
    ...readClaim(row),
    bytes: row.amount("bytes"),
    measuredBytes: row.amount("measuredBytes", 0),
    unsampledBytes: row.amount("unsampledBytes", 0),
    allocatedAtMs: row.number("allocatedAtMs", lastUsedAtMs),
    lastUsedAtMs,
  };
}
