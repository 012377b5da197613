import type { DesktopCommand } from '#shared/api/desktop-bridge.ts';

/** Keeps commands while no page listens: the window is still loading, or there is none. */
export type CommandQueue = {
  send(command: DesktopCommand): void;
  /** The page listens: it gets what was kept, then everything at once. */
  open(deliver: (command: DesktopCommand) => void): void;
  /** The page is gone or loading anew. */
  close(): void;
};

export function createCommandQueue(): CommandQueue {
  let kept: readonly DesktopCommand[] = [];
  let deliver: ((command: DesktopCommand) => void) | undefined;
  return {
    send: (command) => {
      if (deliver === undefined) kept = [...kept, command];
      else deliver(command);
    },
    open: (next) => {
      deliver = next;
      const waiting = kept;
      kept = [];
      for (const command of waiting) next(command);
    },
    close: () => {
      deliver = undefined;
    },
  };
}
