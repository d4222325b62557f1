import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RecoveryAction } from "../../shared/model/health.ts";
import {
  type CardCondition,
  type CardHealth,
  cleanMs,
  HEALTHY,
  noteCondition,
  noteXid,
  standingOf,
  type Xid,
} from "./health.ts";
import { HEALTH_POLICY as POLICY } from "./health-policy.ts";

const CALM: CardCondition = { recovery: "none", throttle: [], isReadable: true };
const T0 = 100_000_000;

function xid(code: number, job: Xid["job"] = null, detail = ""): Xid {
  return { code, detail, job };
}

function hurt(code: number): CardHealth {
  return noteXid(POLICY, HEALTHY, xid(code), T0).health;
}

function look(health: CardHealth, atMs: number, condition: Partial<CardCondition> = {}): CardHealth {
  return noteCondition(POLICY, health, { ...CALM, ...condition }, atMs);
}

describe("what an Xid does to a card", () => {
  it.each([
    [13, "app-fault", "well"],
    [31, "app-fault", "well"],
    [43, "app-fault", "well"],
    [45, "app-fault", "well"],
    [63, "schedule-reset", "well"],
    [48, "drain", "drained"],
    [94, "drain", "drained"],
    [119, "drain", "drained"],
    [79, "quarantine", "quarantined"],
    [95, "quarantine", "quarantined"],
    [999, "note", "well"],
  ] as const)("Xid %i: %s, the card is %s", (code, action, standing) => {
    const step = noteXid(POLICY, HEALTHY, xid(code, { jobId: "j_1", runner: "flux" }), T0);
    expect(step.action).toBe(action);
    expect(standingOf(step.health).standing).toBe(standing);
  });

  it("names the cure for a human", () => {
    expect(standingOf(hurt(79)).cure).toMatch(/reboot the box/);
    expect(standingOf(hurt(48)).cure).toMatch(/--gpu-reset/);
  });

  it("stays with the worse of two faults", () => {
    expect(standingOf(noteXid(POLICY, hurt(48), xid(79), T0).health).standing).toBe("quarantined");
    expect(standingOf(noteXid(POLICY, hurt(79), xid(48), T0).health).standing).toBe("quarantined");
  });
});

describe("faults of applications", () => {
  function seen(faults: readonly (readonly [jobId: string, runner: string, atMs: number])[]): CardHealth {
    return faults.reduce<CardHealth>(
      (health, [jobId, runner, atMs]) => noteXid(POLICY, health, xid(31, { jobId, runner }), atMs).health,
      HEALTHY,
    );
  }

  it.each([
    [
      "one job again and again",
      [
        ["a", "flux", 1],
        ["a", "flux", 2],
        ["a", "flux", 3],
        ["a", "flux", 4],
      ],
      "well",
    ],
    [
      "two jobs of one runner",
      [
        ["a", "flux", 1],
        ["b", "flux", 2],
      ],
      "well",
    ],
    [
      "three jobs of one runner",
      [
        ["a", "flux", 1],
        ["b", "flux", 2],
        ["c", "flux", 3],
      ],
      "drained",
    ],
    [
      "two runners",
      [
        ["a", "flux", 1],
        ["b", "wan", 2],
      ],
      "drained",
    ],
    [
      "two runners, far apart",
      [
        ["a", "flux", 1],
        ["b", "wan", POLICY.appFaultWindowMs + 1],
      ],
      "well",
    ],
  ] as const)("%s", (_, faults, standing) => {
    expect(standingOf(seen(faults)).standing).toBe(standing);
  });

  it("never count against a card when nobody knows whose they are", () => {
    let health = HEALTHY;
    for (let each = 0; each < 100; each++) health = noteXid(POLICY, health, xid(13), T0 + each).health;
    expect(health).toEqual(HEALTHY);
  });
});

describe("the return of a card", () => {
  it("comes after a clean period, which every further fault begins anew", () => {
    const again = noteXid(POLICY, hurt(79), xid(79), T0 + 1_000).health;
    const cleanAtMs = T0 + 1_000 + POLICY.quarantinedCleanMs;
    expect(standingOf(look(again, cleanAtMs - 1)).standing).toBe("quarantined");
    expect(standingOf(look(again, cleanAtMs)).standing).toBe("well");
  });

  it("takes twice as long each time, up to a bound", () => {
    expect([1, 2, 3].map((strikes) => cleanMs(POLICY, "drained", strikes) / 60_000)).toEqual([10, 20, 40]);
    expect(cleanMs(POLICY, "quarantined", 50)).toBe(POLICY.cleanMaxMs);
    const back = look(hurt(48), T0 + POLICY.drainedCleanMs);
    const secondMs = T0 + POLICY.drainedCleanMs + 1;
    const second = noteXid(POLICY, back, xid(48), secondMs).health;
    expect(standingOf(look(second, secondMs + POLICY.drainedCleanMs)).standing).toBe("drained");
    expect(standingOf(look(second, secondMs + 2 * POLICY.drainedCleanMs)).standing).toBe("well");
  });

  it("forgets earlier times after a day without a fault", () => {
    const back = look(hurt(48), T0 + POLICY.drainedCleanMs);
    const nextDayMs = T0 + POLICY.drainedCleanMs + POLICY.forgiveMs;
    const again = noteXid(POLICY, look(back, nextDayMs), xid(48), nextDayMs).health;
    expect(standingOf(look(again, nextDayMs + POLICY.drainedCleanMs)).standing).toBe("well");
  });

  it("does not come while the card cannot be read", () => {
    const lateMs = T0 + 10 * POLICY.quarantinedCleanMs;
    const health = look(hurt(79), lateMs, { isReadable: false, recovery: null, throttle: null });
    expect(standingOf(health).standing).toBe("quarantined");
    expect(standingOf(look(health, lateMs + 1)).standing).toBe("well");
  });
});

describe("the driver's recovery action", () => {
  it("drains for as long as it stands, and its end is the cure", () => {
    const ill = look(HEALTHY, T0, { recovery: "gpu-reset" });
    expect(standingOf(ill)).toMatchObject({ standing: "drained", reason: "the driver asks for gpu-reset" });
    const laterMs = T0 + 20 * POLICY.drainedCleanMs;
    const still = look(ill, laterMs, { recovery: "gpu-reset" });
    expect(standingOf(still).standing).toBe("drained");
    expect(standingOf(look(still, laterMs, { recovery: null })).standing).toBe("drained");
    expect(standingOf(look(still, laterMs + 1)).standing).toBe("well");
  });

  it("cures what an Xid began, before its clean period", () => {
    const ill = look(hurt(79), T0 + 1, { recovery: "node-reboot" });
    expect(standingOf(look(ill, T0 + 2)).standing).toBe("well");
    expect(standingOf(look(hurt(79), T0 + 2)).standing).toBe("quarantined");
  });
});

describe("throttling", () => {
  const slowed = { throttle: ["hw-thermal"] } as const;

  it("pauses once it has lasted and resumes once it has been over for long enough", () => {
    let health = look(HEALTHY, T0);
    health = look(health, T0 + 0.4 * POLICY.heatMs, slowed);
    health = look(health, T0 + 0.7 * POLICY.heatMs, slowed);
    expect(standingOf(health).standing).toBe("well");
    const hotMs = T0 + 0.8 * POLICY.heatMs;
    health = look(health, hotMs, slowed);
    expect(standingOf(health)).toMatchObject({ standing: "throttled" });
    expect(standingOf(health).reason).toMatch(/slowed down by hw-thermal/);
    health = look(health, hotMs + 0.5 * POLICY.coolMs);
    expect(standingOf(health).standing).toBe("throttled");
    health = look(health, hotMs + 0.6 * POLICY.coolMs);
    expect(standingOf(health).standing).toBe("well");
  });

  it("takes the power cap of a busy card and its idling for what they are", () => {
    let health = look(HEALTHY, T0);
    health = look(health, T0 + 10 * POLICY.heatMs, { throttle: ["power-cap", "idle", "app-clocks"] });
    expect(standingOf(health).standing).toBe("well");
  });

  it("does not take one look after a long silence for a long heat", () => {
    const health = look(look(HEALTHY, T0), T0 + 100 * POLICY.heatMs, slowed);
    expect(standingOf(health).standing).toBe("well");
  });

  it("neither heats nor cools while the driver is silent", () => {
    const warm = look(look(HEALTHY, T0), T0 + 0.5 * POLICY.heatMs, slowed);
    const hot = look(warm, T0 + POLICY.heatMs, slowed);
    const silent = look(hot, T0 + 100 * POLICY.coolMs, { throttle: null });
    expect(standingOf(silent).standing).toBe("throttled");
  });
});

describe("the health of a card, whatever happens", () => {
  const condition = fc.record({
    recovery: fc.constantFrom<RecoveryAction | null>(null, "none", "gpu-reset", "other"),
    throttle: fc.constantFrom<CardCondition["throttle"]>(null, [], ["hw-slowdown"], ["power-cap"]),
    isReadable: fc.boolean(),
  });
  const step = fc.tuple(fc.nat({ max: 3_600_000 }), fc.oneof(condition, fc.constantFrom(13, 48, 63, 79)));

  it("keeps its bounds, and a calm day brings it back", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let health = HEALTHY;
        let nowMs = T0;
        for (const [waitMs, what] of steps) {
          nowMs += waitMs;
          const job = { jobId: `j_${nowMs % 3}`, runner: "flux" };
          health =
            typeof what === "number"
              ? noteXid(POLICY, health, xid(what, job), nowMs).health
              : noteCondition(POLICY, health, what, nowMs);
          expect(health.heat).toBeGreaterThanOrEqual(0);
          expect(health.heat).toBeLessThanOrEqual(1);
          const { reason, standing } = standingOf(health);
          expect(reason === "").toBe(standing === "well");
        }
        const calm = look(look(health, nowMs), nowMs + POLICY.cleanMaxMs);
        expect(standingOf(calm).standing).toBe("well");
      }),
    );
  });
});
