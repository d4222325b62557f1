/**
 * Soft state: what the hub knows only because somebody told it recently. Never journaled; after a restart it
 * is empty, so a node's gates are closed until its first fresh frame and each lease starts a whole re-grant
 * window anew.
 */
import type { ClosedWindow } from "../../shared/model/campaign.ts";

import type { Claim, GpuReading, Hello, TelemetryFrame } from "../../shared/model/messages.ts";
import type { NodeReports } from "./nodes/report-gate.ts";
import type { Job } from "./state.ts";
import type { OpenDecision } from "./why/outcomes.ts";

export interface NodeSession {
  readonly sessionId: string;
  readonly node: string;
  readonly hello: Hello;
  lastHeardBootMs: number;
  lastHeartbeatSeq: number;
  /** Standing credit; null when none is open. */
  claim: Claim | null;
  /** What it said last of its room, also where that was no slot; null before it said anything. */
  offer: Claim | null;
  /** Newest grant of this session; a claim that does not know of it promises room that is taken. */
  lastToken: number;
  /** Why it was last told that its claim gets nothing; null when it was not, or has been given work since. */
  idleReason: string | null;
  isLatchedDown: boolean;
  /** Its last heartbeat said that somebody on the box holds it down. */
  isHeldOnBox: boolean;
  latchGeneration: number;
}

export interface NodeTelemetry {
  readonly frame: TelemetryFrame;
  readonly receivedBootMs: number;
}

export interface Decline {
  readonly times: number;
  readonly untilBootMs: number;
}

export interface RefusedAgent {
  readonly agentInstance: string;
  readonly reason: string;
  readonly bootMs: number;
}

export interface SoftState {
  readonly sessions: Map<string, NodeSession>;
  /** Attached nodes that have no start limit: a guardrail that every decision asks about. */
  readonly unlimited: Set<string>;
  /** Latest frame by node. */
  readonly telemetry: Map<string, NodeTelemetry>;
  /** When the hub last heard a holder renew, by token (this machine's boot time). */
  readonly renewedBootMs: Map<number, number>;
  readonly progress: Map<number, number>;
  /** Tokens of which outputs arrive, or have: only what has ended has any. */
  readonly uploading: Set<number>;
  /** Nodes that declined, by job and by runner: work goes elsewhere for a while. */
  readonly declines: Map<string, Map<string, Decline>>;
  /** When time was last looked at; a gap means that this hub stood still. */
  lastTickBootMs: number | null;
  /** An attempt that was lost since before this moment counts against no job. */
  excusedUntilBootMs: number;
  /** The journal has no room now: what is decided cannot become durable. */
  isJournalFull: boolean;
  /** What was written down of the reports of each node, and what was not. */
  readonly reports: Map<string, NodeReports>;
  /** Nodes whose session has ended of late and that have not come back, by when they were last heard. */
  readonly gone: Map<string, number>;
  /** Too many are gone at once: of how many. Null as a rule. */
  panic: { readonly fleet: number } | null;
  /** By node: the last agent that was turned away. */
  readonly refused: Map<string, RefusedAgent>;
  /** The newest hello of each node; one that it has overtaken says what is no longer so. */
  readonly hellos: Map<string, Pick<Hello, "agentInstance" | "helloSeq">>;
  /** When work of a time that was given up has ended everywhere. */
  settledBootMs: number;
  /** When a node was last heard of, also after it detached. */
  readonly lastSeenBootMs: Map<string, number>;
  /** Cards of nodes that have detached, as last read. */
  readonly cardsGone: Map<string, readonly GpuReading[]>;
  /** Newest crossing of each node; the numbers of one agent process go on over its sessions. */
  readonly crossings: Map<string, { readonly agentInstance: string; readonly seq: number }>;
  /** When waiting work is looked at next that others could leave for. */
  preemptAtBootMs: number;
  /** When ages of finished jobs are looked at next. */
  forgetAtBootMs: number;
  /** Runners whose jobs are placed by what was learned of their VRAM, as the latest hello that has them says. */
  readonly learningRunners: Set<string>;
  /** Newest report on the health of each node, numbered likewise. */
  readonly healthReports: Map<string, { readonly agentInstance: string; readonly seq: number }>;
  /** Windows that close something now, as of the last tick. */
  windows: readonly ClosedWindow[];
  /** Journal time of the last tick, for ages. */
  tickJournalMs: number;
  /** The latest decisions of each node, oldest first. */
  readonly decisions: Map<string, readonly NodeDecision[]>;
  /** Those whose outcome is awaited, in the order in which they come due. */
  readonly openDecisions: Map<string, OpenDecision>;
  /** Grants of which no start was heard, by token. */
  readonly openGrants: Map<number, OpenDecision>;
}

/** What a node decided by itself. */
export interface NodeDecision {
  readonly decision: string;
  readonly sentence: string;
  readonly bootMs: number;
}

/** Whether the work of a leased job is done and is being delivered. */
export function isDelivering({ uploading }: SoftState, { state, token }: Job): boolean {
  return state === "finalising" || (token !== null && uploading.has(token));
}

export function createSoftState(): SoftState {
  return {
    sessions: new Map(),
    unlimited: new Set(),
    telemetry: new Map(),
    renewedBootMs: new Map(),
    progress: new Map(),
    uploading: new Set(),
    declines: new Map(),
    lastTickBootMs: null,
    excusedUntilBootMs: 0,
    isJournalFull: false,
    reports: new Map(),
    gone: new Map(),
    panic: null,
    refused: new Map(),
    hellos: new Map(),
    settledBootMs: 0,
    lastSeenBootMs: new Map(),
    cardsGone: new Map(),
    crossings: new Map(),
    preemptAtBootMs: 0,
    forgetAtBootMs: 0,
    learningRunners: new Set(),
    healthReports: new Map(),
    windows: [],
    tickJournalMs: 0,
    decisions: new Map(),
    openDecisions: new Map(),
    openGrants: new Map(),
  };
}
