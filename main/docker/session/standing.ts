import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ContextSource, KeptSource } from './context-source.ts';
import type { Given } from './given-files.ts';
import { digestOfListed } from './packed-entries.ts';
import { addSent } from './sent.ts';
import type { ContextSent } from './serve-files.ts';
import type { Served, Session } from './session.ts';

/**
 * While an app is open, an engine is told of changes in a context as they are made, in a session that stays open and that
 * the next build goes on with (docs/adr/0027).
 */
export type Standings = {
  /**
   * For a build of a context, by the name of what is built of it. Waits a while for what the engine is being told, and tells
   * nothing of this context meanwhile.
   */
  hold(root: string, name: string, signal: AbortSignal): Promise<Held>;
};

export type Held = {
  /** What the engine has, and in which session; absent where nothing, not all of it, or for another build. */
  readonly standing: Standing | undefined;
  /** What it was sent of the context since the last build that was made. */
  sent(): ContextSent | undefined;
  /** The engine does not have what was written down. */
  drop(): void;
  /** The build is over. With what it came to, it was made, and the engine is told of changes from now on. */
  release(made?: Made): void;
};

export type Standing = { readonly given: Given; readonly session: Session };

export type Made = { readonly isInStanding: boolean; readonly way: Way };

/** How the engine is told of a context. */
export type Way = {
  /** What it asked for, as it does in a build. */
  readonly asked: Given['asked'];
  /** Opens a session in which the engine asks for just that. */
  tell(id: string, files: Told, signal: AbortSignal): Promise<Session>;
};

export type Told = Pick<Served, 'files' | 'onSent'>;

/** Entries. To tell an engine of fewer takes no longer than to find out that there is no need. */
const least = 1_000;
/** An editor writes several files at a time, and git many. */
const quietMs = 50;
/** Longer a build does not wait: what takes longer than this, it may as well do and show itself. */
const patienceMs = 1_000;
const tellWithinMs = 30_000;
/** Since the last build. Who builds no more need not have the engine busy. */
const worthwhileMs = 30 * 60_000;

export function createStandings(source: Pick<KeptSource, 'entries' | 'follow'>): Standings {
  /** By root: the engine has one copy of a context, and whoever comes while it is in use has to send all of it. */
  const all = new Map<string, Followed>();

  function find(root: string): Followed {
    const found = all.get(root);
    if (found !== undefined) return found;
    const onClose = () => {
      if (all.get(root) === followed) all.delete(root);
    };
    const follow = (onTold: () => void, onLost: () => void) =>
      source.follow(root, least, { onTold, onClose: onLost });
    const followed = followContext(source, follow, onClose);
    all.set(root, followed);
    return followed;
  }

  return {
    async hold(root, name, signal) {
      const followed = find(root);
      const standing = await followed.begin(name, signal);
      let isReleased = false;
      return {
        standing,
        sent: followed.sent,
        drop: followed.drop,
        release(made) {
          if (isReleased) return;
          isReleased = true;
          followed.end(standing?.session, made && { name, ...made });
        },
      };
    },
  };
}

/** No build is there to ask for something. */
const nothing: Served = {
  folders: new Map(),
  files: { entries: async () => [] },
  secrets: {},
  onSent: () => {},
  onNote: () => {},
};

type Followed = ReturnType<typeof followContext>;

function followContext(
  source: ContextSource,
  follow: (onTold: () => void, onLost: () => void) => boolean,
  onClose: () => void,
) {
  /** What was built of it last, and how the engine is told what that needs. */
  let last: { readonly name: string; readonly way: Way } | undefined;
  let session: Session | undefined;
  let given: Given | undefined;
  let sent: ContextSent | undefined;
  let telling: { readonly done: Promise<void>; readonly stop: AbortController } | undefined;
  let tookMs = 0;
  let builtAt = performance.now();
  let isFollowed = false;
  let isTold = false;
  let isClosed = false;
  let isTaken = false;
  let builds = 0;
  let timer: NodeJS.Timeout | undefined;

  function onTold(): void {
    isTold = true;
    plan();
  }

  function plan(): void {
    clearTimeout(timer);
    if (!isTold || isClosed || builds > 0 || telling !== undefined) return;
    if (performance.now() - builtAt > worthwhileMs) return;
    // Where it takes long it is not done all the time.
    timer = setTimeout(start, Math.max(quietMs, tookMs)).unref();
  }

  function start(): void {
    if (last === undefined) return;
    isTold = false;
    drop();
    const stop = new AbortController();
    const began = performance.now();
    const done = tell(last.way, stop.signal)
      // The next build tells the engine itself, and says what is wrong.
      .catch(() => {})
      .then(() => {
        tookMs = performance.now() - began;
        telling = undefined;
        plan();
      });
    telling = { done, stop };
  }

  async function tell({ asked, tell }: Way, stopped: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(tellWithinMs)]);
    const next: Given = { sessionId: randomUUID(), asked: [] };
    const onSent = (more: ContextSent) => {
      sent = addSent(sent, more);
      // It had nothing to compare with, mostly because another process had its copy in use. Once is enough.
      if (more.isFirst) giveUp();
    };
    const entries: Told['files']['entries'] = async (name, root, selection, asking) => {
      const found = await source.entries(root, selection, asking);
      const digest = digestOfListed(found);
      // A folder of that name may be another by now.
      const isWanted = digest !== undefined && asked.some((one) => one.name === name && one.root === root);
      if (isWanted) next.asked.push({ name, root, selection, digest });
      return found;
    };
    const opened = await tell(next.sessionId, { files: { entries }, onSent }, signal);
    if (isClosed || opened.lost.aborted || next.asked.length !== asked.length) {
      opened.close();
      return;
    }
    [session, given] = [opened, next];
    opened.lost.addEventListener('abort', () => {
      if (session === opened) drop();
    });
  }

  /** What a build goes on in stays open until that is over. */
  function drop(): void {
    given = undefined;
    if (isTaken) return;
    session?.close();
    session = undefined;
  }

  function giveUp(): void {
    isClosed = true;
    clearTimeout(timer);
    telling?.stop.abort();
    drop();
  }

  function close(): void {
    giveUp();
    onClose();
  }

  return {
    sent: () => sent,
    drop,
    async begin(name: string, signal: AbortSignal): Promise<Standing | undefined> {
      builds += 1;
      clearTimeout(timer);
      if (telling !== undefined) {
        const patience = pause(patienceMs, undefined, { signal, ref: false }).catch(() => {});
        await Promise.race([telling.done, patience]);
        telling?.stop.abort();
        await telling?.done;
      }
      const isOfThis = last?.name === name;
      if (isTaken || !isOfThis || given === undefined || session === undefined) return undefined;
      isTaken = true;
      return { given, session };
    },
    /** @param taken by the build that is over */
    end(taken: Session | undefined, made: (Made & { readonly name: string }) | undefined): void {
      builds -= 1;
      builtAt = performance.now();
      if (taken !== undefined) {
        taken.serve(nothing);
        isTaken = false;
      }
      // Of a build that was not made it is not known what it leaves behind; what one gave in another session is newer.
      if (made === undefined ? taken !== undefined : !made.isInStanding) drop();
      if (made !== undefined) {
        last = made;
        sent = undefined;
        isFollowed ||= !isClosed && follow(onTold, close);
      }
      // Also where all was dropped while it was built.
      if (given === undefined) drop();
      if (builds === 0 && !isFollowed) onClose();
      plan();
    },
  };
}
