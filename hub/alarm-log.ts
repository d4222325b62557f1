/** Alarm log: journal events that a person should look at, as lines of the hub's own log. */
import type { Log } from "../shared/log.ts";
import type { HubEvent } from "./core/event.ts";
import type { RecentEvents } from "./recent-events.ts";

export function logAlarms(recent: RecentEvents, log: Log): void {
  recent.follow(({ event }) => logAlarm(event, log));
}

function logAlarm(event: HubEvent, log: Log): void {
  switch (event.kind) {
    case "panic.began": {
      const { silent, fleet, nodes } = event;
      const fields = { event: event.kind, silent, fleet, nodes } as const;
      log.error(fields, "much of the fleet went silent at once: its work is given to nobody else");
      return;
    }
    case "rollback.suspected": {
      const { node, tokenSeen, jobSeen, epochSeen } = event;
      const fields = { event: event.kind, node, tokenSeen, jobSeen, epochSeen } as const;
      log.error(fields, "this journal is an older copy: SAFE, nothing is granted until a person decides");
      return;
    }
    case "rollback.accepted": {
      const { tokenFloor, jobFloor, actor, reason } = event;
      log.warn({ event: event.kind, tokenFloor, jobFloor, actor, reason }, "a rollback was accepted");
      return;
    }
    case "panic.ended": {
      const { silent, actor, reason } = event;
      log.warn({ event: event.kind, silent, actor, reason }, "the panic is over");
      return;
    }
    default:
      return;
  }
}
