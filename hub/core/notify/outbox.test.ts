import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alarm } from "./alarms.ts";
import { type Notice, SEVERITIES, type Severity } from "./notice.ts";
import {
  beginSend,
  createNotifyState,
  type Delivery,
  dueDeliveries,
  endSend,
  type NotifyState,
  offerNotice,
  QUEUE_MAX,
  sweepOutbox,
  takeAlarms,
} from "./outbox.ts";
import type { NotifyPolicy } from "./policy.ts";

const MINUTE = 60_000;
/** 2026-03-01 12:00 UTC. */
const NOON = 1_772_366_400_000;

const POLICY: NotifyPolicy = {
  channels: { phone: { limit: { count: 3, windowMs: 10 * MINUTE } } },
  rules: [{ topics: [], channels: [], minSeverity: "info", nodes: [], campaigns: [] }],
  dedupMs: 15 * MINUTE,
  retryMs: 5_000,
  quiet: null,
};

let count = 0;
function notice(changes: Partial<Notice> = {}): Notice {
  count++;
  return {
    id: `event-${count}`,
    topic: "quarantine",
    severity: "warning",
    subject: `j_${count}`,
    title: `title ${count}`,
    text: "",
    wallMs: NOON,
    node: null,
    campaign: null,
    ...changes,
  };
}

const NOBODY: ReadonlySet<string> = new Set();

/** Sends whatever is due until nothing is, and returns the titles. */
function drain(
  state: NotifyState,
  policy: NotifyPolicy,
  nowMs: number,
  error: string | null = null,
): string[] {
  const titles: string[] = [];
  for (let due = dueDeliveries(state, policy, nowMs, NOBODY); due.length > 0; ) {
    for (const delivery of due) {
      titles.push(delivery.notice.title);
      beginSend(state, policy, delivery, nowMs);
      endSend(state, policy, delivery, { error, nowMs });
    }
    due = dueDeliveries(state, policy, nowMs, NOBODY);
  }
  return titles;
}

describe("offerNotice", () => {
  it("tells one notice about a subject and counts the others until its window ends", () => {
    const state = createNotifyState(0);
    for (const title of ["first", "second", "third"])
      offerNotice(state, POLICY, notice({ subject: "alpha", title }), NOON);
    expect(drain(state, POLICY, NOON)).toEqual(["first"]);
    sweepOutbox(state, POLICY, NOON + 14 * MINUTE);
    expect(drain(state, POLICY, NOON + 14 * MINUTE)).toEqual([]);
    sweepOutbox(state, POLICY, NOON + 15 * MINUTE);
    expect(drain(state, POLICY, NOON + 15 * MINUTE)).toEqual(["third (the last of 2)"]);
    sweepOutbox(state, POLICY, NOON + 30 * MINUTE);
    expect(state.told).toEqual({});
  });

  it("tells what was counted with the worst of its severities", () => {
    const state = createNotifyState(0);
    for (const severity of ["info", "critical", "info"] as const)
      offerNotice(state, POLICY, notice({ subject: "disk", severity }), NOON);
    sweepOutbox(state, POLICY, NOON + 15 * MINUTE);
    expect(state.queue.map((delivery) => delivery.notice.severity)).toEqual(["info", "critical"]);
  });

  it("takes the same event in once, as after a crash that lost the cursor", () => {
    const state = createNotifyState(0);
    const same = notice({ subject: "alpha" });
    for (let i = 0; i < 3; i++) offerNotice(state, POLICY, same, NOON);
    expect(state.queue).toHaveLength(1);
    expect(Object.values(state.told)[0]?.more).toBe(0);
  });

  it("counts what it gives up when a channel's queue is full", () => {
    const state = createNotifyState(0);
    for (let i = 0; i < QUEUE_MAX + 5; i++) offerNotice(state, POLICY, notice({ severity: "info" }), NOON);
    expect(state.queue).toHaveLength(QUEUE_MAX);
    expect(state.dropped).toBe(5);
    offerNotice(state, POLICY, notice({ severity: "critical", title: "fire" }), NOON);
    expect(state.queue.at(-1)?.notice.title).toBe("fire");
    expect(state.dropped).toBe(6);
  });

  it("loses no critical one even where the queue holds nothing else", () => {
    const state = createNotifyState(0);
    for (let i = 0; i < QUEUE_MAX; i++) offerNotice(state, POLICY, notice({ severity: "critical" }), NOON);
    offerNotice(state, POLICY, notice({ severity: "critical", title: "the last straw" }), NOON);
    expect(state.queue).toHaveLength(QUEUE_MAX);
    expect(state.queue.at(-1)?.notice.text).toContain("also: the last straw");
    expect(state.dropped).toBe(0);
  });
});

describe("dueDeliveries", () => {
  it("puts critical ones first and keeps to the limit", () => {
    const state = createNotifyState(0);
    for (let i = 0; i < 4; i++) offerNotice(state, POLICY, notice({ title: `n${i}` }), NOON);
    offerNotice(state, POLICY, notice({ severity: "critical", title: "fire" }), NOON);
    expect(drain(state, POLICY, NOON)).toEqual(["fire", "n0", "n1"]);
    expect(drain(state, POLICY, NOON + 9 * MINUTE)).toEqual([]);
    expect(drain(state, POLICY, NOON + 10 * MINUTE)).toEqual(["n2", "n3"]);
  });

  it.each([
    { what: "before they begin", atMs: NOON + 9.9 * 60 * MINUTE, told: ["info", "fire"] },
    { what: "as they begin", atMs: NOON + 10 * 60 * MINUTE, told: ["fire"] },
    { what: "past midnight", atMs: NOON + 13 * 60 * MINUTE, told: ["fire"] },
    { what: "as they end", atMs: NOON + 18 * 60 * MINUTE, told: ["info", "fire"] },
  ])("lets only critical ones through in quiet hours: $what", ({ atMs, told }) => {
    const quiet = { fromMinute: 23 * 60, toMinute: 7 * 60, zone: "Europe/Berlin" };
    const state = createNotifyState(0);
    offerNotice(state, POLICY, notice({ severity: "info", title: "info" }), atMs);
    offerNotice(state, POLICY, notice({ severity: "critical", title: "fire" }), atMs);
    expect(drain(state, { ...POLICY, quiet }, atMs).sort()).toEqual([...told].sort());
  });

  it("waits twice as long after each failure, and no longer than a quarter of an hour", () => {
    const policy = { ...POLICY, channels: { phone: { limit: { count: 1_000, windowMs: MINUTE } } } };
    const state = createNotifyState(0);
    offerNotice(state, policy, notice(), NOON);
    const waits: number[] = [];
    let nowMs = NOON;
    for (let i = 0; i < 12; i++) {
      expect(drain(state, policy, nowMs, "no route")).toHaveLength(1);
      const waitMs = (state.queue[0]?.notBeforeMs ?? 0) - nowMs;
      waits.push(waitMs / 1000);
      nowMs += waitMs;
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900]);
    expect(state.failures.at(-1)).toMatchObject({ channel: "phone", error: "no route" });
  });

  it("is not held up by a clock that was set back", () => {
    const state = createNotifyState(0);
    offerNotice(state, POLICY, notice(), NOON);
    drain(state, POLICY, NOON, "no route");
    expect(drain(state, POLICY, NOON - 24 * 60 * MINUTE)).toHaveLength(1);
  });
});

describe("sweepOutbox", () => {
  it("gives up old news, and critical news never", () => {
    const state = createNotifyState(0);
    offerNotice(state, POLICY, notice({ severity: "warning" }), NOON);
    offerNotice(state, POLICY, notice({ severity: "critical" }), NOON);
    sweepOutbox(state, POLICY, NOON + 3 * 24 * 60 * MINUTE + 1);
    expect(state.queue.map(({ notice: { severity } }) => severity)).toEqual(["critical"]);
    expect(state.dropped).toBe(1);
  });

  it("keeps what waits for a channel that is only being edited", () => {
    const state = createNotifyState(0);
    offerNotice(state, POLICY, notice(), NOON);
    const without = { ...POLICY, channels: {} };
    sweepOutbox(state, without, NOON + MINUTE);
    expect(state.queue).toHaveLength(1);
    sweepOutbox(state, without, NOON + 61 * MINUTE);
    expect(state.queue).toHaveLength(0);
  });
});

describe("takeAlarms", () => {
  const alarm: Alarm = {
    topic: "guardrail",
    subject: "telemetry-fresh",
    state: "on",
    severity: "warning",
    title: "red",
    text: "",
    node: null,
    holdMs: 15_000,
  };
  const policy = { ...POLICY, dedupMs: 1 };

  it("tells one that lasts once, and once that it is over", () => {
    const state = createNotifyState(0);
    for (let s = 0; s <= 60; s++) takeAlarms(state, policy, [alarm], NOON + s * 1000);
    takeAlarms(state, policy, [], NOON + 61_000);
    expect(state.queue.map((delivery) => delivery.notice.title)).toEqual(["red", "no longer: red"]);
  });

  it("says nothing of one that is gone before its time", () => {
    const state = createNotifyState(0);
    takeAlarms(state, policy, [alarm], NOON);
    takeAlarms(state, policy, [], NOON + 14_000);
    takeAlarms(state, policy, [alarm], NOON + 15_000);
    expect(state.queue).toEqual([]);
  });

  it("does not call it over while nobody can tell", () => {
    const state = createNotifyState(0);
    takeAlarms(state, policy, [{ ...alarm, holdMs: 0 }], NOON);
    takeAlarms(state, policy, [{ ...alarm, state: "unknown" }], NOON + 1000);
    takeAlarms(state, policy, [{ ...alarm, holdMs: 0 }], NOON + 2000);
    expect(state.queue).toHaveLength(1);
  });
});

interface Step {
  readonly passMs: number;
  readonly severity: Severity | null;
  readonly subject: number;
  readonly fails: boolean;
}

const steps = fc.array(
  fc.record({
    passMs: fc.integer({ min: 0, max: 4 * MINUTE }),
    severity: fc.option(fc.constantFrom(...SEVERITIES), { nil: null }),
    subject: fc.integer({ min: 0, max: 5 }),
    fails: fc.boolean(),
  }),
  { maxLength: 120 },
);

/** Lives through the steps, then lets a day pass in which everything is taken. */
function live(policy: NotifyPolicy, happenings: readonly Step[]) {
  const state = createNotifyState(0);
  const sentMs: number[] = [];
  const told = new Set<string>();
  const critical: string[] = [];
  let nowMs = NOON;
  const send = (delivery: Delivery, fails: boolean): void => {
    beginSend(state, policy, delivery, nowMs);
    sentMs.push(nowMs);
    endSend(state, policy, delivery, { error: fails ? "no" : null, nowMs });
    if (!fails) told.add(delivery.notice.subject);
  };
  const look = (fails: boolean): void => {
    sweepOutbox(state, policy, nowMs);
    for (const delivery of dueDeliveries(state, policy, nowMs, NOBODY)) send(delivery, fails);
  };
  happenings.forEach(({ passMs, severity, subject, fails }, index) => {
    nowMs += passMs;
    if (severity !== null) {
      const name = `${severity}-${subject}`;
      offerNotice(state, policy, notice({ id: `e${index}`, severity, subject: name, wallMs: nowMs }), nowMs);
      if (severity === "critical") critical.push(name);
    }
    look(fails);
  });
  for (let i = 0; i < 24 * 6; i++) {
    nowMs += 10 * MINUTE;
    look(false);
  }
  return { sentMs, told, critical, state };
}

describe("whatever happens", () => {
  const quiet = { fromMinute: 13 * 60, toMinute: 20 * 60, zone: "UTC" };

  it("no window holds more sends than the limit", () => {
    fc.assert(
      fc.property(steps, (happenings) => {
        const { sentMs } = live(POLICY, happenings);
        for (const [index, atMs] of sentMs.entries()) {
          const third = sentMs[index - 3];
          if (third !== undefined) expect(atMs - third).toBeGreaterThanOrEqual(10 * MINUTE);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("every critical subject is told in the end, and nothing stays behind", () => {
    fc.assert(
      fc.property(steps, (happenings) => {
        const { told, critical, state } = live({ ...POLICY, quiet }, happenings);
        for (const subject of critical) expect(told).toContain(subject);
        expect(state.queue).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
