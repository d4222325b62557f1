/**
 * Operator service: what people and programs ask of the hub. Each handler validates, asks the core for one
 * decision, and answers when that decision is durable, with the state as it was then: what has happened since may
 * not be. The actor is whoever the connection proved.
 */
import { FleetError } from "../../shared/errors.ts";
import type { Replica } from "../../shared/journal/worker-protocol.ts";
import type { JsonObject } from "../../shared/json.ts";
import type { OperatorReply, OperatorRequest } from "../../shared/wire/operator-types.ts";
import {
  readId,
  readJson,
  readMaybe,
  readName,
  readQueryMethod,
  readUint,
} from "../../shared/wire/values.ts";
import { desiredWords } from "../../shared/wire/words.ts";
import { type DesiredRequest, setDesired } from "../core/arbiter/desired.ts";
import { armCampaign, refill, unknownCampaign } from "../core/campaign.ts";
import { tick } from "../core/hub.ts";
import { grantReady } from "../core/placement/placement.ts";
import { cancelJob } from "../core/queue/queue.ts";
import { type Campaign, type Job, wasJob } from "../core/state.ts";
import type { HubCore } from "../core/transaction.ts";
import { type Explanation, whyCampaign, whyJob, whyNode } from "../core/why/why.ts";
import { whyGpu } from "../core/why/why-gpu.ts";
import type { Engine } from "../engine.ts";
import type { Notifier } from "../notify/notifier.ts";
import type { PressureFeed } from "../pressure-feed.ts";
import type { Queries } from "../queries.ts";
import { readableEvent } from "../store/definition.ts";
import { type EventHistory, type ShownEvent, showEvent } from "../store/history.ts";
import type { Latch } from "../store/latch.ts";
import { custodyHandlers } from "./custody.ts";
import { listJobs } from "./job-list.ts";
import { overrideHandlers } from "./overrides.ts";
import type { Principal } from "./ports.ts";
import type { OperatorHandlers } from "./server.ts";
import { submit, submitBatch } from "./submit.ts";
import type { ReplyStream } from "./unary.ts";
import { viewCampaign, viewJob, viewNodes, viewStatus } from "./views.ts";
import { streamPressure } from "./watch.ts";

export interface OperatorOptions {
  readonly engine: Engine;
  readonly latch: Latch;
  readonly history: EventHistory;
  readonly queries: Queries;
  readonly feed: PressureFeed;
  readonly notifier: Pick<Notifier, "test" | "view">;
  readonly root: string;
  readonly version: string;
  /** What a person should know now: a bad document, a full disk. */
  readonly warnings: () => readonly string[];
  /** Hubs over the same journal, the leader first; empty where there is one. */
  readonly replicas: () => readonly Replica[];
}

/** Events that may wait for a follower before it is sent away. */
const FOLLOW_MAX = 10_000;

export function createOperator(options: OperatorOptions): OperatorHandlers {
  const { engine } = options;
  const { core } = engine;
  return {
    Submit: (_principal, request) => submit(engine, request),
    SubmitBatch: (_principal, request) => submitBatch(engine, request),
    ListJobs: (_principal, request) => engine.read(() => listJobs(core, request)),
    GetJob: (_principal, request) => engine.read(() => viewJob(core, jobOf(core, request.jobId))),
    CancelJob: async (principal, request) => {
      const job = jobOf(core, request.jobId);
      const by = { actor: principal.id, reason: request.reason || "cancelled by the operator" };
      return engine.admit((tx) => {
        cancelJob(tx, job, by);
        return viewJob(core, job);
      });
    },
    ...custodyHandlers(engine),
    ...overrideHandlers(engine),
    GetStatus: () => {
      const { root, version, warnings, replicas } = options;
      const { bootMs, journalMs } = engine.now();
      const context = {
        bootMs,
        journalMs,
        root,
        version,
        warnings: warnings(),
        replicas: replicas(),
        journalSeq: engine.journalSeq,
      };
      return engine.glance((undurableEvents) => ({ ...viewStatus(core, context), undurableEvents }));
    },
    ListNodes: () =>
      engine.glance((undurableEvents) => ({ nodes: viewNodes(core, engine.now().bootMs), undurableEvents })),
    SetDesired: (principal, request) => changeDesired(options, principal, request),
    Converge: (principal, request) => converge(engine, principal, request),
    GetCampaign: (_principal, request) =>
      engine.read(() => viewCampaign(core, campaignOf(core, request.campaign))),
    Refill: (_principal, request) => refillKnown(engine, readName(request.campaign, "campaign")),
    Why: (_principal, request) =>
      engine.glance((undurableEvents) => ({ ...why(engine, request), undurableEvents })),
    QueryNode: async (_principal, { node, method, bodyJson }) => {
      const asked = readQueryMethod(method, "method");
      if (asked === "set-budget") throw new FleetError("invalid", "method: a budget is set with SetBudget");
      return toReply(await options.queries.ask(node, asked, readJson(bodyJson, "bodyJson")));
    },
    SetBudget: async (principal, { node, subsystem, budgetMib, gpu }) => {
      const body = {
        subsystem: readName(subsystem, "subsystem"),
        budgetMib: readUint(budgetMib, "budgetMib"),
        gpu: readMaybe(gpu, "gpu", readId),
        actor: principal.id,
      };
      return toReply(await options.queries.ask(node, "set-budget", body));
    },
    TestNotify: async (_principal, { channel }) => {
      const results = await options.notifier.test(channel || null);
      return { bodyJson: JSON.stringify({ results }) };
    },
    ListNotices: () => ({ bodyJson: JSON.stringify(options.notifier.view()) }),
    Watch: (_principal, request, replies) =>
      streamPressure(options.feed, request, replies, () => engine.now().wallMs),
    Events: (_principal, request, replies) => streamEvents(options, request, replies),
  };
}

function toReply(body: JsonObject): OperatorReply<"QueryNode"> {
  return { bodyJson: JSON.stringify(body) };
}

async function refillKnown(engine: Engine, name: string): Promise<OperatorReply<"Refill">> {
  requireCampaign(engine.core, name);
  return engine.admit((tx) => {
    const result = refill(tx, name);
    grantReady(tx);
    return { ...result };
  });
}

async function converge(
  engine: Engine,
  principal: Principal,
  request: OperatorRequest<"Converge">,
): Promise<OperatorReply<"Converge">> {
  const by = { actor: principal.id, reason: request.reason };
  const name = readName(request.campaign, "campaign");
  const { armed, view } = await engine.admit((tx) => {
    const result = armCampaign(tx, name, request.isRearmed, by);
    if (result.kind !== "refused") tick(tx);
    const campaign = tx.state.campaigns.get(name);
    return { armed: result, view: campaign === undefined ? {} : viewCampaign(tx, campaign) };
  });
  if (armed.kind === "refused") throw new FleetError(armed.code, armed.reason);
  return view;
}

const VERBS = { DESIRED_STATE_UP: "up", DESIRED_STATE_PAUSED: "pause", DESIRED_STATE_DOWN: "down" } as const;

/** `down` acts before it writes: its Stops leave at once, then the latch is fsynced, and no disk delays it. */
async function changeDesired(
  { engine, latch }: OperatorOptions,
  principal: Principal,
  request: OperatorRequest<"SetDesired">,
): Promise<OperatorReply<"SetDesired">> {
  const state = desiredWords.decode(request.state, "state");
  if (state === "disabled")
    throw new FleetError("invalid", "state: a fleet is not disabled by hand; use down");
  const verb = request.isEnable ? "enable" : VERBS[desiredWords.encode(state)];
  const { isForced, isNow, isLossAccepted, isRollbackAccepted, reason } = request;
  const accepted = { isLossAccepted, isRollbackAccepted };
  const change: DesiredRequest = { verb, isForced, isNow, ...accepted, actor: principal.id, reason };
  return verb === "down" ? goDown(engine, latch, change) : decideDesired(engine, latch, change);
}

function viewDesired({ state }: Pick<HubCore, "state">, stopping: object): OperatorReply<"SetDesired"> {
  const { desired } = state;
  return {
    state: desiredWords.encode(desired.state),
    generation: desired.generation,
    waived: [...desired.waived],
    stopping: { ...stopping },
  };
}

async function decideDesired(
  engine: Engine,
  latch: Latch,
  change: DesiredRequest,
): Promise<OperatorReply<"SetDesired">> {
  const answer = await engine.admit((tx) => {
    const result = setDesired(tx, change);
    if (result.kind === "refused") return new FleetError("refused", result.reason);
    // In the same turn: whoever looks at the latch next must not take the fleet down again.
    if (change.verb === "up") latch.clear();
    return viewDesired(tx, result.stopping);
  });
  if (answer instanceof FleetError) throw answer;
  return answer;
}

/** Told when the latch or the journal holds it; with neither it is in force all the same, and status says so. */
async function goDown(
  engine: Engine,
  latch: Latch,
  change: DesiredRequest,
): Promise<OperatorReply<"SetDesired">> {
  let reply: OperatorReply<"SetDesired"> = {};
  const durable = engine.ask((tx) => {
    const result = setDesired(tx, change);
    reply = viewDesired(tx, result.kind === "refused" ? {} : result.stopping);
  });
  const problem = await latch.set(change.reason || "down", engine.now().wallMs);
  if (problem !== null && engine.hasRoom) await durable;
  return reply;
}

function why(engine: Engine, { kind, name }: OperatorRequest<"Why">): OperatorReply<"Why"> {
  const explanation = explain(engine, kind, name);
  return {
    verdict: explanation.verdict,
    rule: explanation.rule,
    wouldChange: [...explanation.wouldChange],
    evidence: explanation.evidence.map((row) => ({ ...row, ageMs: Math.max(0, Math.round(row.ageMs)) })),
  };
}

function explain({ core, now }: Engine, kind: string, name: string): Explanation {
  const times = now();
  switch (kind) {
    case "job":
      return whyJob(core, jobOf(core, name), times);
    case "campaign":
      requireCampaign(core, name);
      return whyCampaign(core, name, times);
    case "gpu": {
      const explanation = whyGpu(core, name, times);
      if (explanation === null)
        throw new FleetError("notFound", `no attached node has a card "${name}": see \`spiral gpu stats\``);
      return explanation;
    }
    case "node": {
      const explanation = whyNode(core, name, times);
      if (explanation === null) throw new FleetError("notFound", `no node "${name}" has ever attached`);
      return explanation;
    }
    default:
      throw new FleetError("invalid", `kind: must be job, node, gpu or campaign, got "${kind}"`);
  }
}

/** What happened since, then what happens, until the caller goes or the limit is reached. */
async function streamEvents(
  { engine, history }: OperatorOptions,
  request: OperatorRequest<"Events">,
  replies: ReplyStream<OperatorReply<"Events">>,
): Promise<void> {
  const sinceSeq = readUint(request.sinceSeq, "sinceSeq");
  const queue: ShownEvent[] = [];
  let wake = (): void => {};
  let isBehind = false;
  const stop = engine.recent.follow((record) => {
    isBehind ||= queue.length >= FOLLOW_MAX;
    if (!isBehind) queue.push(showEvent({ seq: record.seq, ...readableEvent(record) }));
    wake();
  });
  replies.gone.addEventListener("abort", () => wake());
  let lastSeq = sinceSeq;
  let room = request.limit || Number.POSITIVE_INFINITY;
  const send = async (event: ShownEvent): Promise<void> => {
    if (event.seq <= lastSeq || room <= 0) return;
    lastSeq = event.seq;
    room--;
    const { body, ...head } = event;
    await replies.send({ ...head, bodyJson: JSON.stringify(body) });
  };
  try {
    for await (const event of history.since(sinceSeq)) await send(event);
    while (request.follow && !replies.gone.aborted && room > 0) {
      if (isBehind)
        throw new FleetError("resourceExhausted", `the reader fell behind: go on with since ${lastSeq}`);
      const event = queue.shift();
      if (event !== undefined) await send(event);
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    stop();
  }
}

function jobOf(core: HubCore, jobId: string): Job {
  const job = core.state.jobs.get(jobId);
  if (job !== undefined) return job;
  if (wasJob(core.state, jobId))
    throw new FleetError(
      "notFound",
      `${jobId} has ended and is forgotten: spiral.jsonl and renders/ still tell of it`,
    );
  throw new FleetError("notFound", `there is no job "${jobId}"; see \`spiral jobs\``);
}

function requireCampaign(core: HubCore, name: string): void {
  const problem = unknownCampaign(core, name);
  if (problem !== null) throw new FleetError("notFound", problem);
}

function campaignOf(core: HubCore, name: string): Campaign {
  const campaign = core.state.campaigns.get(name);
  if (campaign !== undefined) return campaign;
  throw new FleetError("notFound", `campaign "${name}" was never armed: \`spiral converge ${name}\``);
}
