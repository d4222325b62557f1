/**
 * ReadyQueue: the jobs of one lane and priority that may be granted now. Owners take turns by how much they have
 * used (fair share); of one owner the job that entered first is first. Jobs that ask for the same are kept in one
 * chain, so that when the first of them fits nowhere a walk passes over all of them at once, whatever their number.
 */
import { FifoSet } from "./fifo-set.ts";
import { KeyHeap } from "./key-heap.ts";

/** What the queue must know of a job. */
export interface ReadyJob {
  readonly jobId: string;
  readonly owner: string;
  /** The same for jobs that fit in the same places. */
  readonly shape: string;
}

/** The waiting jobs of one owner: chains by shape, the one whose first job entered first is first. */
interface Line {
  readonly chains: Map<string, FifoSet<string>>;
  readonly shapes: KeyHeap;
}

export class ReadyQueue implements Iterable<string> {
  /** All of them in the order in which they entered. */
  readonly #all = new FifoSet<string>();
  readonly #entries = new Map<string, ReadyJob & { readonly entry: number }>();
  readonly #lines = new Map<string, Line>();
  readonly #owners = new KeyHeap();
  #lastEntry = 0;

  get size(): number {
    return this.#all.size;
  }

  /** The one that has waited here for longest. */
  get oldest(): string | undefined {
    return this.#all.first;
  }

  has(jobId: string): boolean {
    return this.#entries.has(jobId);
  }

  /** `usedKey`: what the owner has used; the least is first. */
  add(job: ReadyJob, usedKey: number): void {
    const { jobId, owner, shape } = job;
    if (this.#entries.has(jobId)) return;
    const entry = ++this.#lastEntry;
    this.#entries.set(jobId, { ...job, entry });
    this.#all.add(jobId);
    const line = this.#lines.get(owner) ?? { chains: new Map(), shapes: new KeyHeap() };
    this.#lines.set(owner, line);
    const chain = line.chains.get(shape) ?? new FifoSet();
    line.chains.set(shape, chain);
    if (chain.size === 0) line.shapes.set(shape, entry);
    chain.add(jobId);
    this.#owners.set(owner, usedKey);
  }

  delete(jobId: string): void {
    const known = this.#entries.get(jobId);
    const line = known === undefined ? undefined : this.#lines.get(known.owner);
    const chain = known === undefined ? undefined : line?.chains.get(known.shape);
    if (known === undefined || line === undefined || chain === undefined) return;
    this.#entries.delete(jobId);
    this.#all.delete(jobId);
    chain.delete(jobId);
    if (chain.size === 0) {
      line.chains.delete(known.shape);
      line.shapes.delete(known.shape);
    } else if (line.shapes.has(known.shape)) line.shapes.set(known.shape, this.#headOf(chain));
    if (line.chains.size > 0) return;
    this.#lines.delete(known.owner);
    this.#owners.delete(known.owner);
  }

  /** An owner has used more, or less than was thought. */
  setUsed(owner: string, usedKey: number): void {
    if (this.#owners.has(owner)) this.#owners.set(owner, usedKey);
  }

  /** A walk in order; it must be ended, and only what it gives may be deleted meanwhile. */
  walk(usedKeyOf: (owner: string) => number): Walk {
    const passed = new Set<string>();
    const parkedOwners = new Set<string>();
    const parkedShapes: { readonly line: Line; readonly shape: string }[] = [];
    const parkOwner = (owner: string): void => {
      parkedOwners.add(owner);
      this.#owners.delete(owner);
    };
    const parkShape = (line: Line, shape: string): void => {
      parkedShapes.push({ line, shape });
      line.shapes.delete(shape);
    };
    const next = (): string | null => {
      for (;;) {
        const owner = this.#owners.first;
        if (owner === undefined) return null;
        const line = this.#lines.get(owner);
        const shape = line?.shapes.first;
        if (line === undefined || shape === undefined) {
          parkOwner(owner);
          continue;
        }
        for (const jobId of line.chains.get(shape) ?? []) if (!passed.has(jobId)) return jobId;
        parkShape(line, shape);
      }
    };
    return {
      next,
      pass: (jobId, what) => {
        const known = this.#entries.get(jobId);
        if (known === undefined) return;
        const line = this.#lines.get(known.owner);
        if (what === "job") passed.add(jobId);
        else if (line !== undefined) parkShape(line, known.shape);
      },
      end: () => {
        for (const { line, shape } of parkedShapes) {
          const chain = line.chains.get(shape);
          if (chain !== undefined) line.shapes.set(shape, this.#headOf(chain));
        }
        for (const owner of parkedOwners)
          if (this.#lines.has(owner)) this.#owners.set(owner, usedKeyOf(owner));
      },
    };
  }

  /** In the order in which they entered. */
  [Symbol.iterator](): Iterator<string> {
    return this.#all[Symbol.iterator]();
  }

  #headOf(chain: FifoSet<string>): number {
    return this.#entries.get(chain.first ?? "")?.entry ?? 0;
  }
}

export interface Walk {
  /** The job whose turn it is: the same one again until it is deleted or passed over. */
  next(): string | null;
  /** Passes over this job, or over all of its owner that ask for the same, until the walk ends. */
  pass(jobId: string, what: "job" | "shape"): void;
  end(): void;
}
