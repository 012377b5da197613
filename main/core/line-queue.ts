/** Turns what a callback gets into something that can be iterated. */
export type LineQueue<T> = {
  push(item: T): void;
  /** Items as they come, and the rest of them once `end` has settled. Never rejects: the caller awaits `end` itself. */
  until(end: Promise<unknown>): AsyncGenerator<T>;
};

export function createLineQueue<T>(): LineQueue<T> {
  let items: T[] = [];
  let wake = Promise.withResolvers<void>();
  return {
    push(item) {
      items.push(item);
      wake.resolve();
    },
    async *until(end) {
      let isOver = false;
      const finish = () => {
        isOver = true;
        wake.resolve();
      };
      end.then(finish, finish);
      while (!isOver || items.length > 0) {
        if (items.length === 0) await wake.promise;
        wake = Promise.withResolvers<void>();
        const batch = items;
        items = [];
        yield* batch;
      }
    },
  };
}
