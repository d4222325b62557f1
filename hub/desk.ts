/** Desk: the hub as agents see it: live sessions, and every message handed to the core as one decision. */
import { FleetError } from "../shared/errors.ts";
import { receive, takeTelemetry } from "./core/hub.ts";
import { attach, detach } from "./core/nodes/session.ts";
import type { Engine } from "./engine.ts";
import type { PressureFeed } from "./pressure-feed.ts";
import type { Queries } from "./queries.ts";
import type { AgentDesk, Session } from "./service/ports.ts";

export interface DeskOptions {
  readonly engine: Engine;
  readonly sessions: Map<string, Session>;
  readonly queries: Queries;
  readonly feed: PressureFeed;
}

export function createDesk({ engine, sessions, queries, feed }: DeskOptions): AgentDesk {
  return {
    attach: (session, hello) => {
      sessions.set(session.id, session);
      const result = engine.act((tx) => attach(tx, session.id, hello));
      if (result.kind === "refused") {
        sessions.delete(session.id);
        throw new FleetError("alreadyExists", result.reason);
      }
      const replaced = result.replacedSessionId;
      if (replaced !== null && replaced !== session.id)
        sessions.get(replaced)?.close("replaced by a newer session of the same agent");
    },
    receive: (session, message) => {
      if (message.kind === "answer") queries.answer(message);
      engine.act((tx) => receive(tx, session.node, session.id, message));
    },
    telemetry: (node, frame) => {
      engine.act((tx) => takeTelemetry(tx, node, frame));
      feed.frame(node, frame);
    },
    detach: (session, reason) => {
      sessions.delete(session.id);
      engine.act((tx) => detach(tx, session.node, session.id, reason));
    },
    isLive: (sessionId, node) => engine.core.soft.sessions.get(node)?.sessionId === sessionId,
  };
}
