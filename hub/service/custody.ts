/**
 * Custody: what operators do by hand to nodes and to jobs that have ended: cordon, drain, uncordon, requeue. The
 * actor is whoever the connection proved, and each change is journaled with the reason that was given.
 */
import { FleetError } from "../../shared/errors.ts";
import type { OperatorReply, OperatorRequest } from "../../shared/wire/operator-types.ts";
import { invalid, readNode, readUint, TEXT_LIMITS } from "../../shared/wire/values.ts";
import { cordon, leasesOn, uncordon } from "../core/nodes/cordon.ts";
import { isKnownNode } from "../core/nodes/known-node.ts";
import { grantReady } from "../core/placement/placement.ts";
import { requeueJob, whyNotRequeued } from "../core/queue/requeue.ts";
import type { HubCore, Tx } from "../core/transaction.ts";
import type { Engine } from "../engine.ts";
import type { Principal } from "./ports.ts";
import type { OperatorHandlers } from "./server.ts";

/** Jobs of one requeue. */
const REQUEUE_MAX = 1_000;
const REQUEUED_STATES = ["failed", "cancelled", "quarantined"] as const;

export function custodyHandlers(engine: Engine): Pick<OperatorHandlers, "Requeue" | "Cordon" | "Uncordon"> {
  return {
    Requeue: (principal, request) => requeue(engine, principal, request),
    Cordon: (principal, request) => cordonNode(engine, principal, request),
    Uncordon: async (principal, { node, reason }) => {
      const name = knownNode(engine.core, node);
      const by = { actor: principal.id, reason: readReason(reason) };
      return engine.admit((tx) => {
        const isChanged = uncordon(tx, name, by);
        return viewCordoned(tx, name, isChanged);
      });
    },
  };
}

async function cordonNode(
  engine: Engine,
  principal: Principal,
  request: OperatorRequest<"Cordon">,
): Promise<OperatorReply<"Cordon">> {
  const { isDrain, isDryRun } = request;
  const node = knownNode(engine.core, request.node);
  const deadlineMs = request.deadlineMs === undefined ? null : readUint(request.deadlineMs, "deadlineMs");
  if (deadlineMs !== null && !isDrain) throw invalid("deadlineMs", "only a drain has one");
  const by = { actor: principal.id, reason: readReason(request.reason) };
  const isChanged = engine.core.state.cordons.get(node)?.isDrain !== isDrain || deadlineMs !== null;
  if (isDryRun || !isChanged) return engine.read(() => viewCordoned(engine.core, node, isChanged));
  return engine.admit((tx) => {
    cordon(tx, { node, isDrain, deadlineMs, ...by });
    return viewCordoned(tx, node, isChanged);
  });
}

function viewCordoned(
  { state }: Pick<HubCore, "state">,
  node: string,
  isChanged: boolean,
): OperatorReply<"Cordon"> {
  const jobIds = leasesOn(state, node).map(({ jobId }) => jobId);
  return { node, isCordoned: state.cordons.has(node), isChanged, jobIds };
}

async function requeue(
  engine: Engine,
  principal: Principal,
  request: OperatorRequest<"Requeue">,
): Promise<OperatorReply<"Requeue">> {
  const by = { actor: principal.id, reason: readReason(request.reason) };
  const ids = chosenJobs(engine.core, request);
  const decide = (tx: Pick<Tx, "state">, one: (jobId: string) => string | null) => {
    const refused: { name: string; reason: string }[] = [];
    const requeued = ids.filter((jobId) => {
      const reason = tx.state.jobs.has(jobId) ? one(jobId) : `there is no job "${jobId}"`;
      if (reason !== null) refused.push({ name: jobId, reason });
      return reason === null;
    });
    return { requeued, refused };
  };
  if (request.isDryRun) {
    return engine.read(() =>
      decide(engine.core, (jobId) => {
        const job = engine.core.state.jobs.get(jobId);
        return job === undefined ? null : whyNotRequeued(engine.core, job);
      }),
    );
  }
  return engine.admit((tx) => {
    const result = decide(tx, (jobId) => {
      const job = tx.state.jobs.get(jobId);
      return job === undefined ? null : requeueJob(tx, job, by);
    });
    grantReady(tx);
    return result;
  });
}

function chosenJobs({ state }: HubCore, request: OperatorRequest<"Requeue">): readonly string[] {
  const { jobIds } = request;
  if (jobIds.length > REQUEUE_MAX) throw invalid("jobIds", `must be at most ${REQUEUE_MAX}`);
  if (jobIds.length > 0) {
    if (request.state !== "") throw invalid("state", "must be empty where jobs are named");
    return [...new Set(jobIds)];
  }
  const named = REQUEUED_STATES.find((each) => each === request.state);
  if (named === undefined)
    throw invalid("state", `must be ${REQUEUED_STATES.join(", ")}, or name jobs; got "${request.state}"`);
  return [...state.index.byState[named]].slice(0, REQUEUE_MAX);
}

function readReason(reason: string): string {
  if (reason.length <= TEXT_LIMITS.reason) return reason;
  throw invalid("reason", `must be at most ${TEXT_LIMITS.reason} characters`);
}

/** A node may be cordoned before it first attaches again after a restart of the hub. */
function knownNode(core: HubCore, name: string): string {
  const node = readNode(name, "node");
  if (isKnownNode(core, node)) return node;
  throw new FleetError("notFound", `no node "${node}" has ever attached: see \`spiral nodes\``);
}
