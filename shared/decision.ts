/** Decision: the times that whoever decides is given; a core has no clock of its own. */

/** The three times of DESIGN section 3, read by the shell and passed down. */
export interface Times {
  /** CLOCK_BOOTTIME of this machine: leases, dead-man, cooldowns. */
  readonly bootMs: number;
  /** Hub journal time: does not advance while the hub is down; not-before, backoff, ageing. */
  readonly journalMs: number;
  /** Calendar: windows, retention, what people read. */
  readonly wallMs: number;
}
