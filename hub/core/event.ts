/**
 * Event: every durable fact of the hub, one union. An event carries all that `apply` needs, so that replay,
 * standby and simulator come to the same state without computing anything again.
 */
import type { JsonObject } from "../../shared/json.ts";
import type { CalibrationDocument, CampaignSpec, ControlDocument } from "../../shared/model/campaign.ts";
import type { AttemptOutcome, DesiredState, JobSpec, OutputFile } from "../../shared/model/job.ts";
import type { Lane, Priority } from "../../shared/model/priority.ts";
import type { Seat } from "../../shared/policy/placement.ts";
import type { OverrideEffect, OverrideSubject } from "./arbiter/override.ts";
import type { SpineRow, StopVerdict } from "./steer/convergence.ts";
import type { SteeringState } from "./steer/cycle.ts";

/** Where a job belongs in a campaign: a render or an evaluation of one slot of a cycle, or the master. */
export interface SlotRef {
  readonly campaign: string;
  readonly arming: number;
  readonly cycle: number;
  readonly index: number;
  readonly step: "render" | "evaluate" | "master";
}

/** What is rendered in one slot: a candidate of the optimiser, or the operating point itself. */
export interface SlotPlan {
  readonly role: "candidate" | "point";
  readonly actuators: Readonly<Record<string, number>>;
}

/** What becomes of a job after an attempt that did not succeed. */
export type AfterAttempt =
  | { readonly state: "pending"; readonly notBeforeMs: number }
  | { readonly state: "failed" | "cancelled" | "quarantined" };

export interface Actor {
  readonly actor: string;
  readonly reason: string;
}

/** What is kept for a job that others are stopped for, and on what grounds. */
export interface HeldRoom {
  readonly gpu: string | null;
  readonly vramBytes: number;
  readonly priority: Priority;
  readonly lane: Lane;
  /** What the job lacked there before. */
  readonly missing: { readonly vramBytes: number; readonly slots: number };
  /** How long the stopped attempt had run. */
  readonly ranMs: number;
}

/** How a node, or one card of it, stands from now on. */
interface StandingBody {
  readonly node: string;
  /** UUID; null: the whole node. */
  readonly gpu: string | null;
  readonly reason: string;
  readonly cure: string | null;
  /** node, hub or who did it by hand. */
  readonly by: string;
  /** Journal time from which the node is tried again; null where only its own word ends it. */
  readonly untilMs: number | null;
}

export type EventBody =
  | {
      readonly kind: "hub.started";
      readonly epoch: number;
      readonly version: string;
      /** Absent from hubs of before. */
      readonly hubId?: string;
      /** `host:port` of the hub that led before; absent where it was this one, or nobody. */
      readonly takenFrom?: string;
      /** Numbers up to these are skipped. */
      readonly tokenFloor?: number;
      readonly jobFloor?: number;
    }
  /** It ends because it was told to; a start without this before it follows a crash. */
  | { readonly kind: "hub.stopped" }
  /** An agent has seen what this journal has never given: it is an older copy. Highest numbers of all agents. */
  | {
      readonly kind: "rollback.suspected";
      readonly node: string;
      readonly tokenSeen: number;
      readonly jobSeen: number;
      readonly epochSeen: number;
    }
  | ({
      readonly kind: "rollback.accepted";
      readonly tokenFloor: number;
      readonly jobFloor: number;
      readonly epoch: number;
    } & Actor)
  /** Jobs that an agent which is away may have been granted in the forgotten time wait for the end of their grace. */
  | {
      readonly kind: "rollback.settled";
      /** Absent: none. Journal time from which each may be granted. */
      readonly awaited?: readonly { readonly jobId: string; readonly notBeforeMs: number }[];
    }
  | {
      readonly kind: "job.submitted";
      readonly jobId: string;
      readonly key: string;
      readonly spec: JobSpec;
      readonly slot: SlotRef | null;
    }
  | {
      readonly kind: "job.leased";
      readonly jobId: string;
      readonly token: number;
      readonly node: string;
      readonly offlineGraceMs: number;
      /** By what it was chosen among which seats, best first; absent where there was no card and no choice. */
      readonly placed?: {
        readonly isBig: boolean;
        readonly vramBytes: number;
        readonly seats: readonly Seat[];
      };
    }
  | {
      readonly kind: "job.started";
      readonly token: number;
      /** The card that its node has booked it on; absent where that is the one that it was placed on. */
      readonly gpu?: string;
    }
  | {
      readonly kind: "job.finalising";
      readonly token: number;
      readonly manifestSha256: string;
      readonly outputs: readonly OutputFile[];
    }
  | {
      readonly kind: "job.succeeded";
      readonly jobId: string;
      readonly token: number;
      readonly manifestSha256: string | null;
      readonly result: JsonObject;
      readonly ranMs: number;
      readonly peakVramBytes: number;
    }
  | { readonly kind: "job.published"; readonly jobId: string }
  /** Finished long ago: what is left of them is in the journal's files and in renders/. */
  | { readonly kind: "job.forgotten"; readonly jobIds: readonly string[] }
  /** A service's process has ended; its holder starts it again under the same token. */
  | {
      readonly kind: "service.restarted";
      readonly jobId: string;
      readonly token: number;
      readonly node: string;
      /** Counts from 1 under this token. */
      readonly restart: number;
      /** Strikes that count, of how many that are tolerated. */
      readonly strikes: number;
      readonly burst: number;
      readonly exitCode: number;
      readonly detail: string;
      readonly afterMs: number;
    }
  /** It has been up for so long that its strikes count no more. */
  | {
      readonly kind: "service.forgiven";
      readonly jobId: string;
      readonly token: number;
      readonly node: string;
    }
  | {
      readonly kind: "attempt.ended";
      readonly jobId: string;
      readonly token: number;
      readonly node: string;
      readonly outcome: AttemptOutcome | "declined";
      readonly detail: string;
      readonly isBurned: boolean;
      readonly ranMs: number;
      readonly exitCode: number | null;
      /** Absent where nothing was measured. */
      readonly peakVramBytes?: number;
      /** For how long its holder had not renewed; absent where that is not why it ended. */
      readonly silentMs?: number;
      /** Losses of the job that may be its own doing, this one included; absent where this is none. */
      readonly suspectLosses?: number;
      readonly next: AfterAttempt;
    }
  | ({ readonly kind: "job.cancelRequested"; readonly jobId: string } & Actor)
  | ({ readonly kind: "job.cancelled"; readonly jobId: string } & Actor)
  | ({
      readonly kind: "override.set";
      readonly id: string;
      readonly effect: OverrideEffect;
      readonly subject: OverrideSubject;
      readonly name: string;
      readonly until: string;
      /** What is ordered, where the effect needs to be told; absent in overrides of before. */
      readonly value?: string;
      readonly endMs: number;
    } & Actor)
  | ({ readonly kind: "override.ended"; readonly id: string } & Actor)
  /** Its counters begin anew. */
  | ({ readonly kind: "job.requeued"; readonly jobId: string } & Actor)
  /** Its holder is told to end it, and nothing will be held against it. */
  | ({
      readonly kind: "job.preempted";
      readonly jobId: string;
      readonly token: number;
      readonly node: string;
      /** Job that the room is kept for; null where nothing waits for it. */
      readonly claimant: string | null;
      /** Journal time until which the room is kept. */
      readonly holdUntilMs: number | null;
      /** What is kept; absent where nothing is. */
      readonly held?: HeldRoom;
    } & Actor)
  /** Room is kept for a job no longer, which has not taken it. */
  | ({ readonly kind: "hold.ended"; readonly jobId: string; readonly node: string } & Actor)
  | ({
      readonly kind: "desired.changed";
      readonly state: DesiredState;
      readonly generation: number;
      readonly waived: readonly string[];
    } & Actor)
  /** Waived guardrails that have turned green: they protect again. */
  | { readonly kind: "waiver.ended"; readonly waived: readonly string[] }
  | {
      readonly kind: "arbiter.changed";
      /** A campaign, or "fleet". */
      readonly scope: string;
      readonly isYes: boolean;
      readonly rule: string;
      readonly evidence: JsonObject;
    }
  | {
      readonly kind: "node.attached";
      readonly node: string;
      readonly agentInstance: string;
      /** Absent from hubs of before. */
      readonly generation?: number;
      readonly machineId?: string;
      readonly isLatchedDown: boolean;
    }
  /** Another agent serves this node, or has. */
  | {
      readonly kind: "node.refused";
      readonly node: string;
      readonly agentInstance: string;
      readonly reason: string;
    }
  | { readonly kind: "node.detached"; readonly node: string; readonly reason: string }
  /** It has been away for longer than the panic guard waits: the fleet is smaller by it until it attaches again. */
  | { readonly kind: "node.left"; readonly node: string; readonly reason: string }
  /** Too much of the fleet went silent at once: the work of silent nodes is given to nobody else. */
  | {
      readonly kind: "panic.began";
      readonly silent: number;
      readonly fleet: number;
      readonly nodes: readonly string[];
    }
  | ({ readonly kind: "panic.ended"; readonly silent: number } & Actor)
  | {
      readonly kind: "node.crossed";
      readonly node: string;
      /** The agent's own number of the crossing. */
      readonly crossing: number;
      readonly resource: string;
      readonly level: string;
      readonly ratio: number;
      /** UUID; null for what is not a card. */
      readonly gpu: string | null;
      /** Crossings of this node before it that never arrived, or came faster than they can be written down. */
      readonly missed: number;
    }
  | {
      readonly kind: "node.fault";
      readonly node: string;
      readonly gpu: string | null;
      readonly cause: string;
      readonly action: string;
      readonly detail: string;
      readonly jobId: string | null;
      /** Reports of this node before it that are missing likewise. */
      readonly missed: number;
    }
  | ({
      readonly kind: "node.cordoned";
      readonly node: string;
      readonly isDrain: boolean;
      /** Journal time at which what still runs is stopped. */
      readonly stopAtMs: number | null;
    } & Actor)
  | ({ readonly kind: "node.uncordoned"; readonly node: string } & Actor)
  | ({ readonly kind: "node.throttled" } & StandingBody)
  | ({ readonly kind: "node.drained" } & StandingBody)
  | ({ readonly kind: "node.quarantined" } & StandingBody)
  | ({ readonly kind: "node.returned" } & StandingBody)
  /** What a node decided by itself. */
  | {
      readonly kind: "node.decided";
      readonly node: string;
      readonly decision: string;
      readonly body: JsonObject;
      /** Decisions of this node before it that are not here; absent where none is missing. */
      readonly missed?: number;
    }
  /** What came of a decision a while later, where nothing else in the journal tells it. */
  | {
      readonly kind: "decision.settled";
      readonly decision: string;
      readonly node: string;
      readonly gpu: string | null;
      readonly jobId: string | null;
      /** Journal time at which it was decided. */
      readonly decidedMs: number;
      readonly outcome: string;
      readonly evidence: JsonObject;
    }
  | { readonly kind: "control.loaded"; readonly document: ControlDocument }
  | { readonly kind: "calibration.loaded"; readonly document: CalibrationDocument }
  | ({
      readonly kind: "campaign.armed";
      readonly campaign: string;
      readonly arming: number;
      readonly spec: CampaignSpec;
      readonly steering: SteeringState;
    } & Actor)
  | {
      readonly kind: "campaign.asked";
      readonly campaign: string;
      readonly steering: SteeringState;
      readonly slots: readonly SlotPlan[];
    }
  | {
      readonly kind: "campaign.scored";
      readonly campaign: string;
      readonly arming: number;
      readonly cycle: number;
      readonly index: number;
      readonly role: SlotPlan["role"];
      readonly renderJob: string | null;
      readonly actuators: Readonly<Record<string, number>>;
      /** Null when the slot failed for good. */
      readonly scores: Readonly<Record<string, number>> | null;
      readonly distance: number | null;
      /** Why it failed; absent otherwise, and in events of before. */
      readonly reason?: string;
    }
  | {
      readonly kind: "campaign.cycled";
      readonly campaign: string;
      readonly arming: number;
      readonly row: SpineRow;
      readonly steering: SteeringState;
      readonly globals: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: "campaign.stopped";
      readonly campaign: string;
      readonly arming: number;
      readonly state: "converged" | "stopped";
      readonly verdict: StopVerdict;
    };

/** When it happened: journal time for what is compared, wall time for what people read. */
export interface EventTime {
  readonly journalMs: number;
  readonly wallMs: number;
}

export type HubEvent = EventBody & { readonly at: EventTime };
