/**
 * Who answers Ctrl-C. Without a handler it ends the process at once, since nothing is lost; a command that has a run
 * going takes it over for as long as that run lasts.
 */
export type Interrupts = {
  /** Called by the signal handlers. */
  raise(): void;
  /** The newest handler answers; the returned function gives way to the one before it. */
  handle(handler: () => void): () => void;
  /** Ends the process at once. */
  leave(): void;
};

export function createInterrupts(leave: () => void): Interrupts {
  const handlers: (() => void)[] = [];
  return {
    leave,
    raise: () => (handlers.at(-1) ?? leave)(),
    handle: (handler) => {
      handlers.push(handler);
      return () => {
        const index = handlers.indexOf(handler);
        if (index >= 0) handlers.splice(index, 1);
      };
    },
  };
}
