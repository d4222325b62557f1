/**
 * Services: jobs that are meant to run for ever. The hub grants each a restart allowance that its holder spends
 * by itself while the lease lives, and hears of every restart; when the allowance is spent the attempt ends as
 * its own failure, and where the job goes then is decided like for any other (SPEC H8).
 */
import type { JobSpec } from "../../../shared/model/job.ts";
import type { Restart } from "../../../shared/model/messages.ts";
import type { Timing } from "../../../shared/model/timing.ts";
import { START_LIMIT_POLICY, type StartLimitPolicy } from "../../../shared/policy/start-limit.ts";
import type { Evidence } from "../arbiter/arbiter.ts";
import { type HubState, type Job, priorityOf, queuedBy } from "../state.ts";
import type { Tx } from "../transaction.ts";
import { awaitOutcome } from "../why/outcomes.ts";
import { requeueJob } from "./requeue.ts";

/** What a grant allows a service: the start limits of DESIGN section 5. */
export function restartAllowance({ scale }: Timing): StartLimitPolicy {
  const scaled = (ms: number): number => Math.max(1, Math.round(ms * scale));
  return {
    ...START_LIMIT_POLICY,
    windowMs: scaled(START_LIMIT_POLICY.windowMs),
    backoffMs: scaled(START_LIMIT_POLICY.backoffMs),
    maxBackoffMs: scaled(START_LIMIT_POLICY.maxBackoffMs),
    healthyUptimeMs: scaled(START_LIMIT_POLICY.healthyUptimeMs),
  };
}

/** A holder tells a restart, or that the strikes are forgiven; what is known already changes nothing. */
export function noteRestart(tx: Tx, node: string, message: Restart): void {
  const { kind: _, token, ...told } = message;
  const lease = tx.state.leases.get(token);
  const job = lease?.node === node ? tx.state.jobs.get(lease.jobId) : undefined;
  if (job === undefined || job.service === null) return;
  if (told.restart > job.service.restarts) {
    tx.emit({ kind: "service.restarted", jobId: job.id, token, node, ...told });
    const { restart: restarts } = told;
    awaitOutcome(tx, { decision: "restart", node, gpu: null, jobId: job.id, token, restarts });
  } else if (told.strikes === 0 && job.service.strikes > 0) {
    tx.emit({ kind: "service.forgiven", jobId: job.id, token, node });
  }
}

/** Runners of the services that run, by node. */
export type ServicesByNode = ReadonlyMap<string, readonly string[]>;

export function servicesByNode({ index, jobs }: HubState): ServicesByNode {
  const services = new Map<string, string[]>();
  for (const jobId of index.services) {
    const job = jobs.get(jobId);
    if (job?.state !== "running" || job.node === null || job.service?.isRestarting === true) continue;
    const known = services.get(job.node) ?? [];
    known.push(job.spec.runner);
    services.set(job.node, known);
  }
  return services;
}

/**
 * A job needs a service that does not run: the one that was cancelled last is given another start, because whoever
 * submits such a job wants it. One that has failed or is quarantined waits for a person, and `why` says so.
 */
export function startUsed(tx: Tx, spec: JobSpec, jobId: string): void {
  const { uses = null } = spec;
  if (uses === null || knownServices(tx.state, uses).length > 0) return;
  const { jobs, index } = tx.state;
  const ended = [...index.byState.cancelled].flatMap((id) => jobs.get(id) ?? []);
  const service = ended.findLast((job) => job.service !== null && job.spec.runner === uses);
  if (service !== undefined) requeueJob(tx, service, { actor: "hub", reason: `${jobId} uses it` });
}

/** Services of a runner that are not cancelled. */
function knownServices({ index, jobs }: HubState, runner: string): readonly Job[] {
  return [...index.services].flatMap((jobId) => {
    const job = jobs.get(jobId);
    return job?.spec.runner === runner ? [job] : [];
  });
}

/** How the service stands that a job uses, and what starts it; nothing where it uses none. */
export function usedServiceEvidence(state: HubState, { spec: { uses = null } }: Job): readonly Evidence[] {
  if (uses === null) return [];
  const known = knownServices(state, uses);
  const told = known.map(({ id, state: how, node }) => {
    const isOver = how === "failed" || how === "quarantined";
    if (isOver) return `${id} is ${how}: \`spiral requeue ${id}\``;
    return how === "pending" ? `${id} is pending: \`spiral why job ${id}\`` : `${id} is ${how} on ${node}`;
  });
  const value = told.join("; ") || `none was submitted: \`spiral submit ${uses} --service\``;
  return [{ name: `service ${uses}`, value, ageMs: 0 }];
}

/** That a service is queued by the priority of those who wait for it; nothing where it is by its own. */
export function awaitedEvidence({ index }: HubState, job: Job): readonly Evidence[] {
  const [priority, own] = [queuedBy(index, job), priorityOf(job)];
  if (priority === own) return [];
  return [
    { name: "queued as", value: `${priority}, which waits for it; its gate is that of ${own}`, ageMs: 0 },
  ];
}

/** Whether a job that runs on the same node needs this service. */
export function isPinned({ leases, jobs }: HubState, service: Job): boolean {
  const { node, spec } = service;
  for (const lease of leases.values())
    if (lease.node === node && jobs.get(lease.jobId)?.spec.uses === spec.runner) return true;
  return false;
}

/** Restarts that its node tolerates; that of the policy before the node has told its own. */
export function startsMax({ burst }: NonNullable<Job["service"]>): number {
  return burst || START_LIMIT_POLICY.burst;
}

/** What is to be said of a service when somebody asks why. */
export function serviceEvidence({ service }: Job): readonly Evidence[] {
  if (service === null) return [];
  const { strikes, restarts, lastExit } = service;
  const used = `${strikes} of ${startsMax(service)} used, ${restarts} restart(s) under this lease`;
  return [
    { name: "starts", value: used, ageMs: 0 },
    { name: "last exit", value: lastExit ?? "none", ageMs: 0 },
  ];
}
