import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { fromText, toText } from './watch/binary-path.ts';
import { createEventCount } from './watch/event-count.ts';
import { type WatchedTree, watchTree } from './watch/folder-tree.ts';
import { createMarker } from './watch/marker.ts';
import type { FromWatchThread, ToWatchThread } from './watch/messages.ts';
import { watchWhole } from './watch/whole-tree.ts';

// The entry of the thread that watches folders. It has a queue of events of its own, which is emptied whatever the
// person's interface is busy with, and in which nobody else's events are.

const port = parentPort;
if (port === null) throw new Error('this is no program of its own');
const send = (message: FromWatchThread): void => port.postMessage(message);

/** Changes of a moment are told together, each path once. */
const tellEveryMs = 10;
/** Paths in one message: whoever hears it has other things to do too. */
const mostPaths = 1_000;
/** Paths that wait to be told. With more it is quicker to look at everything. */
const mostWaiting = 10_000;

type Watched = { tree: WatchedTree | undefined; readonly paths: Set<string> };

const watched = new Map<number, Watched>();
const isLinux = process.platform === 'linux';
// Half of what fits: what is given up unseen has room in the other half.
const count = createEventCount(limitOf('max_queued_events', 16_384) / 2, () => {
  renewAll('more changed at once than the system remembers');
});
const marker = isLinux ? createMarker(tmpdir()) : undefined;

/** Of inotify, by its file in /proc/sys/fs/inotify. */
function limitOf(name: string, usual: number): number {
  try {
    return Number(readFileSync(`/proc/sys/fs/inotify/${name}`, 'utf8')) || usual;
  } catch {
    return usual;
  }
}

port.on('message', (message: ToWatchThread) => {
  switch (message.kind) {
    case 'watch':
      begin(message.id, message.folder);
      break;
    case 'close':
      watched.get(message.id)?.tree?.close();
      watched.delete(message.id);
      break;
    case 'settle':
      settle(message.ticket);
      break;
  }
});

function begin(id: number, folder: string): void {
  const state: Watched = { tree: undefined, paths: new Set() };
  watched.set(id, state);
  try {
    state.tree = (isLinux ? watchTree : watchWhole)({
      root: fromText(folder),
      onEvent: count.add,
      onGivenUp: count.addUnseen,
      onPath: (path) => onPath(id, state, path),
      onDoubt: (why) => doubt(id, state, why),
      onEnd(why) {
        doubt(id, state, why);
        watched.delete(id);
        send({ kind: 'ended', id, why });
      },
      // The person's editor wants some too.
      most: Math.floor(limitOf('max_user_watches', 65_536) / 2),
    });
    send({ kind: 'watching', id });
  } catch (error) {
    watched.delete(id);
    send({ kind: 'refused', id, why: error instanceof Error ? error.message : String(error) });
  }
}

function onPath(id: number, state: Watched, path: string): void {
  state.paths.add(path);
  if (state.paths.size > mostWaiting) doubt(id, state, `more than ${mostWaiting} files changed at once`);
  else tellSoon();
}

function doubt(id: number, state: Watched, why: string): void {
  state.paths.clear();
  send({ kind: 'doubt', id, why });
}

/** First that nothing is sure any more, and then again that from now on all is told. */
function renewAll(why: string): void {
  for (const [id, state] of watched) doubt(id, state, why);
  setImmediate(() => {
    for (const [id, state] of [...watched]) {
      state.tree?.renew();
      if (watched.has(id)) doubt(id, state, why);
    }
  });
}

let willTell = false;

function tellSoon(): void {
  if (willTell) return;
  willTell = true;
  setTimeout(() => {
    willTell = false;
    for (const [id, state] of watched) {
      tell(id, state, mostPaths);
      if (state.paths.size > 0) tellSoon();
    }
  }, tellEveryMs);
}

function tell(id: number, { paths }: Watched, most: number): void {
  const some = new Set<string>();
  let left = most;
  for (const path of paths) {
    if (left === 0) break;
    left -= 1;
    paths.delete(path);
    some.add(toText(path));
  }
  if (some.size > 0) send({ kind: 'paths', id, paths: [...some] });
}

function settle(ticket: number): void {
  for (const { tree } of [...watched.values()]) tree?.check();
  if (marker === undefined) {
    // As good as it gets: what has happened is told within moments.
    setTimeout(() => tellAll(ticket), 100);
    return;
  }
  marker.settle((isSure) => {
    if (!isSure) renewAll('the system does not tell of changes in time');
    // Behind what renewing says.
    setImmediate(() => tellAll(ticket));
  });
}

function tellAll(ticket: number): void {
  for (const [id, state] of watched) {
    while (state.paths.size > 0) tell(id, state, mostPaths);
  }
  send({ kind: 'settled', ticket });
}

const lookEveryMs = 1_000;
/** A machine that slept has been out of our sight; so has one that was too busy for a timer. */
const lateMs = 2_000;
let lookedAt = Date.now();

setInterval(() => {
  const late = Date.now() - lookedAt - lookEveryMs;
  lookedAt = Date.now();
  if (late > lateMs) {
    const why = `this machine was away for ${Math.round(late / 1_000)} s`;
    for (const [id, state] of watched) doubt(id, state, why);
  }
  for (const { tree } of [...watched.values()]) tree?.check();
}, lookEveryMs);
