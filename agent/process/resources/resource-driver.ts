/**
 * Resource driver: how one box holds a job to its limits and finds all of it again. The kernel does it where
 * cgroups may be written; elsewhere the supervisor watches, which is slower and can be outrun, so each driver
 * says which of the two it does and the node publishes it.
 */
import type { ResourceLimits } from "./limits.ts";

/** Who enforces what. */
export interface DriverCaps {
  readonly memory: "kernel" | "watch";
  readonly tasks: "kernel" | "watch";
  readonly cpu: "kernel" | "nice";
  /** `kernel`: one call kills everything. `members`: the kernel lists them. `sweep`: /proc is searched. */
  readonly kill: "kernel" | "members" | "sweep";
}

/** What the kernel has counted for a leaf; null where it does not say. */
export interface LeafReading {
  readonly oomKills: number | null;
  readonly peakMemoryBytes: number | null;
}

/** The place of one attempt. The job enters it before its exec, so nothing it starts was ever outside. */
export interface ResourceLeaf {
  /** Directories whose `cgroup.procs` the job writes itself into, the one to kill by first; may be none. */
  readonly directories: readonly string[];
  /** The user, and group of that number, that is this job's alone; null: it runs as the agent does. */
  readonly uid: number | null;
  /** Pids inside; null when this leaf does not know, because it is not there or the driver has none. */
  members(): readonly number[] | null;
  /** Kills everything inside as far as the driver can; proof is up to the caller. */
  kill(): void;
  read(): LeafReading;
  /** Gives the place back; what is not empty stays. */
  remove(): void;
}

export interface ResourceDriver {
  readonly name: "cgroup-v2" | "cgroup-v1" | "job-uid" | "sweep";
  readonly caps: DriverCaps;
  /** @throws FleetError `internal` when the kernel does not take the limits. */
  create(token: number, limits: ResourceLimits): ResourceLeaf;
  /** The leaf that an earlier agent may have made. */
  open(token: number): ResourceLeaf;
  /** Tokens that have a leaf. */
  tokens(): readonly number[];
  /** Gives back what holds the leaves, unless some are left. */
  close(): void;
}

/** One line for the node's page, its log and its labels. */
export function describeDriver({ name, caps }: Pick<ResourceDriver, "name" | "caps">): string {
  const { memory, tasks, cpu, kill } = caps;
  return `${name}: memory ${memory}, tasks ${tasks}, cpu ${cpu}, kill ${kill}`;
}

export const UNKNOWN: LeafReading = { oomKills: null, peakMemoryBytes: null };
export const NO_LEAF: ResourceLeaf = {
  directories: [],
  uid: null,
  members: () => null,
  kill: () => {},
  read: () => UNKNOWN,
  remove: () => {},
};

/** The driver of a box where cgroups may not be written: no places, only watching and searching. */
export const sweepDriver: ResourceDriver = {
  name: "sweep",
  caps: { memory: "watch", tasks: "watch", cpu: "nice", kill: "sweep" },
  create: () => NO_LEAF,
  open: () => NO_LEAF,
  tokens: () => [],
  close: () => {},
};
