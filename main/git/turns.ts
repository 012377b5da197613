/** Resolves for one caller in each turn of the event loop, in the order in which they asked. */
export type Turns = () => Promise<void>;

export function createTurns(): Turns {
  let before: Promise<void> = Promise.resolve();
  return async () => {
    const [mine, next] = [before, Promise.withResolvers<void>()];
    before = next.promise;
    await mine;
    setImmediate(next.resolve);
  };
}
