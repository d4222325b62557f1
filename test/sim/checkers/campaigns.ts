/** Campaigns: a loop that is over creates nothing until a human arms it again, and its point stays in bounds (I18). */
import type { Checker } from "../checker.ts";
import { CONTROL } from "../documents.ts";

export const campaigns: Checker = {
  name: "campaigns",
  promise:
    "I18: a converged or stopped campaign creates nothing; the operating point keeps its range and its slew",
  watch: (_world, violate) => {
    const over = new Map<string, boolean>();
    const points = new Map<string, Readonly<Record<string, number>>>();
    return {
      "hub.durable": ({ event }) => {
        if (event.kind === "campaign.armed") {
          over.set(event.campaign, false);
          points.delete(event.campaign);
        }
        if (event.kind === "campaign.stopped") over.set(event.campaign, true);
        if (event.kind === "campaign.asked" && over.get(event.campaign) !== false)
          violate(`campaign ${event.campaign} asks for candidates and is over`);
        if (event.kind === "job.submitted" && event.slot !== null && event.slot.step !== "master") {
          if (over.get(event.slot.campaign) !== false)
            violate(`${event.jobId} is created for ${event.slot.campaign}, which is over`);
        }
        if (event.kind === "campaign.cycled") {
          const problem = misplaced(event.campaign, points.get(event.campaign), event.globals);
          if (problem !== null) violate(`campaign ${event.campaign}: ${problem}`);
          points.set(event.campaign, event.globals);
        }
      },
    };
  },
};

type Point = Readonly<Record<string, number>>;

function misplaced(campaign: string, before: Point | undefined, after: Point): string | null {
  for (const { name, min, max, initial, slew } of CONTROL.campaigns[campaign]?.actuators ?? []) {
    const value = after[name];
    if (value === undefined || !(value >= min && value <= max)) return `${name} is ${value}`;
    const move = Math.abs(value - (before?.[name] ?? initial));
    if (move > slew * (max - min) + 1e-9) return `${name} moved by ${move}`;
  }
  return null;
}
