/**
 * Ledger: the books of each card are never negative and never promise more than a gate allows at the moment of an
 * admission (I24–I26). Sums are taken here over the entries, not from the tally that the ledger keeps; and what is
 * judged is the card as it was at that moment, for one message may bring several grants, and a more important one
 * that is let in after a lesser one may pass that one's gate.
 */

import { consumerId } from "../../../agent/core/completion.ts";
import { PRIORITY_GATE } from "../../../shared/model/priority.ts";
import type { Consumer, Ledger } from "../../../shared/policy/ledger.ts";
import { usableBytes } from "../../../shared/policy/pressure.ts";
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
      for (const effect of effects) {
        if (effect.kind === "fetch") admitted(agent, effect.token, violate);
        // One with inputs was admitted before it fetched them.
        const isFresh = effect.kind === "launch" && !effect.isRestart && effect.job.lane === "gpu";
        if (isFresh && agent.core.state.attempts.get(effect.job.token)?.grant?.inputs.length === 0)
          admitted(agent, effect.job.token, violate);
      }
    },
  }),
};

/** This decision let it in: nothing was measured or given back since, only other claims may have come after it. */
function admitted({ core }: SimAgent, token: number, violate: (detail: string) => void): void {
  const job = core.state.attempts.get(token)?.job;
  const card = job?.gpu == null ? undefined : core.state.cards.get(job.gpu);
  if (job === undefined || card === undefined) return;
  const consumers = [...card.consumers.values()];
  const place = consumers.findIndex(({ id }) => id === consumerId(token));
  if (place < 0) return violate(`token ${token} is let in without a booking`);
  const usedBytes = usedBy(card, consumers.slice(0, place + 1));
  const usable = usableBytes(card.totalBytes);
  const gate = PRIORITY_GATE[job.priority];
  if (usedBytes >= gate * usable)
    violate(`token ${token} ${job.priority}: ${usedBytes} of ${usable} used, the gate is ${gate}`);
}

/** SPEC N2 once more: what cannot be known is everything. */
function usedBy({ reading, consumers }: Ledger, counted: readonly Consumer[]): number {
  if (reading.kind === "unknown") return Number.POSITIVE_INFINITY;
  const sum = (list: Iterable<Consumer>, of: (consumer: Consumer) => number): number =>
    [...list].reduce((total, consumer) => total + of(consumer), 0);
  const held = sum(counted, ({ bytes, measuredBytes }) => Math.max(bytes, measuredBytes));
  if (!reading.isPerProcess)
    return Math.max(held, reading.usedBytes + sum(counted, ({ unsampledBytes }) => unsampledBytes));
  return Math.max(0, reading.usedBytes - sum(consumers.values(), (each) => each.measuredBytes)) + held;
}
