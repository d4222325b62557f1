/** Priority: the four classes of SPEC N2, their gates and eviction weights. One table for hub and agent. */
export const PRIORITIES = ["realtime", "interactive", "background", "batch"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** A claim is refused when the pressure that includes it is at or above its gate (ratio 0…1). */
export const PRIORITY_GATE: Readonly<Record<Priority, number>> = {
  realtime: 0.95,
  interactive: 0.8,
  background: 0.6,
  batch: 0.5,
};

/** 0 is the most important; order of queues and of displays. */
export const PRIORITY_RANK: Readonly<Record<Priority, number>> = {
  realtime: 0,
  interactive: 1,
  background: 2,
  batch: 3,
};

export const LANES = ["gpu", "cpu"] as const;
export type Lane = (typeof LANES)[number];
