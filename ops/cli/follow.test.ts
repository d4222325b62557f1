import { expect, it } from "vitest";
import { FleetError } from "../../shared/errors.ts";
import type { HubClient } from "./client.ts";
import { followCampaign } from "./follow.ts";

it("waits through a full disk, whose hub answers, for longer than through silence", async () => {
  let nowMs = 0;
  let refusals = 0;
  const stopping = new AbortController();
  const hub = {
    call: async () => {
      nowMs += 60_000;
      refusals += 1;
      if (refusals === 3) stopping.abort();
      throw new FleetError("resourceExhausted", "the journal has no room");
    },
  } as unknown as HubClient;
  const seen = await followCampaign(hub, {
    campaign: "demo",
    patienceMs: 1_000,
    signal: stopping.signal,
    clock: { bootMs: () => nowMs, wallMs: () => nowMs },
    until: () => true,
    onLook: () => {},
    onSilence: () => {},
  });
  expect([seen, refusals]).toEqual([null, 3]);
});
