/**
 * Grants: no lease is made that the arbiter would not allow: never while the fleet is not up (I13) or the journal has no room, never on a node
 * that is away, stale or latched down, never of a campaign that is over. Judged here from the hub's own soft state,
 * in words of its own.
 */
import { pinOf } from "../../../hub/core/state.ts";
import type { Checker } from "../checker.ts";

export const grants: Checker = {
  name: "grants",
  promise:
    "I13: nothing is leased while the fleet is not up or the journal full, or on a node that is away, stale or latched",
  survivesRestore: true,
  watch: (world, violate) => {
    let desired = "disabled";
    const over = new Map<string, boolean>();
    return {
      "hub.recovered": ({ run }) => {
        const { state } = run.engine.core;
        desired = state.desired.state;
        for (const [name, campaign] of state.campaigns)
          over.set(name, campaign.state === "converged" || campaign.state === "stopped");
      },
      "hub.appended": ({ run, events }) => {
        const { state, soft } = run.engine.core;
        for (const event of events) {
          if (event.kind === "desired.changed") desired = event.state;
          if (event.kind === "campaign.armed") over.set(event.campaign, false);
          if (event.kind === "campaign.stopped") over.set(event.campaign, true);
          if (event.kind !== "job.leased") continue;
          const { node, token, jobId } = event;
          if (desired !== "up") violate(`token ${token} leased while the fleet is ${desired}`);
          if (!run.engine.hasRoom) violate(`token ${token} leased while the journal is full`);
          const session = soft.sessions.get(node);
          const telemetry = soft.telemetry.get(node);
          if (session === undefined) violate(`token ${token} leased to ${node}, which is away`);
          if (session?.isLatchedDown === true)
            violate(`token ${token} leased to ${node}, which is latched down`);
          const ageMs = world.hub.clock.bootMs() - (telemetry?.receivedBootMs ?? Number.NEGATIVE_INFINITY);
          if (telemetry?.frame.isGpuStale !== false || ageMs > world.timing.telemetryStaleMs)
            violate(`token ${token} leased to ${node}, whose telemetry is stale (${Math.round(ageMs)} ms)`);
          const job = state.jobs.get(jobId);
          const campaign = job?.spec.campaign ?? null;
          if (campaign !== null && over.get(campaign) !== false)
            violate(`token ${token} leased for campaign ${campaign}, which is over`);
          const pin = job === undefined ? null : pinOf(job);
          if ((pin ?? node) !== node) violate(`${jobId} belongs on ${pin}, not on ${node}`);
        }
      },
    };
  },
};
