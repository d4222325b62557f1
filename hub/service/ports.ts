/**
 * Ports: what the gRPC services need of the hub, and what the hub needs of a live agent stream. The services
 * know the wire, the hub knows the core; neither knows the other.
 */
import type { AgentMessage, Hello, HubMessage, TelemetryFrame } from "../../shared/model/messages.ts";

export const ROLES = ["agent", "operator", "viewer"] as const;
export type Role = (typeof ROLES)[number];

/** Who is calling, proved by the connection and never by a message. `id` is the node name of an agent. */
export interface Principal {
  readonly role: Role;
  readonly id: string;
  /** How it was proved, for the audit: `loopback-secret`. */
  readonly via: string;
}

/** One live control stream. */
export interface Session {
  readonly id: string;
  readonly node: string;
  /** Queues a message; a session that cannot keep up is closed by the stream wrapper, never waited for. */
  send(message: HubMessage): void;
  /** Says goodbye and ends the stream. */
  close(reason: string): void;
}

/** The hub as agents see it. */
export interface AgentDesk {
  /** Throws FleetError to refuse the session; nothing else of it is then called. */
  attach(session: Session, hello: Hello): void;
  receive(session: Session, message: AgentMessage): void;
  telemetry(node: string, frame: TelemetryFrame): void;
  detach(session: Session, reason: string): void;
  /** Whether this session id is live and belongs to the node: telemetry and bulk present it. */
  isLive(sessionId: string, node: string): boolean;
}
