import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Follower, KeptSource } from '#main/docker/session/context-source.ts';
import type { ContextSent } from '#main/docker/session/serve-files.ts';
import type { Served, Session } from '#main/docker/session/session.ts';
import { createStandings, type Told, type Way } from '#main/docker/session/standing.ts';

const asked = [{ name: 'context', root: '/c', selection: {}, digest: 'as built' }];
const never = new AbortController().signal;
const oneFile: ContextSent = { kind: 'sent', files: 1, bytes: 3, names: ['a'], isFirst: false };

type Open = { readonly id: string; isOpen: boolean; serves: Served | undefined; lose(): void };

/** A context of so many entries that changes when told to, and an engine that asks for it. */
function makeWorld(entries = 5_000) {
  let follower: Follower | undefined;
  const sessions: Open[] = [];
  let answer: (told: Told) => Promise<void> = async ({ onSent }) => onSent(oneFile, 'context');
  const source: Pick<KeptSource, 'entries' | 'follow'> = {
    entries: async () => [],
    follow(_root, least, to) {
      if (entries < least) return false;
      follower = to;
      return true;
    },
  };
  const way: Way = {
    asked,
    async tell(id, told, signal) {
      const lost = new AbortController();
      const open: Open = { id, isOpen: true, serves: undefined, lose: () => lost.abort() };
      sessions.push(open);
      const session: Session = {
        id,
        lost: lost.signal,
        serve(served) {
          open.serves = served;
        },
        close() {
          open.isOpen = false;
        },
        failure: () => undefined,
        unref: () => {},
      };
      const gone = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
      try {
        await told.files.entries('context', '/c', {}, { mayKeep: true, onNote: () => {} });
        await Promise.race([answer(told), gone]);
        return session;
      } catch (error) {
        session.close();
        throw error;
      }
    },
  };
  const standings = createStandings(source);
  const build = async (isInStanding?: boolean, name = 'it') => {
    const held = await standings.hold('/c', name, never);
    held.release({ isInStanding: isInStanding ?? held.standing !== undefined, way });
    return held;
  };
  return {
    standings,
    way,
    sessions,
    build,
    change: () => follower?.onTold(),
    close: () => follower?.onClose(),
    answerBy: (by: typeof answer) => {
      answer = by;
    },
    async changeAndWait(ms = 200) {
      follower?.onTold();
      await vi.advanceTimersByTimeAsync(ms);
    },
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('what an engine is told between builds', () => {
  test('is told once it is quiet, and the next build goes on in that session', async () => {
    const world = makeWorld();
    await world.build();
    for (let n = 0; n < 5; n += 1) await world.changeAndWait(20);
    expect(world.sessions).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(100);
    const held = await world.standings.hold('/c', 'it', never);
    expect(held.standing?.session.id).toBe(world.sessions[0]?.id);
    expect(held.standing?.given.asked).toMatchObject([{ name: 'context', root: '/c' }]);
    expect(held.sent()).toEqual(oneFile);
  });

  test('is of the last change only: of what was told before, the session is closed', async () => {
    const world = makeWorld();
    await world.build();
    await world.changeAndWait();
    world.answerBy(async ({ onSent }) => onSent({ ...oneFile, names: ['b'] }, 'context'));
    await world.changeAndWait();
    expect(world.sessions.map(({ isOpen }) => isOpen)).toEqual([false, true]);
    const held = await world.build();
    expect(held.standing?.session.id).toBe(world.sessions[1]?.id);
    // What the build says that was sent for it.
    expect(held.sent()).toBeUndefined();
  });

  test('is not told while something is built, but then', async () => {
    const world = makeWorld();
    await world.build();
    const held = await world.standings.hold('/c', 'it', never);
    await world.changeAndWait(5_000);
    expect(world.sessions).toHaveLength(0);
    held.release();
    held.release();
    await vi.advanceTimersByTimeAsync(100);
    expect(world.sessions).toHaveLength(1);
  });

  test('is for one build at a time, and nothing of it stays in the session', async () => {
    const world = makeWorld();
    await world.build();
    await world.changeAndWait();
    const one = await world.standings.hold('/c', 'it', never);
    expect((await world.standings.hold('/c', 'it', never)).standing).toBeUndefined();
    one.standing?.session.serve({
      folders: new Map([['context', '/c']]),
      files: { entries: async () => [] },
      secrets: { word: Buffer.from('open') },
      onSent: () => {},
      onNote: () => {},
    });
    one.release({ isInStanding: true, way: world.way });
    expect(world.sessions[0]?.serves).toMatchObject({ folders: new Map(), secrets: {} });
    expect((await world.standings.hold('/c', 'it', never)).standing).toBeDefined();
  });

  test('counts no more after a build that was not made', async () => {
    const world = makeWorld();
    await world.build();
    await world.changeAndWait();
    (await world.standings.hold('/c', 'it', never)).release();
    expect(world.sessions[0]?.isOpen).toBe(false);
    expect((await world.standings.hold('/c', 'it', never)).standing).toBeUndefined();
  });

  test('the session of a build stays open to its end, even when the context is kept no more', async () => {
    const world = makeWorld();
    await world.build();
    await world.changeAndWait();
    const held = await world.standings.hold('/c', 'it', never);
    world.close();
    expect(held.standing).toBeDefined();
    expect(world.sessions[0]?.isOpen).toBe(true);
    held.release({ isInStanding: true, way: world.way });
    expect(world.sessions[0]?.isOpen).toBe(false);
  });

  test('is not told while a build goes on that began before it was followed', async () => {
    const world = makeWorld();
    const [one, other] = [
      await world.standings.hold('/c', 'it', never),
      await world.standings.hold('/c', 'it', never),
    ];
    one.release({ isInStanding: false, way: world.way });
    await world.changeAndWait(5_000);
    expect(world.sessions).toHaveLength(0);
    other.release();
    await vi.advanceTimersByTimeAsync(100);
    expect(world.sessions).toHaveLength(1);
  });

  test('is of what was built last of the context, and not told while anything is built of it', async () => {
    const world = makeWorld();
    await world.build();
    await world.changeAndWait();
    expect((await world.build(undefined, 'other')).standing).toBeUndefined();
    const held = await world.standings.hold('/c', 'it', never);
    expect(held.standing).toBeUndefined();
    await world.changeAndWait(5_000);
    expect(world.sessions).toHaveLength(1);
    held.release();
    await vi.advanceTimersByTimeAsync(100);
    expect(world.sessions).toHaveLength(2);
    expect((await world.build(undefined, 'other')).standing).toBeDefined();
  });

  test('a build waits for it, but not for long', async () => {
    const world = makeWorld();
    await world.build();
    world.answerBy(() => new Promise((resolve) => setTimeout(resolve, 300)));
    await world.changeAndWait(60);
    const waiting = world.build();
    await vi.advanceTimersByTimeAsync(300);
    expect((await waiting).standing).toBeDefined();
    world.answerBy(() => new Promise(() => {}));
    await world.changeAndWait(500);
    const tired = world.build();
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await tired).standing).toBeUndefined();
    expect(world.sessions.map(({ isOpen }) => isOpen)).toEqual([false, false]);
  });

  test.each<[string, (world: ReturnType<typeof makeWorld>) => unknown]>([
    ['the engine was given something else by a build', (world) => world.build(false)],
    ['the session is lost', (world) => world.sessions[0]?.lose()],
    ['the context is kept no more', (world) => world.close()],
    [
      'the engine has thrown it away',
      async (world) => (await world.standings.hold('/c', 'it', never)).drop(),
    ],
  ])('counts no more when %s', async (_when, happens) => {
    const world = makeWorld();
    await world.build();
    await world.changeAndWait();
    await happens(world);
    expect((await world.standings.hold('/c', 'it', never)).standing).toBeUndefined();
  });

  test('is tried again with the next change when it fails', async () => {
    const world = makeWorld();
    await world.build();
    world.answerBy(() => Promise.reject(new Error('no engine')));
    await world.changeAndWait();
    expect((await world.build()).standing).toBeUndefined();
    world.answerBy(async () => {});
    await world.changeAndWait();
    expect((await world.build()).standing).toBeDefined();
  });

  test('is not told half an hour after the last build', async () => {
    const world = makeWorld();
    await world.build();
    await vi.advanceTimersByTimeAsync(31 * 60_000);
    await world.changeAndWait();
    expect(world.sessions).toHaveLength(0);
    await world.build();
    await vi.advanceTimersByTimeAsync(100);
    expect(world.sessions).toHaveLength(1);
  });

  test('is given up where all of it was sent, and where there is little', async () => {
    const world = makeWorld();
    await world.build();
    world.answerBy(async ({ onSent }) => onSent({ ...oneFile, isFirst: true }, 'context'));
    await world.changeAndWait();
    await world.build();
    await world.changeAndWait(60_000);
    expect(world.sessions.map(({ isOpen }) => isOpen)).toEqual([false]);
    const little = makeWorld(20);
    await little.build();
    await little.changeAndWait(60_000);
    expect(little.sessions).toHaveLength(0);
  });
});
