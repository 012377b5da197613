import { randomUUID } from 'node:crypto';
import { closeSync, openSync, unlinkSync, watch, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Finds out when everything that happened until now has been read. */
export type Marker = {
  /** `onEnd` with false: it could not be found out in time. */
  settle(onEnd: (isSure: boolean) => void): void;
  close(): void;
};

/** The queue is read in well under a millisecond, unless thousands of events are before it. */
const waitAtMostMs = 2_000;

type Waiting = (isSure: boolean) => void;

/**
 * One thread has one queue of events, in the order in which things happened (inotify(7)); so a change of our own is read
 * after all that was there before it.
 */
export function createMarker(folder: string): Marker {
  let file = openMarkerFile(folder, onChange);
  let asked: Waiting[] = [];
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;

  function onChange(): void {
    if (asked.length > 0) end(true);
  }

  function end(isSure: boolean): void {
    clearTimeout(timer);
    const ended = asked;
    asked = [];
    for (const each of ended) each(isSure);
    if (waiting.length > 0) mark();
  }

  /** Whoever comes while one is on its way waits for the next: that one may have been made before. */
  function mark(): void {
    asked = waiting;
    waiting = [];
    timer = setTimeout(() => {
      // Its event may still come, and would be taken for the next one's.
      file.close();
      file = openMarkerFile(folder, onChange);
      end(false);
    }, waitAtMostMs);
    file.change();
  }

  return {
    settle(onEnd) {
      waiting.push(onEnd);
      if (asked.length === 0) mark();
    },
    close() {
      clearTimeout(timer);
      file.close();
    },
  };
}

/** A file that has no name any more: nobody's folder shows it, and nothing is left behind. */
function openMarkerFile(folder: string, onChange: () => void) {
  const path = join(folder, `gantry-watch-${randomUUID()}`);
  const file = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  const watcher = watch(`/proc/self/fd/${file}`, onChange);
  watcher.on('error', () => {});
  return {
    change: () => void writeSync(file, '.', 0),
    close() {
      watcher.close();
      closeSync(file);
    },
  };
}
