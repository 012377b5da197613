export type EventCount = {
  /** One event has been read. */
  add(): void;
  /** A watch is being given up: what the system says about that is never seen. */
  addUnseen(): void;
};

/**
 * Tells an overflow of the kernel's queue, of which Node says nothing (libuv skips IN_Q_OVERFLOW): whoever empties a
 * queue that was full reads at least as many events as fit into it before the loop turns.
 */
export function createEventCount(most: number, onTooMany: () => void): EventCount {
  let seen = 0;
  let isArmed = false;
  let isTold = false;

  function add(): void {
    seen += 1;
    if (!isArmed) {
      isArmed = true;
      // Runs after everything that is read in this turn.
      setImmediate(() => {
        isArmed = false;
        isTold = false;
        seen = 0;
      });
    }
    if (seen < most || isTold) return;
    isTold = true;
    onTooMany();
  }

  return { add, addUnseen: add };
}
