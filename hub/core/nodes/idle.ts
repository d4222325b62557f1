/**
 * Idle: why a node that holds an open claim is given nothing. Asked at each heartbeat of a session and told when
 * the answer has changed, so the node's own log says why it idles and a quiet fleet costs no message.
 */
import type { Times } from "../../../shared/decision.ts";
import { LANES, PRIORITIES } from "../../../shared/model/priority.ts";
import { arbitrate } from "../arbiter/arbiter.ts";
import { misfitOn } from "../placement/placement.ts";
import type { NodeSession } from "../soft.ts";
import type { Job } from "../state.ts";
import type { HubCore, Tx } from "../transaction.ts";

/** Waiting jobs that are looked at: those first in line. */
const LOOKED_AT = 16;

export function tellIdle(tx: Tx, session: NodeSession): void {
  if (session.claim === null) return;
  const reason = idleReason(tx, session, tx.times);
  if (reason === null || reason === session.idleReason) return;
  session.idleReason = reason;
  const message = { kind: "noWork", claimId: session.claim.claimId, reason } as const;
  tx.effect({ kind: "send", sessionId: session.sessionId, message });
}

/** Names rules and no figures, which would change with every look; null when it is about to be given work. */
function idleReason(core: HubCore, session: NodeSession, times: Times): string | null {
  const verdict = arbitrate(core, { campaign: null, node: session.node }, times.bootMs);
  // What ends a deferral may be a moment, which is told as a countdown.
  if (verdict.rule === "deferral") return "deferral: work here is put off, see `spiral override list`";
  if (!verdict.isYes) return `${verdict.rule}: ${verdict.wouldChange.join("; ")}`;
  const waiting = firstInLine(core, session);
  if (waiting.length === 0)
    return core.state.index.byState.pending.size === 0
      ? "the queue is empty"
      : "what is queued waits for its time or for other jobs";
  const misfits = waiting.map((job) => misfitOn(core, job, session, times)?.reason);
  if (misfits.includes(undefined)) return null;
  return `no waiting job fits here: ${[...new Set(misfits)].join(", ")}`;
}

/** The jobs of the lanes that the node offers, in the order in which they are granted. */
function firstInLine({ state }: HubCore, { claim }: NodeSession): readonly Job[] {
  const free = { gpu: claim?.gpuSlots ?? 0, cpu: claim?.cpuSlots ?? 0 };
  const jobs: Job[] = [];
  for (const lane of LANES.filter((each) => free[each] > 0)) {
    for (const priority of PRIORITIES) {
      for (const jobId of state.index.ready[lane][priority]) {
        const job = state.jobs.get(jobId);
        if (job !== undefined) jobs.push(job);
        if (jobs.length === LOOKED_AT) return jobs;
      }
    }
  }
  return jobs;
}
