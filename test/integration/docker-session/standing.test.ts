import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEngine } from '#main/docker/engine.ts';
import { createFolderWatcher } from '#main/host/watch-folder.ts';
import { testEngine } from '#test/engine/for-tests.ts';
import { type Built, build, request, unique, type Wanted } from '../docker/fixture.ts';
import { type EngineProxy, startProxy } from '../docker-control/proxy.ts';

const shared = testEngine();
const run = promisify(execFile);
const home = mkdtempSync(join(tmpdir(), 'gantry-standing-'));
const folder = join(home, 'context');
const tags: string[] = [];
let watcher: ReturnType<typeof createFolderWatcher>;
let proxy: EngineProxy;
let engine: ReturnType<typeof createEngine>;

const put = (path: string, text: string) => writeFileSync(join(folder, path), text);
const dockerfile = (more = '') => `FROM ${shared.baseImage}\nCOPY src /src\nCOPY last /last\n${more}`;

beforeAll(async () => {
  if (!shared.dockerHost.startsWith('unix://')) return;
  for (let n = 0; n < 1_200; n += 1) {
    mkdirSync(join(folder, `src/${n % 20}`), { recursive: true });
    put(`src/${n % 20}/${n}`, `file ${n} of ${unique}`);
  }
  put('.dockerignore', 'no\n');
  put('no', '');
  put('last', unique);
  put('Dockerfile', dockerfile());
  watcher = createFolderWatcher();
  proxy = await startProxy(shared.dockerHost);
  const env = { ...process.env, ...shared.env, DOCKER_HOST: proxy.dockerHost };
  engine = createEngine({ env, homeFolder: '/nonexistent', watcher, staysOpen: true });
});
afterAll(async () => {
  for (const tag of tags) await engine.untag(tag);
  await watcher?.dispose();
  await proxy?.close();
  rmSync(home, { recursive: true, force: true });
});

function freshTag(): string {
  const tag = `${unique}-standing:${tags.length}`;
  tags.push(tag);
  return tag;
}

const buildIt = (wanted: Wanted = {}) =>
  build(engine, request({ folder, remove: async () => {} }, { labels: {}, tag: freshTag(), ...wanted }));

/** Of the same bytes, names, modes and times. */
async function buildxId(): Promise<string> {
  const argv = ['buildx', 'build', '--quiet', '--tag', freshTag(), folder];
  return (await run('docker', argv, { env: { ...process.env, ...shared.env } })).stdout.trim();
}

const sent = ({ outputs }: Built) => outputs.filter((output) => output.kind === 'sent');
/** It has the context by then, and was not asked for it. */
const wasThere = ({ steps }: Built) => steps.get('[internal] load build context') === 'cached';

/** Until the engine has been told of it: a session and a question, of which the session stays. */
async function told(change: () => void): Promise<void> {
  const before = proxy.openedTo('/grpc');
  change();
  await expect.poll(() => proxy.openedTo('/grpc'), { timeout: 5_000 }).toBe(before + 1);
  await quiet();
  expect(proxy.openTo('/session')).toBe(1);
}

async function quiet(): Promise<void> {
  await expect.poll(() => proxy.openTo('/grpc'), { timeout: 15_000 }).toBe(0);
}

test('an engine is told of what changes between builds, and a build finds it there', async ({ skip }) => {
  if (!shared.dockerHost.startsWith('unix://')) skip('the engine is not on a socket');
  expect(wasThere(await buildIt())).toBe(false);
  await quiet();

  await told(() => put('last', 'changed'));
  await told(() => put('src/3/3', 'changed as well'));
  const second = await buildIt();
  expect(wasThere(second)).toBe(true);
  expect(sent(second)).toMatchObject([{ files: 2, names: ['last', 'src/3/3'], isFirst: false }]);
  expect(second.imageId).toBe(await buildxId());
  await quiet();

  // Nothing has changed, and it goes on in the same session.
  const third = await buildIt();
  expect(third.steps.get('[internal] load build definition from Dockerfile')).toBe('cached');
  expect(sent(third)).toMatchObject([{ files: 0, names: [] }]);
  expect(third.imageId).toBe(second.imageId);
  expect(proxy.openTo('/session')).toBe(1);
  await quiet();
});

test('what was not told by the time of the build is in it all the same', async ({ skip }) => {
  if (!shared.dockerHost.startsWith('unix://')) skip('the engine is not on a socket');
  await told(() => put('last', 'told'));
  put('src/4/4', 'at the last moment');
  const built = await buildIt();
  expect(sent(built)).toMatchObject([{ names: ['last', 'src/4/4'] }]);
  expect(built.imageId).toBe(await buildxId());
  await quiet();
});

test.each([
  ['the Dockerfile', () => put('Dockerfile', dockerfile('RUN cat /last\n'))],
  ['what is left out', () => put('.dockerignore', 'no\nsrc/5\n')],
  [
    'both at once',
    () => {
      put('Dockerfile', dockerfile());
      put('.dockerignore', 'no\n');
    },
  ],
])('a change of %s is in the next build', async (_what, change) => {
  if (!shared.dockerHost.startsWith('unix://')) return;
  await told(() => put('last', `before ${_what}`));
  await buildIt();
  await quiet();
  change();
  const atOnce = await buildIt();
  expect(atOnce.imageId).toBe(await buildxId());
  await quiet();
  await told(() => put('last', `after ${_what}`));
  const later = await buildIt();
  expect(later.imageId).toBe(await buildxId());
  await quiet();
});

test('what is copied since a change of the Dockerfile is told, and not what was before', async ({ skip }) => {
  if (!shared.dockerHost.startsWith('unix://')) skip('the engine is not on a socket');
  mkdirSync(join(folder, 'lib'));
  for (let n = 0; n < 30; n += 1) put(`lib/${n}`, `${n}`);
  await told(() => put('last', 'before lib'));
  put('Dockerfile', dockerfile('COPY lib /lib\n'));
  // In the session that stands, in which the engine knows nothing of lib yet.
  expect(sent(await buildIt())).toMatchObject([{ files: 31 }]);
  await quiet();
  await told(() => put('last', 'after lib'));
  const built = await buildIt();
  expect(sent(built)).toMatchObject([{ files: 1, names: ['last'] }]);
  expect(built.imageId).toBe(await buildxId());
  await quiet();
  put('Dockerfile', dockerfile());
});

test('a build that comes while the engine is being told, two at a time, and one with a secret', async ({
  skip,
}) => {
  if (!shared.dockerHost.startsWith('unix://')) skip('the engine is not on a socket');
  const before = proxy.openedTo('/session');
  put('last', 'while it is told');
  await expect.poll(() => proxy.openedTo('/session'), { timeout: 5_000, interval: 5 }).toBe(before + 1);
  const both = await Promise.all([buildIt(), buildIt()]);
  const expected = await buildxId();
  expect(both.map(({ imageId }) => imageId)).toEqual([expected, expected]);
  await quiet();

  put(
    'Dockerfile',
    dockerfile('RUN --mount=type=secret,id=word,required=true test "$(cat /run/secrets/word)" = open\n'),
  );
  await told(() => put('last', 'with a secret'));
  await buildIt({ secrets: { word: Buffer.from('open') } });
  await quiet();
  await told(() => put('last', 'without'));
  await expect(buildIt()).rejects.toThrow(/word/);
  await quiet();
  put('Dockerfile', dockerfile());
});

test('the build after a cancelled one is of what is there', async ({ skip }) => {
  if (!shared.dockerHost.startsWith('unix://')) skip('the engine is not on a socket');
  put('Dockerfile', dockerfile('RUN sleep 60\n'));
  await told(() => put('last', 'cancelled'));
  const left = new AbortController();
  const cancelled = buildIt({ signal: left.signal });
  await pause(300);
  left.abort(new Error('enough'));
  await expect(cancelled).rejects.toThrow('enough');
  put('Dockerfile', dockerfile());
  const built = await buildIt();
  expect(built.imageId).toBe(await buildxId());
});
