/**
 * Soft state: what the hub knows only because somebody told it recently. Never journaled; after a restart it
 * is empty, so a node's gates are closed until its first fresh frame and each lease starts a whole re-grant
 * window anew.
 */
import type { Claim, Hello, TelemetryFrame } from "../../shared/model/messages.ts";

export interface NodeSession {
  readonly sessionId: string;
  readonly node: string;
  readonly hello: Hello;
  lastHeardBootMs: number;
  lastHeartbeatSeq: number;
  /** Standing credit; null when none is open. */
  claim: Claim | null;
  /** Newest grant of this session; a claim that does not know of it promises room that is taken. */
  lastToken: number;
  isLatchedDown: boolean;
  latchGeneration: number;
}

export interface NodeTelemetry {
  readonly frame: TelemetryFrame;
  readonly receivedBootMs: number;
}

export interface SoftState {
  readonly sessions: Map<string, NodeSession>;
  /** Latest frame by node. */
  readonly telemetry: Map<string, NodeTelemetry>;
  /** When the hub last heard a holder renew, by token (this machine's boot time). */
  readonly renewedBootMs: Map<number, number>;
  readonly progress: Map<number, number>;
  /** When a node was last heard of, also after it detached. */
  readonly lastSeenBootMs: Map<string, number>;
}

export function createSoftState(): SoftState {
  return {
    sessions: new Map(),
    telemetry: new Map(),
    renewedBootMs: new Map(),
    progress: new Map(),
    lastSeenBootMs: new Map(),
  };
}
