import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FolderChange, FolderWatcher } from '#main/core/ports.ts';
import { createContextIndex } from '#main/docker/session/context-index.ts';
import type { ContextSource } from '#main/docker/session/context-source.ts';
import type { Selection } from '#main/docker/session/context-walk.ts';
import { createContextSource } from '#main/docker/session/warm-context.ts';
import { carryOut, folderOps, toldPaths } from '#test/property/folder-changes.ts';
import { entriesIn } from '#test/property/listed.ts';

let home: string;
let root: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gantry-warm-'));
  root = join(home, 'context');
  put('a/b/c', 'a/f', 'd/e', 'node_modules/x/y', 'x.log');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function put(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
}

/** A watcher that tells what the test tells. */
function createTold(refusal?: string) {
  const listeners = new Map<string, (change: FolderChange) => void>();
  const watcher: FolderWatcher = {
    async watch(folder, onChange) {
      if (refusal !== undefined) throw new Error(refusal);
      listeners.set(folder, onChange);
      return {
        settled: async () => {},
        async close() {
          listeners.delete(folder);
        },
      };
    },
  };
  const tell = (...paths: string[]) => listeners.get(root)?.({ kind: 'paths', paths });
  const doubt = () => listeners.get(root)?.({ kind: 'doubt', why: 'a test' });
  return { watcher, tell, doubt, folders: () => [...listeners.keys()] };
}

const asking = { mayKeep: true, onNote: () => {} };
const read = async (source: ContextSource, selection: Selection = {}) =>
  entriesIn(await source.entries(root, selection, asking));
/** As a process reads it that builds once. */
const readAnew = (selection: Selection = {}) => read(createContextSource({ now: Date.now }), selection);
const paths = async (source: ContextSource, selection?: Selection) =>
  (await read(source, selection)).map(({ path }) => path);

const selections: readonly Selection[] = [
  {},
  { excludePatterns: ['node_modules', '*.log'] },
  { excludePatterns: ['**', '!a/b', '!**/x.log'] },
  { followPaths: ['a', 'node_modules/b'] },
  { followPaths: ['.dockerignore'] },
];

describe('a context that is kept', () => {
  test('is as it would be read anew, whatever is told of the changes', { timeout: 60_000 }, async () => {
    const telling = fc.constantFrom('all', 'half', 'nothing', 'too much', 'doubt');
    const rounds = fc.array(fc.tuple(folderOps, telling, fc.constantFrom(...selections)), {
      minLength: 2,
      maxLength: 5,
    });
    let [done, compared] = [0, 0];
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        rmSync(root, { recursive: true });
        put('a/b/c', 'a/f', 'd/e', 'node_modules/x/y', 'x.log');
        const { watcher, tell, doubt } = createTold();
        const source = createContextSource({ watcher, now: Date.now });
        for (const selection of selections) await read(source, selection);
        for (const [ops, how, selection] of all) {
          for (const [index, op] of ops.entries()) {
            if (carryOut(root, op)) done += 1;
            if (how === 'all' || (how === 'half' && index % 2 === 0)) tell(...toldPaths(root, op));
          }
          if (how === 'too much') tell(root, join(root, 'a'), join(root, 'nowhere'), join(root, 'a/f/x'));
          if (how === 'doubt') doubt();
          const anew = await readAnew(selection);
          const warm = await read(source, selection);
          expect(warm.map(({ toldTime: _, ...entry }) => entry)).toEqual(anew);
          compared += anew.length;
        }
      }),
      // Smaller ones that fail would be looked for as long as the test may take, and nobody would hear of the first.
      { numRuns: 60, endOnFailure: true },
    );
    expect(done).toBeGreaterThan(500);
    expect(compared).toBeGreaterThan(500);
  });

  test('is read as anew where a folder has become a link to itself', async () => {
    const source = createContextSource({ watcher: createTold().watcher, now: Date.now });
    // What is in the folder is known by its name alone.
    await read(source, { excludePatterns: ['a/f'] });
    rmSync(join(root, 'a'), { recursive: true });
    symlinkSync('a', join(root, 'a'));
    expect((await read(source)).map(({ toldTime: _, ...entry }) => entry)).toEqual(await readAnew());
  });

  test('is not given up for one look at it that takes long', async () => {
    const real = performance.now.bind(performance);
    let stalledMs = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => real() + stalledMs);
    const source = createContextSource({
      now: () => {
        stalledMs = 6_000;
        return Date.now();
      },
    });
    try {
      // Written a moment ago, so that it is looked at once more.
      put('young');
      expect(await paths(source)).toContain('young');
    } finally {
      clock.mockRestore();
    }
  });

  test('is read again only where something is told', async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    let looks = 0;
    const now = () => {
      looks += 1;
      return Date.now();
    };
    const { watcher, tell } = createTold();
    const source = createContextSource({ watcher, now });
    await read(source);
    const all = looks;
    expect(all).toBeGreaterThan(9);
    await read(source);
    expect(looks).toBe(all);
    utimesSync(join(root, 'a/f'), 1, 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    tell(join(root, 'a/f'));
    await read(source);
    // The file and its folder.
    expect(looks).toBe(all + 2);
  });

  test('shows what no watcher tells: a write through a name outside, a mode, another folder', async () => {
    const source = createContextSource({ watcher: createTold().watcher, now: Date.now });
    linkSync(join(root, 'a/f'), join(home, 'outside'));
    await read(source);
    writeFileSync(join(home, 'outside'), 'longer than it was');
    expect((await read(source)).find(({ path }) => path === 'a/f')?.size).toBe(18n);
    chmodSync(join(root, 'd'), 0o700);
    expect(await read(source)).toEqual(await readAnew());
    renameSync(root, join(home, 'old'));
    mkdirSync(root);
    put('a/f', 'new/x');
    expect(await paths(source)).toEqual(['a', 'a/f', 'new', 'new/x']);
  });

  test('tells another time of a file that was written and has the size and time that it had', async () => {
    const source = createContextSource({ watcher: createTold().watcher, now: Date.now });
    const toldTime = async () => (await read(source)).find(({ path }) => path === 'a/f')?.toldTime;
    const write = (text: string, time: number) => {
      writeFileSync(join(root, 'a/f'), text);
      utimesSync(join(root, 'a/f'), time, time);
    };
    write('one', 1_000);
    expect(await toldTime()).toBeUndefined();
    write('two', 1_000);
    const later = 1_000n * 1_000_000_000n + 1n;
    expect([await toldTime(), await toldTime()]).toEqual([later, later]);
    write('other', 1_000);
    expect(await toldTime()).toBeUndefined();
    write('and', 2_000);
    expect(await toldTime()).toBeUndefined();
    // A build may have been cancelled in between: the engine may still have any of them.
    write('333', 1_000);
    expect(await toldTime()).toBe(later + 1n);
    utimesSync(join(root, 'a/f'), 1_000.9999, 1_000.9999);
    const { mtimeNs } = lstatSync(join(root, 'a/f'), { bigint: true });
    expect(await toldTime()).toBeUndefined();
    chmodSync(join(root, 'a/f'), 0o600);
    expect(await toldTime()).toBe(mtimeNs + 1n);
  });

  test('opens what could not be opened before', async () => {
    const selection = { excludePatterns: ['d', '!d/e'] };
    const source = createContextSource({ watcher: createTold().watcher, now: Date.now });
    chmodSync(home, 0o755);
    chmodSync(join(root, 'd'), 0);
    expect(await asNobody(() => paths(source, selection))).not.toContain('d/e');
    chmodSync(join(root, 'd'), 0o755);
    expect(await paths(source, selection)).toContain('d/e');
    chmodSync(join(root, 'a'), 0);
    await expect(asNobody(() => paths(source))).rejects.toThrow('a in the build context cannot be read');
    chmodSync(join(root, 'a'), 0o755);
    expect(await read(source)).toEqual(await readAnew());
  });

  test('waits for the end of a tick of the clock for files', async () => {
    const source = createContextSource({ watcher: createTold().watcher, now: Date.now });
    await read(source);
    const again: number[] = [];
    for (const path of ['a/f', 'a/g', 'a/h']) {
      const began = Date.now();
      put(path);
      await read(source);
      // Time in files may be a tick of at most 10 ms behind.
      expect(Date.now() - began).toBeGreaterThanOrEqual(10);
      const at = Date.now();
      await read(source);
      again.push(Date.now() - at);
    }
    // Not all of them, or a busy machine would be taken for a wait.
    expect(Math.min(...again)).toBeLessThan(10);
  });

  const once = () => createContextSource({ now: Date.now });
  test.each([
    ['kept', () => createContextSource({ watcher: createTold().watcher, now: Date.now })],
    ['read once', once],
    [
      'read ahead once',
      (): ContextSource => ({
        entries: (folder, selection, asked) =>
          once().ahead(folder, [], new AbortController().signal).entries(folder, selection, asked),
      }),
    ],
  ])(
    'is one moment’s, %s: two files that change one after the other are never seen the wrong way round',
    {
      timeout: 20_000,
    },
    async (_how, open) => {
      const source = open();
      for (let n = 0; n < 600; n += 1) put(`many/${n % 30}/${n}`);
      await read(source);
      let step = 0;
      let isOver = false;
      let reading = Promise.resolve<unknown>(undefined);
      // In bursts, whenever the reader pauses. After each it is given the rest that it waits for, however slow it is.
      const writing = (async () => {
        while (!isOver) {
          step += 1;
          writeFileSync(join(root, 'x.log'), 'x'.repeat(step));
          writeFileSync(join(root, 'a/b/c'), 'x'.repeat(step));
          await new Promise((resolve) => setTimeout(resolve, 1));
          if (step % 8 === 0) await reading;
        }
      })();
      let changedMeanwhile = 0;
      while (step < 50) {
        const before = step;
        const asked = read(source);
        reading = asked.catch(() => {});
        const entries = await asked;
        const size = (name: string) => Number(entries.find(({ path }) => path === name)?.size);
        if (before > 0) expect(size('x.log')).toBe(size('a/b/c'));
        if (before > 0) expect(size('x.log')).toBeGreaterThanOrEqual(before);
        if (step > before) changedMeanwhile += 1;
        // Whatever the reading does not wait for, the writing has its turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
      isOver = true;
      await writing;
      expect(changedMeanwhile).toBeGreaterThan(3);
    },
  );

  test('is given up when the folder is, and when nobody builds it, and for others', async () => {
    const told = createTold();
    const source = createContextSource({ watcher: told.watcher, now: Date.now, idleMs: 50 });
    await read(source);
    expect(told.folders()).toEqual([root]);
    await vi.waitFor(() => expect(told.folders()).toEqual([]));
    const many = createContextSource({ watcher: told.watcher, now: Date.now });
    for (let n = 0; n < 9; n += 1) {
      mkdirSync(join(home, `other-${n}`));
      await many.entries(join(home, `other-${n}`), {}, asking);
    }
    expect(told.folders().map((folder) => folder.slice(-1))).toEqual([...'12345678']);
    const again = createContextSource({ watcher: told.watcher, now: Date.now });
    await read(again);
    rmSync(root, { recursive: true });
    told.doubt();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(told.folders()).not.toContain(root);
  });

  test('is read each time where it cannot be watched, which is said once', async () => {
    const notes: string[] = [];
    const { watcher } = createTold('the system gives no more watches (ENOSPC)');
    let looks = 0;
    const now = () => {
      looks += 1;
      return Date.now();
    };
    const source = createContextSource({ watcher, now });
    for (let n = 0; n < 3; n += 1) {
      put(`new/${n}`);
      looks = 0;
      const onNote = (text: string) => notes.push(text);
      const entries = entriesIn(await source.entries(root, {}, { ...asking, onNote }));
      expect(entries).toEqual(await readAnew());
      expect(looks).toBeGreaterThan(entries.length);
    }
    expect(notes).toEqual([
      'note: each build reads the whole context, because it cannot be watched: the system gives no more watches (ENOSPC); raise fs.inotify.max_user_watches',
    ]);
  });

  test('is not kept where one build is all that is expected', async () => {
    const told = createTold();
    const source = createContextSource({ watcher: told.watcher, now: Date.now, expectsMore: () => false });
    await read(source);
    await createContextSource({ watcher: told.watcher, now: Date.now }).entries(
      root,
      {},
      { ...asking, mayKeep: false },
    );
    expect(told.folders()).toEqual([]);
  });

  test('ends its reading when nobody waits for it any more', async () => {
    const abort = new AbortController();
    const source = createContextSource({ now: Date.now });
    const reading = source.entries(root, {}, { ...asking, signal: abort.signal });
    abort.abort(new Error('gone'));
    await expect(reading).rejects.toThrow('gone');
  });
});

/** As somebody whom modes keep out. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

test('an index tells when it has another shape', () => {
  const index = createContextIndex(root, Date.now);
  const everything = (folder = ''): void => {
    for (const name of index.files.names(folder) ?? []) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (index.files.entry(path)?.kind === 'folder') everything(path);
    }
  };
  everything();
  const changes: readonly (readonly [isOther: boolean, path: string, change: () => void])[] = [
    [false, 'a/f', () => writeFileSync(join(root, 'a/f'), 'other bytes')],
    [false, 'a', () => chmodSync(join(root, 'a'), 0o700)],
    [true, 'a', () => put('a/new')],
    [true, 'd', () => rmSync(join(root, 'd/e'))],
    [true, 'x.log', () => rmSync(join(root, 'x.log'))],
    [true, 'x.log', () => symlinkSync('a', join(root, 'x.log'))],
    [true, 'x.log', () => renameSync(join(root, 'a/f'), join(root, 'x.log'))],
  ];
  for (const [isOther, path, change] of changes) {
    const before = index.shape();
    change();
    index.doubt(path, true);
    [...index.renew()];
    expect(index.shape() !== before, `${path} of ${readdirSync(root)}`).toBe(isOther);
  }
});

describe('a context that is read ahead', () => {
  const excludePatterns = ['node_modules', '*.log'];
  const never = new AbortController().signal;
  /** What of the disk was looked at since. */
  const countingNow = () => {
    let looks = 0;
    return {
      now() {
        looks += 1;
        return Date.now();
      },
      looks: () => looks,
    };
  };
  const kinds = [
    { name: 'kept', make: (watcher: FolderWatcher) => createContextSource({ watcher, now: Date.now }) },
    { name: 'read once', make: () => createContextSource({ now: Date.now }) },
  ];

  test.each(kinds)('$name: as it is when nothing changes', async ({ make }) => {
    const source = make(createTold().watcher);
    await read(source, { excludePatterns });
    const ahead = source.ahead(root, excludePatterns, never);
    expect(await paths(ahead, { followPaths: ['.dockerignore'] })).toEqual([]);
    expect(await read(ahead, { excludePatterns })).toEqual(await readAnew({ excludePatterns }));
  });

  // By a clock that is behind, everything has changed since: else what is read once is as it was when that began.
  const behind = { name: 'read once', make: () => createContextSource({ now: () => Date.now() - 1_000 }) };
  test.each([...kinds.slice(0, 1), behind])(
    '$name: with what was told to change since, and what others ask for',
    async ({ make }) => {
      const { watcher, tell } = createTold();
      const source = make(watcher);
      await read(source, { excludePatterns });
      const ahead = source.ahead(root, excludePatterns, never);
      await new Promise((resolve) => setTimeout(resolve, 30));
      put('a/new');
      writeFileSync(join(root, 'a/f'), 'longer than it was');
      tell(join(root, 'a/new'), join(root, 'a/f'));
      expect(await read(ahead, { excludePatterns })).toEqual(await readAnew({ excludePatterns }));
      expect(await read(ahead)).toEqual(await readAnew());
    },
  );

  test('a later question of the same build is answered as of later, though nothing was told', async () => {
    const source = createContextSource({ watcher: createTold().watcher, now: Date.now });
    await read(source);
    const ahead = source.ahead(root, [], never);
    await read(ahead);
    put('a/new');
    expect(await paths(ahead)).toContain('a/new');
  });

  test('read once: as it was when that began, while the clock goes on as it did; else as it is now', async () => {
    for (const setBackBy of [0, 3_600_000]) {
      writeFileSync(join(root, 'a/f'), 'before');
      let setBack = 0;
      const source = createContextSource({ now: () => Date.now() - setBack });
      // Else it might have changed in the moment in which that begins.
      await new Promise((resolve) => setTimeout(resolve, 30));
      const ahead = source.ahead(root, [], never);
      await new Promise((resolve) => setTimeout(resolve, 30));
      writeFileSync(join(root, 'a/f'), 'after that');
      setBack = setBackBy;
      const file = (await read(ahead)).find(({ path }) => path === 'a/f');
      expect(Number(file?.size)).toBe((setBackBy === 0 ? 'before' : 'after that').length);
    }
  });

  test('read once: of two who ask at a time, each is answered as of one moment', async () => {
    const real = performance.now.bind(performance);
    let pauses = 0;
    // Both pause at each step, and a step later two files change one after the other.
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      pauses += 1;
      if (pauses === changeAt)
        for (const name of ['x.log', 'a/b/c']) writeFileSync(join(root, name), 'changed');
      return real() + 10 * pauses;
    });
    let changeAt = 0;
    try {
      for (changeAt = 1; changeAt < 80; changeAt += 1) {
        for (const name of ['x.log', 'a/b/c']) writeFileSync(join(root, name), '');
        pauses = 0;
        const ahead = createContextSource({ now: () => Date.now() + 60_000 }).ahead(root, [], never);
        const first = read(ahead);
        await read(ahead, { excludePatterns: ['x.log'] });
        const sizes = (await first).filter(({ path }) => ['x.log', 'a/b/c'].includes(path));
        expect(new Set(sizes.map(({ size }) => size)).size, `at step ${changeAt}`).toBe(1);
      }
    } finally {
      clock.mockRestore();
    }
  });

  test('read once: what has come and gone since is seen in its folder', async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    const source = createContextSource({ now: Date.now });
    const ahead = source.ahead(root, [], never);
    await new Promise((resolve) => setTimeout(resolve, 30));
    rmSync(join(root, 'a/f'));
    put('d/new');
    const found = await paths(ahead);
    expect([found.includes('a/f'), found.includes('d/new')]).toEqual([false, true]);
  });

  test('what the last build asked for is ready when the next one asks', async () => {
    const { now, looks } = countingNow();
    const source = createContextSource({ watcher: createTold().watcher, now });
    await read(source, { excludePatterns });
    // Of the Dockerfile alone, by a build of the same folder.
    await source.entries(root, { followPaths: ['a/f'] }, { ...asking, mayKeep: false });
    const ahead = source.ahead(root, [], never);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const before = looks();
    rmSync(root, { recursive: true });
    // Nobody looked: it was told to nobody.
    expect((await read(ahead, { excludePatterns })).map(({ path }) => path)).toContain('a/b/c');
    expect(looks()).toBe(before);
  });

  test('what cannot be read is said when it is asked for', async () => {
    const source = createContextSource({ now: Date.now });
    chmodSync(home, 0o755);
    chmodSync(join(root, 'd'), 0);
    const begun = await asNobody(async () => source.ahead(root, [], never));
    await expect(asNobody(() => paths(begun))).rejects.toThrow('d in the build context cannot be read');
    expect(await paths(source.ahead(root, ['d'], never), { excludePatterns: ['d'] })).not.toContain('d/e');
    chmodSync(join(root, 'd'), 0o755);
  });
});
