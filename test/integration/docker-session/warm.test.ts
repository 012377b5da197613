import { execFile } from 'node:child_process';
import { appendFileSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FolderWatcher } from '#main/core/ports.ts';
import { createEngine } from '#main/docker/engine.ts';
import { createFolderWatcher } from '#main/host/watch-folder.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { testEngine } from '#test/engine/for-tests.ts';
import { startStorm } from '#test/property/storm.ts';
import { findStep } from '#test/property/storm-steps.ts';
import { playWarm } from '#test/property/warm-campaign.ts';
import { build, look, request, unique } from '../docker/fixture.ts';

const shared = testEngine();
const env = { ...process.env, ...shared.env };
const run = promisify(execFile);
const watcher = createFolderWatcher();
const engine = engineWith(watcher);
const tags = new Set<string>();

let home: string;
let folder: string;

function engineWith(by: FolderWatcher) {
  return createEngine({ env, homeFolder: '/nonexistent', watcher: by });
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gantry-warm-'));
  folder = join(home, 'context');
  mkdirSync(folder);
  writeFileSync(join(folder, 'Dockerfile'), `FROM ${shared.baseImage}\nCOPY . /app\n`);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));
afterAll(async () => {
  for (const tag of tags) await engine.untag(tag);
  await watcher.dispose();
});

function freshTag(): string {
  const tag = `${unique}-warm:${tags.size}`;
  tags.add(tag);
  return tag;
}

const wanted = () => request({ folder, remove: async () => {} }, { labels: {}, tag: freshTag() });

async function imageId(by = engine): Promise<string> {
  return (await build(by, wanted())).imageId;
}

/** What buildx makes of the folder as it is now: its id is that of the same bytes, names, modes and times. */
async function buildxId(from = folder): Promise<string> {
  const argv = ['buildx', 'build', '--quiet', '--tag', freshTag(), from];
  return (await run('docker', argv, { env })).stdout.trim();
}

const at = (path: string) => join(folder, path);

function fill(count: number): void {
  for (let n = 0; n < count; n += 1) {
    mkdirSync(at(`src/${n % 40}/deep`), { recursive: true });
    writeFileSync(at(`src/${n % 40}/deep/f${n}`), `file ${n}`);
  }
}

/** Ten thousand of all kinds. */
function storm(round: number): number {
  let changes = 0;
  const tryTo = (change: () => void) => {
    try {
      change();
      changes += 1;
    } catch {}
  };
  for (let n = 0; changes < 10_000; n += 1) {
    const [from, to] = [`src/${n % 40}`, `src/${(n * 7) % 53}`];
    tryTo(() => writeFileSync(at(`${from}/deep/f${n}`), `${round} ${n}`));
    tryTo(() => appendFileSync(at(`${from}/deep/f${n}`), 'more'));
    tryTo(() => renameSync(at(`${from}/deep/f${n}`), at(`${to}/moved-${n}`)));
    if (n % 3 === 0) tryTo(() => rmSync(at(`${to}/moved-${n}`)));
    if (n % 50 === 0) tryTo(() => renameSync(at(from), at(`src/${n}-${round}`)));
    if (n % 51 === 0) tryTo(() => mkdirSync(at(`${from}/deep`), { recursive: true }));
    if (n % 400 === 0) tryTo(() => rmSync(at(`src/${(n * 3) % 40}`), { recursive: true }));
  }
  return changes;
}

describe('a context that is watched', () => {
  test('is sent as it lies on disk after ten thousand changes', { timeout: 120_000 }, async () => {
    fill(4_000);
    expect(await imageId()).toBe(await buildxId());
    for (const round of [1, 2]) {
      expect(storm(round)).toBeGreaterThanOrEqual(10_000);
      const built = await imageId();
      expect(built).toBe(await buildxId());
    }
    writeFileSync(at('src/last'), 'one more');
    const built = await imageId();
    expect(await look(engine, built, 'cat /app/src/last')).toEqual(['one more']);
    expect(built).toBe(await buildxId());
  });

  test('is one moment’s when a storm goes on while it is sent, or the build says so', {
    timeout: 180_000,
  }, async () => {
    const outcomes = { built: 0, refused: 0, meanwhile: 0 };
    const restless = 10;
    const buildNow = () => build(engine, { ...wanted(), noCache: true });
    // From one that never rests to one that rests for longer than it takes to send what has changed.
    for (const [rests, rounds] of [
      // A machine that has much to do may keep it from going on for long enough: it is over when it was refused.
      [() => restless, 6],
      [(calmMs: number) => calmMs / 3, 4],
      [(calmMs: number) => calmMs * 2, 5],
    ] as const) {
      const root = at(`storm-${rounds}`);
      // In the middle of it, so that reading all takes longer than a burst.
      mkdirSync(join(root, 'd5-quiet'), { recursive: true });
      for (let n = 0; n < 1_000; n += 1) writeFileSync(join(root, 'd5-quiet', String(n)), '');
      writeFileSync(
        at('Dockerfile'),
        `FROM ${shared.baseImage}\nCOPY storm-${rounds} /app\nRUN cd /app && find . -name 'f*' -type f -exec stat -c '%n %s' {} +\n`,
      );
      // The quiet files are with the engine before the storm begins: sending them all takes a machine as long as it takes.
      await buildNow();
      const calmSince = performance.now();
      await buildNow();
      const pauseMs = rests(performance.now() - calmSince);
      const going = await startStorm({ root, spool: join(home, 'spool'), first: 500, burst: 60, pauseMs });
      for (let round = 0; round < rounds; round += 1) {
        const from = going.done();
        const built = await buildNow().catch((error: unknown) => error);
        const to = going.begun();
        if (built instanceof GantryError) {
          expect(built.message).toMatch(
            /^(.* changed while the build context was sent|The build context did not come to rest for 5 s: .*)\.$/,
          );
          outcomes.refused += 1;
          if (pauseMs === restless) break;
          continue;
        }
        const { lines } = built as Awaited<ReturnType<typeof build>>;
        const files = lines.filter((line) => line.startsWith('./')).map((line) => line.slice(2));
        const step = findStep(files.sort().join('\n'), from, to);
        expect(step, `between ${from} and ${to}:\n${files.join('\n')}`).toBeDefined();
        outcomes.built += 1;
        if (to > from) outcomes.meanwhile += 1;
      }
      await going.end();
    }
    expect(outcomes.built).toBeGreaterThan(2);
    expect(outcomes.meanwhile).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(0);
  });

  test('is sent as it is when the folder, or one in it, was moved away and another put there', async () => {
    fill(50);
    await imageId();
    renameSync(at('src/3'), join(home, 'away'));
    mkdirSync(at('src/3'));
    writeFileSync(at('src/3/other'), 'other');
    expect(await imageId()).toBe(await buildxId());
    mkdirSync(join(home, 'next'));
    writeFileSync(join(home, 'next/Dockerfile'), `FROM ${shared.baseImage}\nCOPY . /app\n`);
    writeFileSync(join(home, 'next/file'), 'next');
    renameSync(folder, join(home, 'old'));
    renameSync(join(home, 'next'), folder);
    const built = await imageId();
    expect(await look(engine, built, 'ls /app; cat /app/file')).toEqual(['Dockerfile', 'file', 'next']);
    expect(built).toBe(await buildxId());
    writeFileSync(join(home, 'old/src/1/deep/f1'), 'not ours any more');
    writeFileSync(at('file'), 'changed');
    expect(await imageId()).toBe(await buildxId());
  });

  test('is sent as it is when the watcher loses everything, and when it dies', async () => {
    fill(50);
    const deaf: FolderWatcher = {
      watch: async () => ({ settled: async () => {}, close: async () => {} }),
    };
    const mortal = createFolderWatcher();
    for (const by of [engineWith(deaf), engineWith(mortal)]) {
      await imageId(by);
      await delay(200);
      writeFileSync(at('src/1/deep/f1'), `changed ${Math.random()}`);
      rmSync(at('src/2'), { recursive: true, force: true });
      mkdirSync(at('src/1/deep/new'), { recursive: true });
      await mortal.dispose();
      expect(await imageId(by)).toBe(await buildxId());
    }
  });

  test('is sent as it is when a file is written through a name outside of it', async () => {
    fill(50);
    linkSync(at('src/1/deep/f1'), join(home, 'outside'));
    await imageId();
    writeFileSync(join(home, 'outside'), 'no watcher tells of this');
    const built = await imageId();
    expect(await look(engine, built, 'cat /app/src/1/deep/f1')).toEqual(['no watcher tells of this']);
    expect(built).toBe(await buildxId());
  });

  // The engine keeps what it was sent, and asks for a file only when its size, time or mode is another than before. So
  // buildx misses an edit of the same length whose time was put back, and so does a first build here. Whoever has seen
  // the file before the edit knows by its ctime, and tells the engine a time that is a nanosecond later.
  test('shows what buildx misses: an edit of the same length whose time was put back', async () => {
    writeFileSync(at('a'), 'one');
    writeFileSync(at('b'), 'two');
    await imageId();
    await buildxId();
    for (const [name, text] of [
      ['a', 'ONE'],
      ['b', 'longer'],
    ] as const) {
      // To the nanosecond, which node:fs cannot.
      const like = join(home, 'like');
      await run('cp', ['-p', at(name), like]);
      writeFileSync(at(name), text);
      await run('touch', ['-r', like, at(name)]);
    }
    const read = (id: string) => look(engine, id, 'cat /app/a; echo; cat /app/b; echo');
    expect(await read(await buildxId())).toEqual(['one', 'longer']);
    expect(await read(await imageId(createEngine({ env, homeFolder: '/nonexistent' })))).toEqual([
      'one',
      'longer',
    ]);
    const built = await imageId();
    expect(await read(built)).toEqual(['ONE', 'longer']);
    // No difference remains in the image: it is that of a folder of which the engine knows nothing.
    await run('cp', ['-a', folder, join(home, 'copy')]);
    expect(await buildxId(join(home, 'copy'))).toBe(built);
  });
});

/** `npm run test:property` has a thousand. */
test('generated changes and storms', { timeout: 120_000 }, async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const { alike, consistent, refused, failed } = await playWarm(40, seed, watcher);
  expect(failed, `seed ${seed}`).toEqual([]);
  expect(alike).toBeGreaterThan(60);
  expect(consistent).toBeGreaterThan(refused);
});
