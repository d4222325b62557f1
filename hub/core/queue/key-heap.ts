/**
 * KeyHeap: members by a number, the least first, equal ones in order of their names. Finding the first costs
 * nothing, adding, deleting and changing a key O(log n); so a queue of any length is picked from in its order.
 */
import { must } from "../../../shared/invariant.ts";

interface Row {
  readonly member: string;
  key: number;
  at: number;
}

export class KeyHeap {
  readonly #rows: Row[] = [];
  readonly #byMember = new Map<string, Row>();

  get size(): number {
    return this.#rows.length;
  }

  /** The member with the least key. */
  get first(): string | undefined {
    return this.#rows[0]?.member;
  }

  get firstKey(): number | undefined {
    return this.#rows[0]?.key;
  }

  has(member: string): boolean {
    return this.#byMember.has(member);
  }

  /** Adds a member, or changes the key of one. */
  set(member: string, key: number): void {
    const known = this.#byMember.get(member);
    if (known === undefined) {
      const row = { member, key, at: this.#rows.length };
      this.#byMember.set(member, row);
      this.#rows.push(row);
      this.#rise(row);
      return;
    }
    known.key = key;
    this.#rise(known);
    this.#sink(known);
  }

  delete(member: string): void {
    const row = this.#byMember.get(member);
    if (row === undefined) return;
    this.#byMember.delete(member);
    const last = must(this.#rows.pop(), "a heap with a member has a last one");
    if (last === row) return;
    this.#put(last, row.at);
    this.#rise(last);
    this.#sink(last);
  }

  #put(row: Row, at: number): void {
    row.at = at;
    this.#rows[at] = row;
  }

  #rise(row: Row): void {
    while (row.at > 0) {
      const above = must(this.#rows[(row.at - 1) >> 1], "a row stands below another");
      if (isBefore(above, row)) return;
      const { at } = row;
      this.#put(row, above.at);
      this.#put(above, at);
    }
  }

  #sink(row: Row): void {
    for (;;) {
      const [left, right] = [this.#rows[2 * row.at + 1], this.#rows[2 * row.at + 2]];
      const below = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (below === undefined || isBefore(row, below)) return;
      const { at } = row;
      this.#put(row, below.at);
      this.#put(below, at);
    }
  }
}

/** Shorter names first, so that numbered ones stand in the order of their numbers. */
function isBefore(a: Row, b: Row): boolean {
  if (a.key !== b.key) return a.key < b.key;
  if (a.member.length !== b.member.length) return a.member.length < b.member.length;
  return a.member < b.member;
}
