/**
 * Definition: the hub's state machine as the journal sees it. The main loop recovers with it, and the worker
 * thread runs the same `apply` on what it made durable, for snapshots and for the files that people read.
 */
import { join } from "node:path";
import type { JournalDefinition, JournalRecord, Projections } from "../../shared/journal/journal.ts";
import { openProjection } from "../../shared/journal/projection.ts";
import type { Json, JsonObject } from "../../shared/json.ts";
import { apply } from "../core/apply.ts";
import type { HubEvent } from "../core/event.ts";
import { decodeHubState, encodeHubState } from "../core/snapshot.ts";
import { createHubState, type HubState } from "../core/state.ts";
import { ledgerLine } from "../core/why/ledger.ts";

export const SCHEMA_VERSION = 1;

export const hubJournal: JournalDefinition<HubState, HubEvent> = {
  schemaVersion: SCHEMA_VERSION,
  initial: createHubState,
  apply: (state, event) => apply(state, event),
  encode: encodeHubState,
  decode: (text) => decodeHubState(text),
  projections: openHubProjections,
};

/** `spiral.jsonl` tells everything, `ledger.jsonl` the decisions, `insights.jsonl` each score, `convergence.jsonl` one row per cycle. */
function openHubProjections(root: string, durableSeq: number): Projections<HubState, HubEvent> {
  const spiral = openProjection(join(root, "spiral.jsonl"), durableSeq);
  const insights = openProjection(join(root, "insights.jsonl"), durableSeq);
  const convergence = openProjection(join(root, "convergence.jsonl"), durableSeq);
  const ledger = openProjection(join(root, "ledger.jsonl"), durableSeq);
  const files = [spiral, ledger, insights, convergence];
  return {
    project: (record, state) => {
      spiral.append(record.seq, readableEvent(record));
      const line = ledgerLine(record.event, state);
      if (line !== null)
        ledger.append(record.seq, asJson({ wallMs: record.event.at.wallMs, epoch: state.epoch, ...line }));
      const insight = insightOf(record.event);
      if (insight !== null) insights.append(record.seq, insight);
      if (record.event.kind === "campaign.cycled") {
        const { campaign, arming, row, at } = record.event;
        convergence.append(record.seq, asJson({ wallMs: at.wallMs, campaign, arming, ...row }));
      }
    },
    flush: () => {
      for (const file of files) file.flush();
    },
    sync: () => {
      for (const file of files) file.sync();
    },
  };
}

/** An event as people read it: without the innards of the steering, which only it can use. */
export function readableEvent(record: JournalRecord<HubEvent>): JsonObject {
  const { at, kind, ...body } = record.event;
  const { steering: _, ...rest } = asJson(body);
  return { wallMs: at.wallMs, kind, ...rest };
}

function insightOf(event: HubEvent): JsonObject | null {
  if (event.kind !== "campaign.scored" || event.scores === null) return null;
  const { at, kind: _, index, ...rest } = event;
  return asJson({ wallMs: at.wallMs, slot: index, ...rest });
}

/** Events are JSON by the journal's contract; the compiler cannot see that through interfaces. */
function asJson(fields: object): Record<string, Json> {
  return fields as Record<string, Json>;
}
