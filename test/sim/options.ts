/**
 * Options: what kind of world a seed gets. Each seed draws its own mixture ("swarm testing", Groce et al.): most
 * faults are off in most worlds, so that one fault does not always hide what another would show.
 */
import type { Rng } from "../../shared/rng.ts";

export const PROFILES = ["calm", "stormy", "disk", "away", "restored", "sites"] as const;
export type Profile = (typeof PROFILES)[number];

/** Faults that come again and again; the mean time between two of a kind, 0 = never. */
export const FAULTS = [
  "hubCrash",
  "hubRestore",
  "hubStall",
  "hubSuspend",
  "agentCrash",
  "agentGone",
  "agentStall",
  "boxSuspend",
  "boxReboot",
  "partition",
  "streamBreak",
  "diskFull",
  "fsyncError",
  "gpuHang",
  "gpuLie",
  "memoryStorm",
  "wallJump",
  "limbo",
] as const;
export type Fault = (typeof FAULTS)[number];

/** Things people and programs do; the mean time between two of a kind, 0 = never. */
export const DEEDS = [
  "submit",
  "resubmit",
  "cancel",
  "read",
  "desired",
  "downOnBox",
  "cordon",
  "converge",
  "order",
] as const;
export type Deed = (typeof DEEDS)[number];

export interface Options {
  readonly profile: Profile;
  readonly boxes: number;
  readonly slots: number;
  /** How often the loops of both processes look at the clock. */
  readonly tickMs: number;
  /** Clocks run this part too fast or too slow at most; the lease rules promise safety up to 0.01. */
  readonly drift: number;
  /** Every clock is as wrong as it may be, one way or the other. */
  readonly isDriftWorst: boolean;
  /** A path that is cut is so for this long. */
  readonly cutMs: readonly [number, number];
  readonly delayMs: number;
  /** Share of messages that take up to `tailMs`. */
  readonly tailRatio: number;
  readonly tailMs: number;
  readonly telemetryLoss: number;
  /** A group commit of the journal takes about this long; a slow one up to `slowSyncMs`. */
  readonly syncMs: number;
  readonly slowSyncRatio: number;
  readonly slowSyncMs: number;
  readonly snapshotEvery: number;
  /** A write of the agent's own files. */
  readonly fileMs: number;
  /** Chance that the hub dies at a durability point: before a sync, after it and before anybody heard. */
  readonly dieAtSync: number;
  /** Chance that the hub's machine sleeps as soon as the hub has started. */
  readonly sleepAtStart: number;
  /** Chance that an agent dies at one of its own. */
  readonly dieAtFile: number;
  readonly faultMs: Readonly<Record<Fault, number>>;
  readonly deedMs: Readonly<Record<Deed, number>>;
  readonly jobs: JobOptions;
}

/** Shares of jobs, or of attempts, that are of a kind. */
export interface JobOptions {
  readonly durationMs: number;
  /** A job may run up to so many times as long as jobs do as a rule. */
  readonly patience: number;
  readonly poison: number;
  readonly badParams: number;
  readonly failure: number;
  readonly ignoresTerm: number;
  readonly unkillable: number;
  readonly outputs: number;
  readonly inputs: number;
  readonly finishes: number;
  readonly delayed: number;
  readonly overclaims: number;
  readonly leaks: number;
  readonly cpu: number;
  readonly services: number;
  /** Share that comes after another job. */
  readonly dependents: number;
  readonly maxLive: number;
}

/** How likely each fault is to exist in a world of a profile, and how often it then comes. */
interface Weather {
  readonly chance: Readonly<Partial<Record<Fault, number>>>;
  readonly betweenMs: readonly [number, number];
  readonly cutMs: readonly [number, number];
  readonly jobMs: readonly [number, number];
  readonly dieAtSync: number;
  readonly slowSync: number;
}

/** What a weather has unless it says something else. */
const USUAL = { cutMs: [500, 90_000], jobMs: [500, 60_000], dieAtSync: 0.05, slowSync: 0.1 } as const;

const WEATHER: Readonly<Record<Profile, Weather>> = {
  calm: {
    ...USUAL,
    chance: {
      hubCrash: 0.2,
      agentCrash: 0.2,
      streamBreak: 0.3,
      agentStall: 0.1,
      hubStall: 0.1,
      gpuHang: 0.2,
    },
    betweenMs: [60_000, 300_000],
    dieAtSync: 0.01,
  },
  stormy: {
    ...USUAL,
    chance: {
      hubCrash: 0.5,
      hubStall: 0.4,
      hubSuspend: 0.2,
      agentCrash: 0.5,
      agentStall: 0.5,
      boxSuspend: 0.3,
      boxReboot: 0.3,
      partition: 0.6,
      streamBreak: 0.5,
      gpuHang: 0.3,
      gpuLie: 0.3,
      memoryStorm: 0.2,
      wallJump: 0.2,
      diskFull: 0.1,
      limbo: 0.4,
    },
    betweenMs: [12_000, 120_000],
    slowSync: 0.3,
  },
  disk: {
    ...USUAL,
    chance: {
      hubCrash: 0.8,
      diskFull: 0.5,
      fsyncError: 0.4,
      streamBreak: 0.4,
      agentCrash: 0.4,
      boxReboot: 0.2,
    },
    betweenMs: [8_000, 60_000],
    dieAtSync: 0.25,
    slowSync: 0.6,
  },
  away: {
    ...USUAL,
    chance: {
      agentGone: 0.6,
      limbo: 0.8,
      partition: 0.6,
      hubCrash: 0.2,
      hubStall: 0.2,
      agentCrash: 0.2,
      boxSuspend: 0.2,
    },
    betweenMs: [20_000, 150_000],
    cutMs: [30_000, 900_000],
    jobMs: [20_000, 120_000],
    dieAtSync: 0.01,
  },
  restored: {
    ...USUAL,
    chance: {
      hubRestore: 1,
      hubCrash: 0.3,
      agentCrash: 0.3,
      partition: 0.4,
      streamBreak: 0.3,
      boxReboot: 0.1,
    },
    betweenMs: [10_000, 60_000],
    cutMs: [500, 60_000],
  },
  sites: {
    ...USUAL,
    chance: {
      hubCrash: 0.4,
      agentCrash: 0.3,
      streamBreak: 0.3,
      partition: 0.3,
      boxReboot: 0.2,
      wallJump: 0.2,
    },
    betweenMs: [20_000, 150_000],
    cutMs: [500, 60_000],
  },
};

/** How likely a deed is to be done at all in a world, and about how often. */
const HABITS: Readonly<Record<Deed, readonly [chance: number, fastMs: number, slowMs: number]>> = {
  submit: [1, 800, 8_000],
  resubmit: [0.6, 3_000, 20_000],
  cancel: [0.5, 5_000, 60_000],
  read: [0.6, 2_000, 20_000],
  desired: [0.6, 15_000, 120_000],
  downOnBox: [0.3, 30_000, 200_000],
  cordon: [0.3, 10_000, 100_000],
  converge: [0.25, 5_000, 40_000],
  order: [0.5, 1_000, 10_000],
};

/** A profile for each seed when none is asked for: as many worlds of each kind. */
export function profileOf(seed: number): Profile {
  return PROFILES[seed % PROFILES.length] ?? "calm";
}

export function drawOptions(rng: Rng, profile: Profile): Options {
  const weather = WEATHER[profile];
  const may = (chance: number): boolean => rng.next() < chance;
  const between = (low: number, high: number): number => low * Math.exp(rng.next() * Math.log(high / low));
  const share = (chance: number, most: number): number => (may(chance) ? rng.next() * most : 0);
  const faults = FAULTS.map((fault): [Fault, number] => {
    const exists = may(weather.chance[fault] ?? 0);
    const ms = between(...weather.betweenMs);
    return [fault, exists ? ms : 0];
  });
  const drawDeed = (deed: Deed): [Deed, number] => {
    const [chance, fastMs, slowMs] = HABITS[deed];
    const exists = may(chance);
    const ms = between(fastMs, slowMs);
    return [deed, exists && (deed !== "converge" || profile !== "restored") ? ms : 0];
  };
  // What came later is drawn last, so that a seed that has it not is the world that it was.
  const deeds = DEEDS.filter((deed) => deed !== "order").map(drawDeed);
  const tail = may(0.3);
  const isAway = profile === "away";
  // Outputs of a time that is forgotten lie in renders/ for good: what to do with them is a person's to say.
  const hasOutputs = profile !== "restored";
  const options: Options = {
    profile,
    boxes: 1 + rng.below(isAway ? 2 : 4),
    slots: 1 + rng.below(3),
    // A world far away has to get through much time in few steps.
    tickMs: (isAway ? [1_000, 2_000, 2_000, 2_000] : [200, 500, 1_000, 2_000])[rng.below(4)] ?? 1_000,
    drift: [0, 0.001, 0.01, 0.01][rng.below(4)] ?? 0,
    isDriftWorst: isAway,
    cutMs: weather.cutMs,
    delayMs: between(1, 400),
    tailRatio: tail ? 0.02 : 0,
    tailMs: tail ? between(1_000, 15_000) : 0,
    telemetryLoss: share(0.3, 0.5),
    syncMs: between(1, 200),
    slowSyncRatio: share(weather.slowSync, 0.2),
    slowSyncMs: between(1_000, 15_000),
    snapshotEvery: Math.floor(between(5, 500)),
    fileMs: between(1, 300),
    dieAtSync: share(0.5, weather.dieAtSync),
    sleepAtStart: share(0.3, 0.3),
    dieAtFile: share(profile === "calm" ? 0.1 : 0.4, 0.05),
    faultMs: Object.fromEntries(faults) as Record<Fault, number>,
    deedMs: Object.fromEntries(deeds) as Record<Deed, number>,
    jobs: {
      durationMs: between(...weather.jobMs),
      // A grace that is longer than the world is never waited for.
      patience: isAway ? 2 : 10,
      poison: share(0.3, 0.3),
      badParams: share(0.2, 0.2),
      failure: share(0.4, 0.3),
      ignoresTerm: share(0.4, 0.5),
      unkillable: share(0.2, 0.1),
      outputs: hasOutputs ? share(0.7, 1) : 0,
      inputs: share(0.2, 0.3),
      finishes: share(isAway ? 0.8 : 0.5, 0.6),
      delayed: share(0.3, 0.3),
      overclaims: share(0.2, 0.3),
      leaks: share(0.2, 0.2),
      cpu: share(0.5, 0.8),
      services: share(0.3, 0.3),
      dependents: share(0.4, 0.5),
      maxLive: 3 + rng.below(30),
    },
  };
  const late = Object.fromEntries([drawDeed("order")]);
  return { ...options, deedMs: { ...options.deedMs, ...late } };
}
