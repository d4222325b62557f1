/**
 * Decision: what a core returns. Events are the durable facts, effects what the shell must do once they are
 * durable, reply the answer to whoever asked (DESIGN section 2).
 */
export interface Decision<Event, Effect, Reply = void> {
  readonly events: readonly Event[];
  readonly effects: readonly Effect[];
  readonly reply: Reply;
}

/** The three times of DESIGN section 3, read by the shell and passed down. */
export interface Times {
  /** CLOCK_BOOTTIME of this machine: leases, dead-man, cooldowns. */
  readonly bootMs: number;
  /** Hub journal time: does not advance while the hub is down; not-before, backoff, ageing. */
  readonly journalMs: number;
  /** Calendar: windows, retention, what people read. */
  readonly wallMs: number;
}
