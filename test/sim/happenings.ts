/**
 * Happenings: what checkers get to see. They are told by the harness at the place where it happens, so a checker
 * knows what the cores decided, what left a process and what was true in the world, and can lay them side by side.
 */
import type { Effect as AgentEffect } from "../../agent/core/transaction.ts";
import type { HubEvent } from "../../hub/core/event.ts";
import type { HubState } from "../../hub/core/state.ts";
import type { Effect as HubEffect } from "../../hub/core/transaction.ts";
import type { AgentMessage, HubMessage } from "../../shared/model/messages.ts";
import type { SimAgent } from "./agent.ts";
import type { SimBox } from "./box.ts";
import type { HubRun } from "./hub.ts";
import type { SimProcess } from "./process.ts";

/** How a process really ended, whatever anybody says of it. */
export type TrueEnd = "exited" | "stopped" | "deadline" | "killed";

export type Happening =
  /** A decision handed events to the journal; the state has them already. */
  | {
      readonly kind: "hub.appended";
      readonly run: HubRun;
      readonly events: readonly HubEvent[];
      readonly lastSeq: number;
    }
  | { readonly kind: "hub.durable"; readonly run: HubRun; readonly seq: number; readonly event: HubEvent }
  | { readonly kind: "hub.released"; readonly run: HubRun; readonly effect: HubEffect }
  | { readonly kind: "hub.recovered"; readonly run: HubRun }
  | { readonly kind: "hub.ended"; readonly run: HubRun }
  /** An older copy of the journal lies where the newer one lay; `lastToken` is the newest that it knows. */
  | { readonly kind: "hub.restored"; readonly lastToken: number }
  /** The hub stood still and goes on. */
  | { readonly kind: "hub.resumed"; readonly run: HubRun }
  | {
      readonly kind: "hub.heard";
      readonly run: HubRun;
      readonly node: string;
      readonly sessionId: string;
      readonly message: AgentMessage;
    }
  | { readonly kind: "agent.decided"; readonly agent: SimAgent; readonly effects: readonly AgentEffect[] }
  | { readonly kind: "agent.sent"; readonly agent: SimAgent; readonly message: AgentMessage }
  | { readonly kind: "agent.heard"; readonly agent: SimAgent; readonly message: HubMessage }
  | { readonly kind: "process.started"; readonly process: SimProcess }
  | { readonly kind: "process.ended"; readonly process: SimProcess; readonly how: TrueEnd }
  | {
      readonly kind: "outputs.published";
      readonly jobId: string;
      readonly token: number;
      readonly manifestSha256: string;
    }
  /** By a hand on the box. */
  | { readonly kind: "box.latched"; readonly box: SimBox }
  | { readonly kind: "box.unlatched"; readonly box: SimBox }
  | { readonly kind: "told"; readonly told: Told }
  /** All faults are over: from here on everything has to come to its end. */
  | { readonly kind: "healed" }
  /** Everything is quiet, or the time for it is over. */
  | { readonly kind: "finished" };

/** What somebody outside has been told, and may rely on. */
export type Told =
  | { readonly kind: "submitted"; readonly key: string; readonly jobId: string }
  | {
      readonly kind: "desired";
      readonly state: HubState["desired"]["state"];
      readonly generation: number;
      readonly isNow: boolean;
    }
  /** Of the job as a reader saw it; `seq` is the place in the journal that it was read at. */
  | { readonly kind: "read"; readonly jobId: string; readonly state: string; readonly token: number | null };

export type HappeningOf<Kind extends Happening["kind"]> = Extract<Happening, { kind: Kind }>;
