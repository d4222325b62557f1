/** Recorder: keeps what happened and lets a test wait for it: on the event itself, never on time. */
export interface Recorder<Item> {
  readonly items: readonly Item[];
  push(item: Item): void;
  /** The first item, already there or still to come, that the predicate accepts. */
  until(accepts: (item: Item) => boolean): Promise<Item>;
  /** Resolves when `count` items have been accepted in all. */
  untilCount(count: number, accepts: (item: Item) => boolean): Promise<void>;
}

export function createRecorder<Item>(): Recorder<Item> {
  const items: Item[] = [];
  const waiting = new Set<() => void>();
  const whenever = <Result>(find: () => Result | undefined): Promise<Result> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return {
    items,
    push: (item) => {
      items.push(item);
      for (const look of [...waiting]) look();
    },
    until: (accepts) => whenever(() => items.find(accepts)),
    untilCount: async (count, accepts) => {
      await whenever(() => (items.filter(accepts).length >= count ? true : undefined));
    },
  };
}
