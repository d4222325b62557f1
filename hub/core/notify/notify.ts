/** Notify: one durable event taken in. Also hears from the journal alone that a hub ended without saying so. */
import type { HubEvent } from "../event.ts";
import type { HubState } from "../state.ts";
import { noticeOf } from "./classify.ts";
import type { Notice } from "./notice.ts";
import { type NotifyState, offerNotice } from "./outbox.ts";
import type { NotifyPolicy } from "./policy.ts";

export interface DurableEvent {
  readonly seq: number;
  readonly event: HubEvent;
}

/** Looks at an event once; one from before the cursor changes nothing. */
export function takeEvent(
  state: NotifyState,
  policy: NotifyPolicy,
  { seq, event }: DurableEvent,
  { hub, nowMs }: { readonly hub: Pick<HubState, "jobs">; readonly nowMs: number },
): void {
  if (seq <= state.cursorSeq) return;
  state.cursorSeq = seq;
  const notice = lifeNotice(state, event, seq) ?? noticeOf(event, seq, hub);
  if (notice !== null) offerNotice(state, policy, notice, nowMs);
}

function lifeNotice(state: NotifyState, event: HubEvent, seq: number): Notice | null {
  if (event.kind === "hub.stopped") state.isHubOpen = false;
  if (event.kind !== "hub.started") return null;
  const wasOpen = state.isHubOpen;
  state.isHubOpen = true;
  const { takenFrom } = event;
  if (!wasOpen && takenFrom === undefined) return null;
  return {
    id: `event-${seq}`,
    topic: takenFrom === undefined ? "hub-restart" : "takeover",
    severity: wasOpen ? "warning" : "info",
    subject: "hub",
    title:
      takenFrom === undefined
        ? "the hub has started again after it ended without saying so"
        : `another hub leads: it has taken over from ${takenFrom}`,
    text: `epoch ${event.epoch}, version ${event.version}; nothing that was acknowledged is lost`,
    wallMs: event.at.wallMs,
    node: null,
    campaign: null,
  };
}
