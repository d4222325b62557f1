/**
 * Failpoint: named places of the hub's main thread at which a test ends the process. The programs pass nothing, so
 * nothing happens there; the journal's own places are in shared/journal.
 */
import { WRITE_FAILPOINTS } from "../shared/durable-file.ts";

export const HUB_FAILPOINTS = [
  ...WRITE_FAILPOINTS,
  /** A dropped file is taken, nothing of it submitted. */
  "file-taken",
  /** Its jobs are durable, it is not put away. */
  "file-submitted",
  /** The success is durable, its outputs lie in staging. */
  "before-publish",
  /** Renamed into renders/, the directories not yet synced. */
  "after-rename",
  /** In renders/ for good, the journal does not know. */
  "before-published",
  "before-latch",
  "after-latch",
] as const;
export type HubFailpoint = (typeof HUB_FAILPOINTS)[number];

export type Failpoints = (name: HubFailpoint) => void;

export const NO_FAILPOINTS: Failpoints = () => {};
