/** Schedule: what will happen and when, as a binary heap. Equal times keep the order of their entering. */
export interface Planned {
  readonly atMs: number;
  readonly order: number;
  /** What happens, for the trace: `agent.tick`. */
  readonly what: string;
  /** Whom it happens to: `hub`, a box. */
  readonly who: string;
  /** False when there was nothing left to do: such a one is no step. */
  readonly run: () => boolean;
}

export class Schedule {
  readonly #heap: Planned[] = [];
  #order = 0;

  add(atMs: number, what: string, who: string, run: () => boolean): void {
    const planned = { atMs, order: this.#order++, what, who, run };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(planned);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Planned;
      if (!isBefore(planned, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = planned;
  }

  /** When the next thing happens; infinite when nothing is planned. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Takes out what comes first; undefined when nothing is planned. */
  next(): Planned | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const left = heap[below];
      if (left === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, left)) below++;
      const child = heap[below] as Planned;
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
