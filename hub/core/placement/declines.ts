/**
 * Declines: a node that declined a job is not offered it again for a while, longer each time, so that a grant
 * goes to another node instead of to the same one for ever (SPEC H6). A node that keeps declining one runner,
 * whatever the job, is not offered that runner: a queue of thousands would else be declined job by job.
 */
import type { SoftState } from "../soft.ts";
import type { Job } from "../state.ts";

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
/** Declines of one runner in a row that say something of the runner and not of a job. */
const RUNNER_DECLINES = 3;
/** Jobs and runners whose declines are remembered; the oldest is forgotten first. */
const REMEMBERED_MAX = 10_000;

type Declined = Pick<Job, "id" | "spec">;

/** A node declined the job. */
export function rememberDecline(soft: SoftState, job: Declined, node: string, bootMs: number): void {
  remember(soft, job.id, node, (times) => bootMs + pauseMs(times));
  remember(soft, runnerKey(job), node, (times) =>
    times < RUNNER_DECLINES ? bootMs : bootMs + pauseMs(times - RUNNER_DECLINES + 1),
  );
}

/** A node started the job: its declines of that runner are past. */
export function forgetDeclines(soft: SoftState, job: Declined, node: string): void {
  soft.declines.get(runnerKey(job))?.delete(node);
}

/** Nodes that are not to be offered a job now. */
export interface Avoided {
  /** For what they said of this very job. */
  readonly forJob: readonly string[];
  /** For what they said of its runner: the same for each job of its shape. */
  readonly forRunner: readonly string[];
}

export function avoidedNodes(soft: SoftState, job: Declined, bootMs: number): Avoided {
  return { forJob: nodesOf(soft, job.id, bootMs), forRunner: nodesOf(soft, runnerKey(job), bootMs) };
}

/** No job id has a space. */
function runnerKey({ spec }: Declined): string {
  return `runner ${spec.runner}`;
}

function pauseMs(times: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * (1 << Math.min(times - 1, 6)));
}

function remember(soft: SoftState, key: string, node: string, until: (times: number) => number): void {
  const nodes = soft.declines.get(key) ?? new Map();
  const times = (nodes.get(node)?.times ?? 0) + 1;
  nodes.set(node, { times, untilBootMs: until(times) });
  soft.declines.delete(key);
  soft.declines.set(key, nodes);
  const [oldest] = soft.declines.keys();
  if (soft.declines.size > REMEMBERED_MAX && oldest !== undefined) soft.declines.delete(oldest);
}

/** For how long the node is left out and why, for people. */
export function declineOf(soft: SoftState, job: Declined, node: string, bootMs: number): string {
  const [own, ofRunner] = [job.id, runnerKey(job)].map((key) => soft.declines.get(key)?.get(node));
  const isOwn = (own?.untilBootMs ?? 0) > bootMs;
  const decline = isOwn ? own : ofRunner;
  const seconds = Math.max(0, Math.ceil(((decline?.untilBootMs ?? bootMs) - bootMs) / 1000));
  const what = isOwn ? "it" : `runner ${job.spec.runner}`;
  return `declined ${what} ${decline?.times ?? 0} time(s), is asked again in ${seconds} s`;
}

function nodesOf(soft: SoftState, key: string, bootMs: number): readonly string[] {
  const nodes = soft.declines.get(key);
  if (nodes === undefined) return [];
  return [...nodes].filter(([, decline]) => decline.untilBootMs > bootMs).map(([node]) => node);
}
