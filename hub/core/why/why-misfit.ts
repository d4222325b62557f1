/**
 * Why of a misfit: what keeps a waiting job off each node, in words, with the age of what is known of the node, and
 * what would change it. The dominant reason is what the node nearest to taking the job lacks.
 */
import type { Lane, Priority } from "../../../shared/model/priority.ts";
import { needsCard, type PlacementJob, place } from "../../../shared/policy/placement.ts";
import type { Evidence } from "../arbiter/arbiter.ts";
import { cordonEvidence, leasesOn } from "../nodes/cordon.ts";
import { isKnownNode } from "../nodes/known-node.ts";
import { avoidedNodes, declineOf } from "../placement/declines.ts";
import { holdEvidence } from "../placement/holds.ts";
import { jobToPlace, misfitsOf, type NodeMisfit, roomOf } from "../placement/placement.ts";
import { servicesByNode } from "../queue/services.ts";
import type { NodeSession } from "../soft.ts";
import { type Job, pinOf, priorityOf } from "../state.ts";
import type { HubCore } from "../transaction.ts";

type Misfit = NodeMisfit["misfit"];
type Reason = Misfit["reason"];

interface Now {
  readonly bootMs: number;
  readonly journalMs: number;
}

/** What would change it, of the dominant reason. */
const CURES: Readonly<Record<Reason, (node: string, job: Job, core: HubCore) => string>> = {
  held: () => "the job that room is kept for begins, or its time is over",
  "no-slot": () => "a running job ends, or a node is given more slots",
  "no-service": () => "the service that it uses runs on a node that can take it: see `spiral status`",
  "no-headroom": (node) =>
    `VRAM is freed (who holds it: \`spiral gpu eviction-registry --node ${node}\`), the job asks for less, or it is given a higher priority`,
  unhealthy: (node) => `the card takes work again: see \`spiral why node ${node}\``,
  quarantined: (node) => `a job tried on that node succeeds: see \`spiral why node ${node}\``,
  arbiter: (node) => `see \`spiral why node ${node}\``,
  stale: () => "fresh telemetry of the node",
  avoided: () => "the pause after that node declined it ends, or another node attaches",
  "not-ready": () => "the node answers again",
  cordoned: (node) => `the node is uncordoned: \`spiral uncordon ${node}\``,
  "too-big": () => "a larger card, a smaller request, or a higher priority",
  "no-gpu": () => "a node with a GPU attaches, or it is submitted for the cpu lane",
  label: () => "a node with that label attaches",
  "other-node": (_node, job, core) => {
    const named = pinOf(job) ?? "NAME";
    const never = isKnownNode(core, named) ? "" : ", or it is submitted again for another one";
    return `the node that it names attaches: \`spiral agent ${named}\`${never}`;
  },
  "no-runner": (_node, { spec }) =>
    `define the runner on a node: runners/${spec.runner}.json in the agent's directory`,
};

/** From the node that lacks least to the one that never could. */
const NEARNESS = Object.keys(CURES) as readonly Reason[];

export interface MisfitStory {
  /** Null: some node can take it now. */
  readonly dominant: NodeMisfit | null;
  /** One for each node, and first that the job names one that nobody knows. */
  readonly evidence: readonly Evidence[];
  readonly wouldChange: readonly string[];
}

/** What keeps the job off each attached node now. */
export function tellMisfits(core: HubCore, job: Job, now: Now): MisfitStory {
  const misfits = misfitsOf(core, job, now).map((row) => withRoom(core, job, row, now));
  const evidence = [...tellNamed(core, job), ...misfits.map((row) => tell(core, job, row, now))];
  const rule = NEARNESS.find((reason) => misfits.some(({ misfit }) => misfit.reason === reason));
  const dominant = misfits.find(({ misfit }) => misfit.reason === rule) ?? null;
  if (dominant === null) return { dominant, evidence, wouldChange: [] };
  return { dominant, evidence, wouldChange: [CURES[dominant.misfit.reason](dominant.node, job, core)] };
}

/** A slip of the pen looks like a node that is away for ever. */
function tellNamed(core: HubCore, job: Job): readonly Evidence[] {
  const named = pinOf(job);
  if (named === null || isKnownNode(core, named)) return [];
  return [{ name: "wants", value: `${named}, which has never attached`, ageMs: 0 }];
}

/** A job that waits for a slot and would not fit if one were free is kept off by what will not pass by itself. */
function withRoom(core: HubCore, job: Job, row: NodeMisfit, now: Now): NodeMisfit {
  const session = core.soft.sessions.get(row.node);
  if (row.misfit.reason !== "no-slot" || session === undefined) return row;
  const { forJob, forRunner } = avoidedNodes(core.soft, job, now.bootMs);
  const asked = jobToPlace(core, job, [...forJob, ...forRunner]);
  if (needsCard(asked) && session.hello.gpus.length === 0)
    return { node: row.node, misfit: { reason: "no-gpu" } };
  const misfit = misfitGivenSlot(core, asked, session, now);
  return misfit === null ? row : { node: row.node, misfit };
}

/** By the last that the node said of its room, which holds until it says something else. */
function misfitGivenSlot(
  core: HubCore,
  asked: PlacementJob,
  session: NodeSession,
  { journalMs }: Now,
): Misfit | null {
  const room = roomOf(core, { ...session, claim: session.offer }, servicesByNode(core.state), journalMs);
  if (room.gpus.length === 0) return null;
  const freeSlots = { ...room.freeSlots, [asked.lane]: 1 };
  return place(asked, [{ ...room, freeSlots }]).misfits[0]?.misfit ?? null;
}

function tell(core: HubCore, job: Job, { node, misfit }: NodeMisfit, now: Now): Evidence {
  const { soft } = core;
  const heardMs = soft.sessions.get(node)?.lastHeardBootMs ?? now.bootMs;
  const said = (value: string): Evidence => ({ name: node, value, ageMs: Math.max(0, now.bootMs - heardMs) });
  const known = (value: string): Evidence => ({ name: node, value, ageMs: 0 });
  switch (misfit.reason) {
    case "no-slot":
      return said(noSlot(core, node, job.spec.lane));
    case "no-headroom":
      return said(noHeadroom(core, node, priorityOf(job), misfit));
    case "too-big":
      return said(
        `its ${priorityOf(job)} gate never has room for more than ${mib(misfit.capacityBytes)}, asked are ${mib(misfit.vramBytes)}`,
      );
    case "unhealthy":
    case "quarantined":
      return known(`${misfit.reason}: ${misfit.detail}`);
    case "arbiter":
      return known(misfit.verdict.rule);
    case "held":
      return { ...holdEvidence(misfit.hold, now.journalMs), name: node };
    case "cordoned":
      return cordoned(core, node, now);
    case "avoided":
      return known(
        `${declineOf(soft, job, node, now.bootMs)}; the last said: ${job.lastDetail || "nothing"}`,
      );
    case "no-service":
      return known(`service ${misfit.service} does not run there`);
    case "label":
      return known(`label ${misfit.label} is not ${misfit.wanted}`);
    case "other-node":
      return known(`not the node that it names, ${pinOf(job)}`);
    case "no-runner":
      return known(`has no runner ${job.spec.runner}`);
    case "no-gpu":
      return known("has no GPU");
    case "stale":
      return said("its telemetry is stale");
    case "not-ready":
      return said("does not answer");
  }
}

/** Jobs that are named as those in the way. */
const NAMED = 3;

function noSlot({ state }: HubCore, node: string, lane: Lane): string {
  const running = leasesOn(state, node).flatMap(({ jobId }) =>
    state.jobs.get(jobId)?.spec.lane === lane ? [jobId] : [],
  );
  if (running.length === 0) return `offers no ${lane} slot now`;
  const more = running.length > NAMED ? ` and ${running.length - NAMED} more` : "";
  return `no free ${lane} slot: taken by ${running.slice(0, NAMED).join(", ")}${more}`;
}

function noHeadroom(
  { soft }: HubCore,
  node: string,
  priority: Priority,
  { headroomBytes, vramBytes }: Extract<Misfit, { reason: "no-headroom" }>,
): string {
  const pressure = soft.telemetry.get(node)?.frame.gpuPressure ?? null;
  const at = pressure === null ? "" : `, at a pressure of ${pressure.toFixed(2)}`;
  const gate = headroomBytes === 0 ? "gate is shut" : `gate has room for ${mib(headroomBytes)}`;
  return `its ${priority} ${gate}, asked are ${mib(vramBytes)}${at}`;
}

function cordoned({ state }: HubCore, node: string, { journalMs }: Now): Evidence {
  const cordon = state.cordons.get(node);
  if (cordon === undefined) return { name: node, value: "cordoned", ageMs: 0 };
  const { name, value, ageMs } = cordonEvidence(cordon, journalMs);
  return { name: node, value: `${name} ${value}`, ageMs };
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / 1024 ** 2)} MiB`;
}
