/**
 * Waiters: ready jobs by the service that they use, so that one which has yet to start can be queued by the most
 * important of them. Asking costs nothing and a job that comes or goes no more, however many of them wait.
 */
import { PRIORITIES, type Priority } from "../../../shared/model/priority.ts";
import { byPriority } from "../../../shared/policy/gate.ts";

interface Wait {
  readonly runner: string;
  readonly priority: Priority;
}

export class Waiters {
  readonly #waits = new Map<string, Wait>();
  readonly #byRunner = new Map<string, Readonly<Record<Priority, Set<string>>>>();
  readonly #changed = new Set<string>();

  /** Enters a job, or changes the priority of one. */
  set(jobId: string, runner: string, priority: Priority): void {
    const known = this.#waits.get(jobId);
    if (known?.runner === runner && known.priority === priority) return;
    this.delete(jobId);
    this.#waits.set(jobId, { runner, priority });
    const waiting = this.#byRunner.get(runner) ?? byPriority(() => new Set<string>());
    this.#byRunner.set(runner, waiting);
    if (waiting[priority].size === 0) this.#changed.add(runner);
    waiting[priority].add(jobId);
  }

  delete(jobId: string): void {
    const known = this.#waits.get(jobId);
    const waiting = known === undefined ? undefined : this.#byRunner.get(known.runner);
    if (known === undefined || waiting === undefined) return;
    const { runner, priority } = known;
    this.#waits.delete(jobId);
    waiting[priority].delete(jobId);
    if (waiting[priority].size > 0) return;
    this.#changed.add(runner);
    if (PRIORITIES.every((each) => waiting[each].size === 0)) this.#byRunner.delete(runner);
  }

  /** The highest priority of the jobs that use the service of this runner; null where none does. */
  best(runner: string): Priority | null {
    const waiting = this.#byRunner.get(runner);
    return PRIORITIES.find((priority) => (waiting?.[priority].size ?? 0) > 0) ?? null;
  }

  /** The jobs of one priority that use the service of this runner. */
  those(runner: string, priority: Priority): Iterable<string> {
    return this.#byRunner.get(runner)?.[priority] ?? NONE;
  }

  /** Runners for which `best` may say something else than when this was asked last. */
  takeChanged(): readonly string[] {
    if (this.#changed.size === 0) return NONE;
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }
}

const NONE: readonly string[] = [];
