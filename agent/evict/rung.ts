/** Rung: one question to one consumer, and the wait until the card shows what came of it. */
import { describeError } from "../../shared/errors.ts";
import { delay } from "../../shared/loop.ts";
import type { Candidate, Rung } from "../../shared/policy/eviction.ts";
import { askWithin } from "../host/deadline.ts";
import type { Climb, EvictionRecord } from "./climb.ts";
import type { EvictOutcome, Evictor } from "./evictor.ts";
import { judgeProof, mayImprove, type Proof, type ProofInput, type VramMeasure } from "./proof.ts";

export interface RungAttempt {
  readonly candidate: Candidate;
  readonly evictor: Evictor;
  readonly rung: Rung;
  readonly expectedBytes: number;
  readonly before: VramMeasure;
}

export interface RungResult {
  readonly record: EvictionRecord;
  /** The last measurement; null when the card could not be measured any more. */
  readonly after: VramMeasure | null;
}

type Said = EvictOutcome | { readonly kind: "late"; readonly detail: string };

/** Never rejects: an adapter or a sensor that throws is a failure with its words. */
export async function tryRung(climb: Climb, attempt: RungAttempt): Promise<RungResult> {
  const { ports, request } = climb;
  const { candidate, rung, expectedBytes, before } = attempt;
  const { id, label, priority, idleSeconds, score } = candidate;
  const atBootMs = ports.clock.bootMs();
  const said = await ask(climb, attempt);
  const { proof, after } = await prove(climb, { consumer: id, expectedBytes, said: said.kind, before });
  const record: EvictionRecord = {
    atBootMs,
    requester: request.requester,
    gpu: request.gpu,
    consumer: { id, label, priority, idleSeconds, score },
    rung,
    expectedBytes,
    verdict: proof.verdict,
    freedBytes: proof.freedBytes,
    usedBeforeBytes: before.usedBytes,
    usedAfterBytes: after?.usedBytes ?? null,
    tookMs: Math.round(ports.clock.bootMs() - atBootMs),
    detail: said.detail,
  };
  return { record, after };
}

async function ask({ policy, stopping }: Climb, attempt: RungAttempt): Promise<Said> {
  const { evictor, rung, expectedBytes } = attempt;
  const deadlineMs = policy.askMs[rung];
  try {
    const answer = await askWithin({ deadlineMs, stopping }, (signal) =>
      evictor.evict(rung, expectedBytes, signal),
    );
    if (answer.kind === "answered") return answer.value;
    return { kind: "late", detail: `no answer to ${rung} within ${deadlineMs} ms` };
  } catch (error) {
    return { kind: "failed", detail: describeError(error) };
  }
}

interface Proved {
  readonly proof: Proof;
  readonly after: VramMeasure | null;
}

/** Measures until the bytes are back or their time is over; once, when nothing can be on its way. */
async function prove(climb: Climb, input: Omit<ProofInput, "after">): Promise<Proved> {
  const { policy, ports, stopping } = climb;
  const deadlineMs = ports.clock.bootMs() + policy.proofMs;
  for (;;) {
    const after = await measureNow(climb);
    const proof = judgeProof({ ...input, after });
    const isOver = stopping.aborted || ports.clock.bootMs() >= deadlineMs;
    if (isOver || !mayImprove(proof.verdict, input.said)) return { proof, after };
    await delay(policy.proofPollMs, stopping);
  }
}

/** A fresh look at the card; null for a sensor that fails or takes longer than a proof may. */
export async function measureNow({ policy, ports, request, stopping }: Climb): Promise<VramMeasure | null> {
  try {
    const deadline = { deadlineMs: policy.proofMs, stopping };
    const answer = await askWithin(deadline, (signal) => ports.measure(request.gpu, signal));
    return answer.kind === "answered" ? answer.value : null;
  } catch {
    // The sensor has logged why; here it only means that nothing can be proved.
    return null;
  }
}
