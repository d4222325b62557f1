/**
 * Local desk: what the local service asks of the agent, without sockets and messages. Every call is
 * synchronous: between a check and its booking nobody else has a turn. The service decides who may call and
 * how long a reservation outlives its client; the desk owns the books.
 */
import type {
  BudgetChange,
  BudgetVerdict,
  CandidateRow,
  LocalClaim,
  LocalRefusal,
  LocalStats,
  OwnerActivity,
  PressureEvent,
  QosReport,
  RegistryRow,
  ResourcesQuery,
  SystemResources,
} from "../../shared/wire/local-types.ts";

/** The process at the other end of a connection, as the kernel recorded it when it connected. */
export interface Peer {
  /** 0 when it lives in a pid namespace that we cannot see into. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Start time in clock ticks since boot: with the pid it names one process for ever; null when unknown. */
  readonly startTicks: number | null;
}

/** Where a claim now stands in the books. */
export interface Booked {
  readonly kind: "booked";
  readonly gpu: string;
  /** Pressure with the claim, as its gate sees the card. */
  readonly pressure: number;
  readonly isOverBudget: boolean;
}

/** Methods throw FleetError for what cannot be answered: an unknown card, a table that is full. */
export interface LocalDesk {
  /** Gate and booking in one step. A consumer under the same id is replaced, or stays when this is refused. */
  reserve(consumerId: string, claim: LocalClaim): Booked | LocalRefusal;
  /** Books past the gates; refused only where there is no card to book on. */
  account(consumerId: string, claim: LocalClaim): Booked | LocalRefusal;
  /** False when nothing is held under the id. */
  touch(consumerId: string): boolean;
  /** Bytes freed: all or `bytes`, never more than was held. */
  release(consumerId: string, bytes?: number): number;
  /** How many consumers changed their priority. */
  setActivity(activity: OwnerActivity): number;
  reportQos(report: QosReport): void;
  stats(): LocalStats;
  /** Every consumer of every card; the service adds who holds it. */
  registry(): readonly Omit<RegistryRow, "pid" | "uid">[];
  candidates(): readonly CandidateRow[];
  /** An operator's change of the baseline. */
  setBudget(change: BudgetChange): BudgetVerdict;
  resources(query: ResourcesQuery): SystemResources;
  /** What is watched, as it is now: the first words to everybody who begins to watch. */
  pressures(): readonly PressureEvent[];
  /** Ends what has expired. */
  tick(): void;
}
