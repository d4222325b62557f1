import { describe, expect, it } from "vitest";
import type { EventBody, HubEvent } from "../event.ts";
import { takeEvent } from "./notify.ts";
import { createNotifyState } from "./outbox.ts";
import type { NotifyPolicy } from "./policy.ts";

const POLICY: NotifyPolicy = {
  channels: { phone: { limit: { count: 100, windowMs: 60_000 } } },
  rules: [{ topics: [], channels: [], minSeverity: "info", nodes: [], campaigns: [] }],
  dedupMs: 0,
  retryMs: 5_000,
  quiet: null,
};

/** What a person hears of these events, one after another. */
function heardOf(...bodies: readonly EventBody[]): readonly string[] {
  const state = createNotifyState(0);
  const at = { bootMs: 0, journalMs: 0, wallMs: 1_700_000_000_000 };
  bodies.forEach((body, index) => {
    const event: HubEvent = { ...body, at };
    takeEvent(state, POLICY, { seq: index + 1, event }, { hub: { jobs: new Map() }, nowMs: at.wallMs });
  });
  return state.queue.map(
    ({ notice }) => `${notice.severity} ${notice.topic} ${notice.subject}: ${notice.title}`,
  );
}

const STARTED = { kind: "hub.started", epoch: 1, version: "1" } as const;
const STOPPED = { kind: "hub.stopped" } as const;
const BY = { actor: "operator", reason: "the disk is gone" };
const TAKEN = { ...STARTED, epoch: 2, takenFrom: "a:9820" } as const;

describe("takeEvent", () => {
  it.each<readonly [string, readonly EventBody[], readonly string[]]>([
    ["nothing of a first start", [STARTED], []],
    ["nothing of a restart in order", [STARTED, STOPPED, STARTED], []],
    ["of a hub that ended without saying so", [STARTED, STARTED], ["warning hub-restart hub: the hub has"]],
    [
      "of a takeover from a hub that is gone",
      [STARTED, TAKEN],
      ["warning takeover hub: another hub leads: it has taken over from a:9820"],
    ],
    [
      "of a takeover in order, as a note",
      [STARTED, STOPPED, TAKEN],
      ["info takeover hub: another hub leads"],
    ],
    [
      "of a second agent for a node",
      [{ kind: "node.refused", node: "alpha", agentInstance: "x", reason: "another one serves" }],
      ["warning clone alpha: a second agent for alpha is refused"],
    ],
    [
      "of SAFE and of its end",
      [
        { kind: "rollback.suspected", node: "alpha", tokenSeen: 9, jobSeen: 0, epochSeen: 0 },
        { kind: "rollback.accepted", tokenFloor: 9, jobFloor: 0, epoch: 2, ...BY },
      ],
      ["critical safe fleet: SAFE: the journal is older", "info safe fleet: SAFE is over: operator"],
    ],
    [
      "of a panic and of its end",
      [
        { kind: "panic.began", silent: 2, fleet: 3, nodes: ["alpha", "beta"] },
        { kind: "panic.ended", silent: 1, ...BY },
      ],
      ["critical panic fleet: 2 of 3 nodes went silent", "info panic fleet: the panic is over"],
    ],
  ])("tells %s", (_what, bodies, expected) => {
    const heard = heardOf(...bodies);
    expect(heard).toHaveLength(expected.length);
    for (const [index, text] of expected.entries()) expect(heard[index]).toContain(text);
  });
});
