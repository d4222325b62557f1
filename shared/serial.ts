/** Serial: runs asynchronous tasks one after another, so that "look, then act" is one step again. */

/** Queues a task behind all earlier ones; its failure is its caller's and does not stop the next. */
export type Serial = <T>(task: () => Promise<T>) => Promise<T>;

export function createSerial(): Serial {
  let tail: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = tail.then(task);
    tail = result.catch(() => undefined);
    return result;
  };
}
