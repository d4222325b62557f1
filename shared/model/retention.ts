/** Retention: for how long the hub remembers a job that has finished; beyond it, its journal's files tell. */
export const RETENTION = {
  /** The newest so many, and at most one batch more. */
  finishedJobs: 10_000,
  /** In journal time, which stands still while the hub is down. */
  finishedMs: 7 * 24 * 3_600_000,
  /** Jobs in one event. */
  batch: 1_000,
  /** How often ages are looked at. */
  lookMs: 60_000,
} as const;
