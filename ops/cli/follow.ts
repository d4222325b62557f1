/**
 * Follow: a campaign from wherever it is to its end, looked at twice a second. The hub may go and come back on
 * the way: that is a normal state, and the campaign goes on where it was.
 */
import { type Clock, systemClock } from "../../shared/clock.ts";
import { FLEET_ERRORS, FleetError } from "../../shared/errors.ts";
import { delay } from "../../shared/loop.ts";
import type { HubClient } from "./client.ts";
import { type Campaign, type Explanation, readCampaign, readExplanation } from "./views.ts";

export interface FollowOptions {
  readonly campaign: string;
  /** What is waited for. */
  readonly until: (campaign: Campaign) => boolean;
  /** Ends the following; the campaign is not touched. */
  readonly signal: AbortSignal;
  readonly onLook: (look: CampaignLook) => void;
  /** The hub did not answer, or may not say for now (its disk is full); it is asked again. */
  readonly onSilence: (error: FleetError) => void;
  /** How long a silent hub is waited for. */
  readonly patienceMs: number;
  readonly clock?: Clock;
}

export interface CampaignLook {
  readonly campaign: Campaign;
  /** The arbiter's answer for it now. */
  readonly why: Explanation;
}

const LOOK_MS = 500;

/** The campaign when `until` says so, or as it was last seen when `signal` aborts (null: never). */
export async function followCampaign(hub: HubClient, options: FollowOptions): Promise<Campaign | null> {
  const { signal, patienceMs, clock = systemClock } = options;
  let seen: Campaign | null = null;
  let answeredMs = clock.bootMs();
  while (!signal.aborted) {
    try {
      const look = await lookAt(hub, options.campaign);
      seen = look.campaign;
      answeredMs = clock.bootMs();
      options.onLook(look);
      if (options.until(seen)) return seen;
    } catch (error) {
      if (!(error instanceof FleetError) || !FLEET_ERRORS[error.code].retryable) throw error;
      // A hub whose disk is full answers, and what it does goes on: only silence is waited for no longer than that.
      if (error.code === "resourceExhausted") answeredMs = clock.bootMs();
      if (clock.bootMs() - answeredMs > patienceMs) throw error;
      options.onSilence(error);
    }
    await delay(LOOK_MS, signal);
  }
  return seen;
}

export function isOver({ state }: Campaign): boolean {
  return state === "converged" || state === "stopped";
}

async function lookAt(hub: HubClient, name: string): Promise<CampaignLook> {
  const campaign = readCampaign(await hub.call("GetCampaign", { campaign: name }));
  return { campaign, why: readExplanation(await hub.call("Why", { kind: "campaign", name })) };
}
