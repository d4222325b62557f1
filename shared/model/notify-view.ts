/** NotifyView: the notifier as people are shown it; written by the hub, drawn by the command line. */
export interface NotifyFailure {
  readonly channel: string;
  readonly noticeId: string;
  readonly wallMs: number;
  readonly error: string;
}

export interface NotifyView {
  readonly isQuiet: boolean;
  readonly channels: readonly {
    readonly channel: string;
    readonly kind: string;
    readonly target: string;
    readonly waiting: number;
    readonly sentInWindow: number;
    readonly limit: number;
    readonly windowMs: number;
  }[];
  readonly queue: readonly {
    readonly id: string;
    readonly channel: string;
    readonly topic: string;
    readonly severity: string;
    readonly title: string;
    readonly wallMs: number;
    readonly attempts: number;
    readonly notBeforeMs: number;
    readonly lastError: string | null;
  }[];
  readonly failures: readonly NotifyFailure[];
  readonly delivered: number;
  readonly dropped: number;
  /** Repeats that wait for the end of their window. */
  readonly counted: number;
}
