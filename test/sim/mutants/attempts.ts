/** Mutants of the life of jobs and attempts, and of the books of a card. */
import type { Mutant } from "./mutant.ts";

export const ATTEMPTS: readonly Mutant[] = [
  {
    name: "losses-burn",
    harm: "a job pays for the loss of its node",
    path: "hub/core/queue/queue.ts",
    text: 'return outcome === "own-failure" || outcome === "oom";',
    broken: 'return outcome === "own-failure" || outcome === "oom" || outcome === "infra-lost";',
  },
  {
    name: "attempts-unbounded",
    harm: "a job that always fails is tried for ever",
    path: "hub/core/queue/queue.ts",
    text: 'if (burned >= job.spec.maxAttempts) return { state: "quarantined" };',
    broken: "",
  },
  {
    name: "adopted-blamed",
    harm: "a stop whose agent died is called the job's own failure",
    path: "agent/core/attempt.ts",
    text: "if (isAdopted && (",
    broken: "if (!isAdopted && (",
  },
  {
    name: "cause-forgotten",
    harm: "a job that was ended on purpose is judged by how it exited",
    path: "agent/core/attempt.ts",
    text: "attempt.cause ?? withFaults(",
    broken: "withFaults(",
  },
  {
    name: "gate-always-open",
    harm: "a card takes what is asked for until it is full, whoever asks",
    path: "shared/policy/gate.ts",
    text: "const gate = gates[priority];",
    broken: "const gate = Math.max(gates[priority], 0.99);",
  },
  {
    name: "gate-without-claim",
    harm: "a claim is judged by the card as it was before it",
    path: "shared/policy/admission.ts",
    text: "const mayPass = isBelowGate(view, 0);",
    broken: "const mayPass = isBelowGate(view, -Math.min(consumer.bytes, view.usedBytes));",
  },
  {
    name: "blind-card-admits",
    harm: "a card of which nothing is known takes work",
    path: "shared/policy/admission.ts",
    text: 'if (reading.kind === "unknown") {',
    broken: "if (reading.kind === undefined) {",
  },
  {
    name: "settled-kept",
    harm: "an attempt that the hub has answered for is never forgotten",
    path: "agent/core/completion.ts",
    text: "if (!attempt.isProcessAlive) drop(tx, attempt);",
    broken: "",
  },
  {
    name: "lost-forever",
    harm: "a job that has lost a node is never granted again",
    path: "hub/core/queue/queue.ts",
    text: "if (job.notBeforeMs > tx.times.journalMs) break;",
    broken: "if (job.losses > 0) break;",
  },
];
