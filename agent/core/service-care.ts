/**
 * ServiceCare: what time does to services: one that waits is started again when its backoff is over, one that has
 * been up for long enough is forgiven.
 */
import { closedBecause } from "../../shared/policy/admission.ts";
import { forgive, mayStart } from "../../shared/policy/start-limit.ts";
import { launch } from "./attempt.ts";
import { conclude } from "./completion.ts";
import { whyHostRefuses } from "./host-gate.ts";
import { tellRestart } from "./service.ts";
import { forgiveRunner } from "./start-limits.ts";
import type { Attempt, ServiceRun } from "./state.ts";
import type { Tx } from "./transaction.ts";

export function tendServices(tx: Tx): void {
  for (const attempt of tx.state.attempts.values()) {
    const { service, phase } = attempt;
    if (service === null) continue;
    if (phase === "waiting") tryAgain(tx, attempt, service);
    if (phase === "running") forgiveHealthy(tx, attempt, service);
  }
}

/** What the process before has left must be gone; card and main memory are asked as for any start. */
function tryAgain(tx: Tx, attempt: Attempt, { limit }: ServiceRun): void {
  const { job, isProcessAlive } = attempt;
  if (isProcessAlive || mayStart(limit, tx.nowMs).kind !== "start") return;
  const ledger = job.gpu === null ? null : tx.state.cards.get(job.gpu);
  if (ledger === undefined) return; // a card that this agent has not read yet
  const closed = ledger === null ? null : closedBecause(ledger, job.priority, tx.nowMs);
  if (closed?.reason === "card-fault") {
    return conclude(tx, attempt, { outcome: "infra-lost", detail: `not restarted: ${closed.detail}` });
  }
  if (closed === null && whyHostRefuses(tx, job.priority) === null) launch(tx, attempt);
}

function forgiveHealthy(tx: Tx, attempt: Attempt, service: ServiceRun): void {
  const { job, startedBootMs } = attempt;
  if (job.service === null || startedBootMs === null) return;
  if (tx.nowMs - startedBootMs < job.service.restarts.healthyUptimeMs) return;
  forgiveRunner(tx, job.runner);
  if (service.limit.strikesAtMs.length === 0) return;
  attempt.service = { ...service, limit: forgive(service.limit) };
  const { token, jobId } = job;
  tx.log("info", "service.forgiven", { token, jobId }, "a service has been up for long enough");
  tx.effect({ kind: "saveService", token });
  tellRestart(tx, attempt);
}
