/** An answer of the hub tells what is durable, and what its own order made of it: nothing that came after. */
import { describe, expect, it } from "vitest";
import { must } from "../../shared/invariant.ts";
import { MemoryDisk, openMemoryJournal } from "../../shared/journal/memory-journal.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { helloOf, specOf } from "../../test/helpers/hub-world.ts";
import { setDesired } from "../core/arbiter/desired.ts";
import type { HubEvent } from "../core/event.ts";
import { cordon } from "../core/nodes/cordon.ts";
import { attach } from "../core/nodes/session.ts";
import { submitJob } from "../core/queue/queue.ts";
import { requeueJob } from "../core/queue/requeue.ts";
import type { HubState } from "../core/state.ts";
import type { Tx } from "../core/transaction.ts";
import { createEngine } from "../engine.ts";
import { createPressureFeed } from "../pressure-feed.ts";
import { hubJournal } from "../store/definition.ts";
import { createHistory } from "../store/history.ts";
import { createOperator } from "./operator.ts";
import type { OperatorHandlers } from "./server.ts";

const { projections: _, ...definition } = hubJournal;
const BY = { actor: "somebody", reason: "test" };
const PRINCIPAL = { role: "operator", id: "operator", via: "test" } as const;

const CORDONED = { node: "alpha", isDrain: false, deadlineMs: null, ...BY };

const desire = (tx: Tx, verb: "up" | "down") => setDesired(tx, { verb, isForced: true, isNow: true, ...BY });

/** A hub that knows alpha and one job, after something that is durable. */
function open(before: (tx: Tx) => unknown = () => undefined) {
  const { journal, recovered, control } = openMemoryJournal<HubState, HubEvent>({
    definition,
    disk: new MemoryDisk(),
    sync: "manual",
  });
  const engine = createEngine({
    journal,
    recovered,
    clock: { bootMs: () => 5_000, wallMs: () => 1_700_000_000_000 },
    timing: createTiming(),
    perform: () => {},
    onFatal: (error) => {
      throw error;
    },
  });
  engine.act((tx) => attach(tx, "s", helloOf("alpha")));
  engine.act((tx) => submitJob(tx, "k", specOf()));
  engine.act(before);
  control.sync();
  const operator = createOperator({
    engine,
    latch: { set: async () => "the disk is gone", clear: () => {}, read: () => null },
    history: createHistory(engine, "/nowhere"),
    queries: { ask: async () => ({}), answer: () => undefined },
    feed: createPressureFeed(engine.recent),
    notifier: { test: async () => [], view: () => ({}) as never },
    root: "/nowhere",
    version: "0",
    warnings: () => [],
    replicas: () => [],
  });
  return { engine, control, operator };
}

type Method = Exclude<keyof OperatorHandlers, "Events" | "Watch">;

function call(operator: OperatorHandlers, method: Method, request: object): Promise<object> {
  const handler = operator[method] as (principal: typeof PRINCIPAL, request: object) => Promise<object>;
  return handler(PRINCIPAL, request);
}

async function isAnswered(reply: Promise<unknown>): Promise<boolean> {
  const waiting = Symbol("waiting");
  await new Promise(setImmediate);
  return (await Promise.race([reply, Promise.resolve(waiting)])) !== waiting;
}

const CORDON = { node: "alpha", isDrain: false, isDryRun: false, reason: "test" };
const OVERRIDE = {
  ...{ effect: "hold", subject: "node", name: "alpha", until: "", value: "" },
  ...{ forMs: 60_000, reason: "test" },
};

describe("an answer", () => {
  it.each<[string, Method, object, (tx: Tx) => unknown]>([
    ["a cordon that is there already", "Cordon", CORDON, (tx) => cordon(tx, CORDONED)],
    ["a dry run of one", "Cordon", { ...CORDON, isDryRun: true }, (tx) => cordon(tx, CORDONED)],
    ["nothing to lift", "Uncordon", CORDON, (tx) => submitJob(tx, "another", specOf())],
  ])("about %s waits until what it was computed from is durable", async (_what, method, request, before) => {
    const { engine, control, operator } = open();
    engine.act(before);
    const reply = call(operator, method, request);
    expect(await isAnswered(reply)).toBe(false);
    control.sync();
    expect(await isAnswered(reply)).toBe(true);
  });

  interface Overtaken {
    readonly about: string;
    readonly before?: (tx: Tx) => unknown;
    readonly method: Method;
    readonly request: object;
    readonly after: (tx: Tx) => unknown;
    readonly told: object;
  }

  it.each<Overtaken>([
    {
      about: "a cordon that was lifted and set anew at once",
      before: (tx) => cordon(tx, CORDONED),
      method: "Uncordon",
      request: CORDON,
      after: (tx) => cordon(tx, CORDONED),
      told: { isCordoned: false, isChanged: true },
    },
    {
      about: "a job that was cancelled and requeued at once",
      method: "CancelJob",
      request: { jobId: "j_000001", reason: "" },
      after: (tx) => requeueJob(tx, must(tx.state.jobs.get("j_000001"), "it was submitted"), BY),
      told: { state: "cancelled" },
    },
    {
      about: "a fleet that went up and down at once",
      method: "SetDesired",
      request: { state: "DESIRED_STATE_UP", isForced: true, reason: "test" },
      after: (tx) => desire(tx, "down"),
      told: { state: "DESIRED_STATE_UP", generation: 1 },
    },
    {
      about: "a fleet that went down and up at once",
      before: (tx) => desire(tx, "up"),
      method: "SetDesired",
      request: { state: "DESIRED_STATE_DOWN", reason: "test" },
      after: (tx) => desire(tx, "up"),
      told: { state: "DESIRED_STATE_DOWN", generation: 2 },
    },
    {
      about: "an override that was ended at once",
      method: "SetOverride",
      request: OVERRIDE,
      after: (tx) => tx.emit({ kind: "override.ended", id: "o_1", ...BY }),
      told: { effect: "hold", name: "alpha" },
    },
  ])("about $about tells what its own order came to", async ({ before, method, request, after, told }) => {
    const { engine, control, operator } = open(before);
    const reply = call(operator, method, request);
    await new Promise(setImmediate);
    engine.act(after);
    control.sync();
    expect(await reply).toMatchObject(told);
  });
});
