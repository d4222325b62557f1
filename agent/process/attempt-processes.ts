/**
 * Attempt processes: who belongs to an attempt, and how all of them are ended with proof. The job leads a
 * session of its own, but a child may leave it with setsid(2): a child that still carries the attempt's mark
 * in its environment, has a member as parent, or was seen as a member before is found all the same. What
 * left the session, dropped its environment and was orphaned unseen is a stranger to that search; a cgroup,
 * where there is one, knows better and spares it.
 */
import type { Clock } from "../../shared/clock.ts";
import { delay } from "../../shared/loop.ts";
import {
  isRunning,
  type ProcessIdentity,
  type ProcessStat,
  type ProcessTable,
  statRunning,
  sweep,
} from "./proc.ts";
import type { ResourceLeaf } from "./resources/resource-driver.ts";

export interface AttemptMark {
  /** Null when it was never recorded: then everything that carries the mark belongs, the shim too. */
  readonly processes: { readonly job: ProcessIdentity; readonly shim: ProcessIdentity } | null;
  /** The `NAME=value` that shim and job were started with. */
  readonly environ: string;
}

const SWEEP_FIRST_MS = 5;
const SWEEP_MAX_MS = 100;

export class AttemptProcesses {
  readonly #table: ProcessTable;
  readonly #mark: AttemptMark;
  readonly #leaf: Pick<ResourceLeaf, "members" | "kill">;
  /** Start time by pid of every member found so far. */
  readonly #seen = new Map<number, number>();

  constructor(table: ProcessTable, mark: AttemptMark, leaf: Pick<ResourceLeaf, "members" | "kill">) {
    this.#table = table;
    this.#mark = mark;
    this.#leaf = leaf;
  }

  /** Every live process of the attempt except the shim and its helpers. */
  async members(): Promise<readonly ProcessStat[]> {
    const pids = this.#leaf.members();
    if (pids === null) return this.#search();
    const inside = statRunning(this.#table, pids);
    // A shim that nobody has recorded is outside the leaf, and has to go too.
    return this.#mark.processes === null ? [...inside, ...(await this.#search())] : inside;
  }

  async #search(): Promise<readonly ProcessStat[]> {
    const { job = null, shim = null } = this.#mark.processes ?? {};
    const session = job === null || this.#isReused(job) ? null : job.pid;
    const candidates: ProcessStat[] = [];
    const members = new Map<number, ProcessStat>();
    await sweep(this.#table, (stat) => {
      if (!isRunning(stat) || stat.startTicks < (job?.startTicks ?? 0)) return;
      if (stat.session === shim?.pid && !isSame(stat, job)) return;
      candidates.push(stat);
      if (stat.session === session || this.#wasSeen(stat) || this.#isMarked(stat)) {
        members.set(stat.pid, stat);
      }
    });
    addDescendants(members, candidates);
    for (const stat of members.values()) this.#seen.set(stat.pid, stat.startTicks);
    return [...members.values()];
  }

  /** Signals the job's group at once and each member outside it, every one checked by its start time. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    this.#send(signal, await this.members());
  }

  #send(signal: NodeJS.Signals, members: readonly ProcessStat[]): void {
    if (signal === "SIGKILL") this.#leaf.kill();
    const job = this.#mark.processes?.job ?? null;
    const leader = job === null ? null : this.#table.stat(job.pid);
    // In its first moments the job has not left the shim's group yet: it leads none.
    const group = isSame(leader, job) && leader?.group === job?.pid ? job?.pid : undefined;
    if (group !== undefined) this.#table.signal(-group, signal);
    for (const member of members) {
      const isDone = member.group === group;
      if (!isDone && isSame(this.#table.stat(member.pid), member)) this.#table.signal(member.pid, signal);
    }
  }

  /**
   * Kills until a sweep finds nobody or `proofMs` is over.
   * @returns whoever is left: not killable, typically in uninterruptible sleep.
   */
  async killAndProve(clock: Clock, proofMs: number): Promise<readonly ProcessStat[]> {
    const endsAtMs = clock.bootMs() + proofMs;
    for (let waitMs = SWEEP_FIRST_MS; ; waitMs = Math.min(waitMs * 2, SWEEP_MAX_MS)) {
      const members = await this.members();
      if (members.length === 0 || clock.bootMs() > endsAtMs) return members;
      this.#send("SIGKILL", members);
      await delay(waitMs);
    }
  }

  /** Whether the job's number now names a later process: a session of that number is then somebody else's. */
  #isReused(job: ProcessIdentity): boolean {
    const stat = this.#table.stat(job.pid);
    return stat !== null && !isSame(stat, job);
  }

  #wasSeen(stat: ProcessStat): boolean {
    return this.#seen.get(stat.pid) === stat.startTicks;
  }

  #isMarked(stat: ProcessStat): boolean {
    return this.#table.hasEnviron(stat.pid, this.#mark.environ);
  }
}

function isSame(one: ProcessIdentity | null, other: ProcessIdentity | null): boolean {
  return one !== null && one.pid === other?.pid && one.startTicks === other.startTicks;
}

function addDescendants(members: Map<number, ProcessStat>, candidates: readonly ProcessStat[]): void {
  for (let known = -1; known !== members.size; ) {
    known = members.size;
    for (const stat of candidates) if (members.has(stat.ppid)) members.set(stat.pid, stat);
  }
}
