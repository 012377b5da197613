import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FolderChange, FolderWatch } from '#main/core/ports.ts';
import { createFolderWatcher } from '#main/host/watch-folder.ts';

let home: string;
let root: string;
let told: FolderChange[];
let watch: FolderWatch | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gantry-watch-test-'));
  root = join(home, 'watched');
  told = [];
  put('a/sub/f', 'ab', 'b/f', '.git/index');
});
afterEach(async () => {
  await watch?.close();
  watch = undefined;
  rmSync(home, { recursive: true, force: true });
});

const at = (path: string) => join(root, path);

function put(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), path);
  }
}

async function begin(): Promise<FolderWatch> {
  watch = await createFolderWatcher().watch(root, (change) => told.push(change));
  return watch;
}

/** Paths below the folder, and doubts. */
const told_ = () =>
  told.flatMap((change) =>
    change.kind === 'doubt' ? ['doubt'] : change.paths.map((path) => path.slice(root.length + 1)),
  );

/** What is told of a change that was made before anybody asked whether all is told; in two moments it is told twice. */
async function toldOf(change: () => void): Promise<readonly string[]> {
  told = [];
  change();
  await watch?.settled();
  for (const one of told) if (one.kind !== 'doubt') expect(one.paths).toEqual([...new Set(one.paths)]);
  return [...new Set(told_())];
}

describe.runIf(process.platform === 'linux')('once it has settled, all is told', () => {
  const changes: readonly (readonly [string, () => void, readonly string[]])[] = [
    ['a new file', () => put('a/new'), ['a/new']],
    ['other bytes', () => writeFileSync(at('a/sub/f'), 'x'), ['a/sub/f']],
    ['more bytes', () => appendFileSync(at('a/sub/f'), 'x'), ['a/sub/f']],
    ['fewer bytes', () => truncateSync(at('a/sub/f'), 1), ['a/sub/f']],
    ['a mode', () => chmodSync(at('a/sub/f'), 0o600), ['a/sub/f']],
    ['a time', () => utimesSync(at('a/sub/f'), 1, 1), ['a/sub/f']],
    ['the mode of a folder', () => chmodSync(at('a'), 0o700), ['a']],
    ['an end', () => rmSync(at('a/sub/f')), ['a/sub/f']],
    ['a name', () => renameSync(at('ab'), at('b/ab')), ['ab', 'b/ab']],
    ['a folder with folders', () => mkdirSync(at('x/y/z'), { recursive: true }), ['x']],
    ['the end of folders', () => rmSync(at('a'), { recursive: true }), ['a']],
    ['a link', () => symlinkSync('ab', at('l')), ['l']],
  ];
  test.each(changes)('%s', async (_what, change, paths) => {
    await begin();
    expect(await toldOf(change)).toEqual(expect.arrayContaining([...paths]));
    expect(await toldOf(() => {})).toEqual([]);
  });

  test('what happens later in folders that came as a whole', async () => {
    await begin();
    mkdirSync(join(home, 'outside/in/deep'), { recursive: true });
    expect(await toldOf(() => renameSync(join(home, 'outside'), at('came')))).toContain('came');
    expect(await toldOf(() => put('came/in/deep/f'))).toEqual(['came/in/deep/f']);
    await toldOf(() => mkdirSync(at('x/y/z'), { recursive: true }));
    expect(await toldOf(() => put('x/y/z/f'))).toEqual(['x/y/z/f']);
  });

  test('what happens in folders that have another name, by that name', async () => {
    await begin();
    await toldOf(() => renameSync(at('a'), at('c')));
    expect(await toldOf(() => put('c/sub/f'))).toEqual(['c/sub/f']);
    const swap = () => {
      renameSync(at('c'), at('t'));
      renameSync(at('b'), at('c'));
      renameSync(at('t'), at('b'));
    };
    await toldOf(swap);
    expect(await toldOf(() => put('b/sub/f', 'c/f'))).toEqual(['b/sub/f', 'c/f']);
    renameSync(at('b'), join(home, 'gone'));
    await toldOf(() => {});
    expect(await toldOf(() => writeFileSync(join(home, 'gone/sub/f'), 'x'))).toEqual([]);
  });

  test('what happens in a folder that was removed and made again, at once', async () => {
    await begin();
    for (let round = 0; round < 20; round += 1) {
      rmSync(at('a'), { recursive: true });
      mkdirSync(at('a/sub'), { recursive: true });
    }
    await toldOf(() => {});
    expect(await toldOf(() => put('a/sub/f'))).toEqual(['a/sub/f']);
  });

  test('a name that is not UTF-8, as a change of its folder', async () => {
    await begin();
    const name = Buffer.concat([Buffer.from(at('a/sub/')), Buffer.from([0xff])]);
    expect(await toldOf(() => mkdirSync(name))).toEqual(['a/sub']);
    expect(await toldOf(() => writeFileSync(Buffer.concat([name, Buffer.from('/f')]), ''))).toEqual([
      'a/sub',
    ]);
  });

  test('not what happens in .git, nor behind a link', async () => {
    mkdirSync(join(home, 'elsewhere'));
    symlinkSync(join(home, 'elsewhere'), at('link'));
    await begin();
    const outside = () => {
      put('.git/index', '.git/refs/heads/main');
      writeFileSync(join(home, 'elsewhere/f'), '');
    };
    expect(await toldOf(outside)).toEqual([]);
  });

  test('what happens after a folder has opened to this user', async () => {
    chmodSync(at('a'), 0);
    await asNobody(async () => {
      await begin();
    });
    expect(await toldOf(() => chmodSync(at('a'), 0o755))).toContain('a');
    expect(await toldOf(() => put('a/sub/f'))).toEqual(['a/sub/f']);
  });

  test('that another folder has taken its place, and what happens in that', async () => {
    await begin();
    const replace = () => {
      renameSync(root, join(home, 'old'));
      mkdirSync(root);
    };
    expect(await toldOf(replace)).toContain('doubt');
    expect(await toldOf(() => writeFileSync(join(home, 'old/ab'), 'x'))).toEqual([]);
    expect(await toldOf(() => put('new/f'))).toContain('new');
    expect(await toldOf(() => rmSync(root, { recursive: true }))).toContain('doubt');
    expect(await toldOf(() => put('x/f'))).toContain('doubt');
    expect(await toldOf(() => put('x/f'))).toEqual(['x/f']);
  });
});

/** Threads of this process that start meanwhile are of a user whom modes keep out. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  chmodSync(home, 0o755);
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

type Op = {
  readonly kind: 'write' | 'make' | 'remove' | 'rename' | 'mode';
  readonly path: string;
  readonly to: string;
};

const path = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 4 })
  .map((names) => names.join('/'));
const op: fc.Arbitrary<Op> = fc.record({
  kind: fc.constantFrom('write', 'write', 'make', 'remove', 'rename', 'rename', 'mode'),
  path,
  to: path,
});

/** What cannot be done is not done. */
function carryOut({ kind, path: from, to }: Op): void {
  try {
    if (kind === 'write') writeFileSync(at(from), Math.random() < 0.5 ? 'x' : 'yy');
    else if (kind === 'make') mkdirSync(at(from), { recursive: true });
    else if (kind === 'remove') rmSync(at(from), { recursive: true });
    else if (kind === 'rename') renameSync(at(from), at(to));
    else chmodSync(at(from), lstatSync(at(from)).mode ^ 0o011);
  } catch {}
}

/** Every file and folder with what shows that it has changed. */
function picture(folder = '', seen = new Map<string, string>()): ReadonlyMap<string, string> {
  for (const name of readdirSync(at(folder))) {
    const below = folder === '' ? name : `${folder}/${name}`;
    const facts = lstatSync(at(below), { bigint: true });
    seen.set(
      below,
      facts.isDirectory() ? `folder ${facts.ino} ${facts.mode}` : `${facts.ino} ${facts.ctimeNs}`,
    );
    if (facts.isDirectory()) picture(below, seen);
  }
  return seen;
}

test.runIf(process.platform === 'linux')('generated changes are all told', { timeout: 60_000 }, async () => {
  let differences = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(op, { minLength: 1, maxLength: 25 }), { maxLength: 6 }),
      async (rounds) => {
        rmSync(root, { recursive: true, force: true });
        mkdirSync(at('a/b/c/d'), { recursive: true });
        const open = await begin();
        for (const ops of rounds) {
          const before = picture();
          const paths = await toldOf(() => ops.forEach(carryOut));
          const after = picture();
          if (paths.includes('doubt')) throw new Error('nothing was lost');
          const isTold = (one: string) => paths.some((each) => one === each || one.startsWith(`${each}/`));
          for (const one of new Set([...before.keys(), ...after.keys()])) {
            if (before.get(one) === after.get(one)) continue;
            differences += 1;
            if (!isTold(one)) throw new Error(`${one} of ${JSON.stringify(ops)}`);
          }
        }
        await open.close();
      },
    ),
    { numRuns: 60 },
  );
  expect(differences).toBeGreaterThan(200);
});

/** A process that watches, and can be stopped as a whole. */
function startWatching(...wrap: readonly string[]) {
  const script = fileURLToPath(new URL('./watching-process.ts', import.meta.url));
  const [program = '', ...argv] = [...wrap, process.execPath, script, root];
  const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** All that is told up to one of a kind. */
  async function until(kind: string): Promise<readonly string[]> {
    const all: string[] = [];
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`the process ended before it said ${kind}: ${all.join('; ')}`);
      all.push(value);
      if (JSON.parse(value).kind === kind) return all;
    }
  }
  return {
    child,
    until,
    settle(): Promise<readonly string[]> {
      child.stdin.write('settle\n');
      return until('settled');
    },
    async end(): Promise<number | null> {
      child.stdin.end('leave\n');
      const [code] = await exited;
      return code;
    },
  };
}

const doubts = (lines: readonly string[]) => lines.filter((line) => JSON.parse(line).kind === 'doubt').join();

describe.runIf(process.platform === 'linux')('a process that watches', () => {
  test('doubts when more happened than the system remembers, and is whole again', async () => {
    const watching = startWatching();
    await watching.until('watching');
    watching.child.kill('SIGSTOP');
    // 16,384 events fit by default; each file is two. The folder comes when nobody is told any more.
    for (let n = 0; n < 20_000; n += 1) writeFileSync(at(`a/f${n}`), 'x');
    mkdirSync(at('late/later'), { recursive: true });
    watching.child.kill('SIGCONT');
    expect(doubts(await watching.settle())).toMatch('more changed at once than the system remembers');
    put('late/later/f');
    expect((await watching.settle()).join()).toContain('late/later/f');
    expect(await watching.end()).toBe(0);
  });

  test('doubts when the machine was away', async () => {
    const watching = startWatching();
    await watching.until('watching');
    watching.child.kill('SIGSTOP');
    await delay(4_000);
    watching.child.kill('SIGCONT');
    expect(doubts(await watching.until('doubt'))).toMatch(/this machine was away for [2-9] s/);
    await watching.end();
  });

  test('says that the system gives no more watches: at once, or when folders come', async (t) => {
    const withWatches = (count: number) =>
      startWatching(
        ...['unshare', '--user', '--map-root-user', 'sh', '-c'],
        `echo ${count} > /proc/sys/user/max_inotify_watches && exec "$0" "$@"`,
      );
    const few = withWatches(3);
    const [first = ''] = await few.until('refused').catch((error: Error) => [error.message]);
    if (first.includes('ended before')) t.skip('no user namespaces here');
    expect(first).toContain('the system gives no more watches (ENOSPC)');
    const enough = withWatches(7);
    await enough.until('watching');
    put('x/1/f', 'x/2/f', 'x/3/f', 'x/4/f', 'x/5/f');
    enough.child.stdin.write('settle\n');
    const lines = await enough.until('ended');
    expect(doubts(lines)).toContain('ENOSPC');
    await enough.end();
    await few.end();
  });
});

describe('a watch', () => {
  test('is refused where there is no folder', async () => {
    const { watch: open } = createFolderWatcher();
    await expect(open(join(home, 'nowhere'), () => {})).rejects.toThrow('ENOENT');
    await expect(open(at('ab'), () => {})).rejects.toThrow('ENOTDIR');
  });

  test('tells nothing any more once it is closed, and the others do', async () => {
    const watcher = createFolderWatcher();
    const other: FolderChange[] = [];
    const one = await watcher.watch(root, (change) => told.push(change));
    const two = await watcher.watch(at('a'), (change) => other.push(change));
    await one.close();
    put('a/new');
    await two.settled();
    expect(told).toEqual([]);
    expect(other).toEqual([{ kind: 'paths', paths: [at('a/new')] }]);
    await two.close();
    // The thread has ended with the last; there is another for the next.
    const three = await watcher.watch(root, (change) => told.push(change));
    put('b/new');
    await three.settled();
    expect(told).toEqual([{ kind: 'paths', paths: [at('b/new')] }]);
    await three.close();
  });
});
