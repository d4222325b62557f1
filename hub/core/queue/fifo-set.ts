/**
 * FifoSet: members in the order in which they were added, cheap at both ends and in the middle.
 *
 * A `Set` keeps that order too, but one that is drained from its front walks over all that was deleted before
 * it finds the first member: with 100,000 jobs queued, more than the rest of a decision costs. Here a member
 * is a link of a chain, so that adding, deleting and finding the first take the same time whatever the size.
 */
interface Link<Member> {
  readonly member: Member;
  previous: Link<Member> | null;
  /** Kept by a deleted link, so that whoever stands on it finds the way on. */
  next: Link<Member> | null;
  isMember: boolean;
}

export class FifoSet<Member> implements Iterable<Member> {
  readonly #links = new Map<Member, Link<Member>>();
  #first: Link<Member> | null = null;
  #last: Link<Member> | null = null;

  get size(): number {
    return this.#links.size;
  }

  get first(): Member | undefined {
    return this.#first?.member;
  }

  has(member: Member): boolean {
    return this.#links.has(member);
  }

  /** At the end; a member stays where it is. */
  add(member: Member): void {
    if (this.#links.has(member)) return;
    const link = { member, previous: this.#last, next: null, isMember: true };
    if (this.#last === null) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    this.#links.set(member, link);
  }

  delete(member: Member): void {
    const link = this.#links.get(member);
    if (link === undefined) return;
    this.#links.delete(member);
    link.isMember = false;
    if (link.previous === null) this.#first = link.next;
    else link.previous.next = link.next;
    if (link.next === null) this.#last = link.previous;
    else link.next.previous = link.previous;
  }

  /** In order; members may be deleted meanwhile, and those that were are not shown. */
  *[Symbol.iterator](): Generator<Member> {
    for (let link = this.#first; link !== null; link = link.next) if (link.isMember) yield link.member;
  }
}
