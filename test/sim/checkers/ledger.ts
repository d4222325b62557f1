/**
 * Ledger: the books of each card are never negative and never promise more than a gate allows at the moment of an
 * admission (I24–I26). Sums are taken here over the entries, not from the tally that the ledger keeps.
 */

import { consumerId } from "../../../agent/core/completion.ts";
import type { HeldJob } from "../../../agent/core/state.ts";
import { PRIORITY_GATE } from "../../../shared/model/priority.ts";
import { usageOf } from "../../../shared/policy/ledger.ts";
import type { SimAgent } from "../agent.ts";
import type { Checker } from "../checker.ts";

export const ledger: Checker = {
  name: "ledger",
  promise: "I24–I26: books are never negative, and nothing is admitted at or past its gate",
  survivesRestore: true,
  watch: (_world, violate) => ({
    "agent.decided": ({ agent, effects }) => {
      for (const [gpu, card] of agent.core.state.cards) {
        let reserved = 0;
        let held = 0;
        for (const consumer of card.consumers.values()) {
          reserved += consumer.bytes;
          held += Math.max(consumer.bytes, consumer.measuredBytes);
          if (consumer.bytes < 0) violate(`${gpu}: ${consumer.id} holds ${consumer.bytes} bytes`);
        }
        if (reserved !== card.tally.reservedBytes || held !== card.tally.heldBytes)
          violate(`${gpu}: the tally says ${card.tally.reservedBytes}, the entries ${reserved}`);
      }
      for (const effect of effects)
        if (effect.kind === "launch" && !effect.isRestart) admitted(agent, effect.job, violate);
    },
  }),
};

/** A job without inputs is launched in the very decision that admitted it. */
function admitted(agent: SimAgent, job: HeldJob, violate: (detail: string) => void): void {
  const card = job.gpu === null ? undefined : agent.core.state.cards.get(job.gpu);
  const attempt = agent.core.state.attempts.get(job.token);
  if (card === undefined || attempt?.grant?.inputs.length !== 0) return;
  if (!card.consumers.has(consumerId(job.token))) violate(`token ${job.token} is launched without a booking`);
  const { usedBytes, usableBytes } = usageOf(card);
  const gate = PRIORITY_GATE[job.priority];
  if (usedBytes >= gate * usableBytes)
    violate(`token ${job.token} ${job.priority}: ${usedBytes} of ${usableBytes} used, the gate is ${gate}`);
}
