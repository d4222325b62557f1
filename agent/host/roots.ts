/** Roots: where the kernel shows itself; tests point them at a copy of another box. */
export interface HostRoots {
  /** /proc */
  readonly proc: string;
  /** /sys */
  readonly sys: string;
}

export const HOST_ROOTS: HostRoots = { proc: "/proc", sys: "/sys" };
