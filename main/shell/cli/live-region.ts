import type { Terminal } from './terminal.ts';
import { clip } from './text/format.ts';

export type LiveRegion = {
  /** Replaces what was drawn before. */
  draw(lines: readonly string[]): void;
  /** Leaves these lines standing for good; the next drawing begins below. */
  settle(lines: readonly string[]): void;
};

const clearBelow = '\u001b[0J';

/** The last lines of a terminal, redrawn in place. Never higher than the screen: what scrolled away cannot be redrawn. */
export function createLiveRegion(terminal: Pick<Terminal, 'out' | 'columns' | 'rows'>): LiveRegion {
  let drawn = 0;
  const up = () => (drawn === 0 ? '' : `\u001b[${drawn}A`);
  const put = (lines: readonly string[]) => {
    // A line that wraps would take two rows and spoil the count.
    const fitting = lines.map((line) => clip(line, terminal.columns()));
    terminal.out(`\r${up()}${clearBelow}${fitting.map((line) => `${line}\n`).join('')}`);
  };
  return {
    draw: (lines) => {
      const shown = lines.slice(-Math.max(1, terminal.rows() - 1));
      put(shown);
      drawn = shown.length;
    },
    settle: (lines) => {
      put(lines);
      drawn = 0;
    },
  };
}
