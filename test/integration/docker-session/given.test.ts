import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { chmod, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngine } from '#main/docker/engine.ts';
import { testEngine } from '#test/engine/for-tests.ts';
import {
  type Built,
  build,
  type Context,
  makeContext,
  request,
  unique,
  type Wanted,
} from '../docker/fixture.ts';

/*
 * An engine takes a session for open for 5 to 10 s after it was closed: everything is built once, and then that long is
 * waited, once.
 */
const untilFreeMs = 12_000;

const shared = testEngine();
const env = { ...process.env, ...shared.env };
const run = promisify(execFile);
const cacheFolder = mkdtempSync(join(tmpdir(), 'gantry-given-'));
const contexts: Context[] = [];
const tags: string[] = [];
/** As of another process each time: what one knows the other has from the disk. */
const anEngine = () => createEngine({ env, homeFolder: '/nonexistent', cacheFolder });

function freshTag(): string {
  const tag = `${unique}-given:${tags.length}`;
  tags.push(tag);
  return tag;
}

async function context(): Promise<Context> {
  const made = await makeContext({
    Dockerfile: `FROM ${shared.baseImage}\nCOPY . /app\n`,
    'Other.Dockerfile': `FROM ${shared.baseImage}\nCOPY a /app/\n`,
    '.dockerignore': '*.log\n',
    a: 'first',
    b: 'second',
    'noise.log': '',
  });
  contexts.push(made);
  return made;
}

const buildIt = (of: Context, wanted: Wanted = {}) =>
  build(anEngine(), request(of, { labels: {}, tag: freshTag(), ...wanted }));

/** Its id is that of the same bytes, names, modes and times. */
async function buildxId({ folder }: Context): Promise<string> {
  return (
    await run('docker', ['buildx', 'build', '--quiet', '--tag', freshTag(), folder], { env })
  ).stdout.trim();
}

const sent = ({ outputs }: Built) => outputs.filter((output) => output.kind === 'sent');
const nothing = [{ kind: 'sent', files: 0, bytes: 0, names: [], isFirst: false }];
/** Whether the engine took what it had under the id of the session. Of the context itself it does not say so. */
const isCached = ({ steps }: Built) =>
  steps.get('[internal] load build definition from Dockerfile') === 'cached';

let same: { readonly context: Context; readonly first: Built };
let rapid: Built;
let changing: Context;
let ignoring: Context;
let alternating: { readonly context: Context; readonly first: Built };

beforeAll(async () => {
  const made = await context();
  same = { context: made, first: await buildIt(made) };
  changing = await context();
  await buildIt(changing);
  ignoring = await context();
  await buildIt(ignoring);
  const several = await context();
  alternating = { context: several, first: await buildIt(several) };
  await buildIt(several, { dockerfile: 'Other.Dockerfile' });
  const again = await context();
  await buildIt(again);
  rapid = await buildIt(again);
  await pause(untilFreeMs);
}, 40_000);

afterAll(async () => {
  for (const tag of tags) await anEngine().untag(tag);
  for (const each of contexts) await each.remove();
  rmSync(cacheFolder, { recursive: true, force: true });
});

describe('a context that is as it was', () => {
  test('is not given again, and the image is the same', async () => {
    const second = await buildIt(same.context);
    expect(isCached(second)).toBe(true);
    expect(sent(second)).toEqual(nothing);
    expect(second.imageId).toBe(same.first.imageId);
    expect(second.imageId).toBe(await buildxId(same.context));
  });

  test('is compared when the engine still holds the session before', async () => {
    expect(isCached(rapid)).toBe(false);
    expect(sent(rapid)).toEqual(nothing);
  });

  test('makes the same image when another Dockerfile of the folder was built since', async () => {
    // The engine keeps one copy of a folder, unless it is in use: it may ask for the files again, or not.
    const { imageId } = await buildIt(alternating.context);
    expect(imageId).toBe(alternating.first.imageId);
  });
});

describe('a context that has changed', () => {
  test('is compared, and the image is of what is there now', async () => {
    await writeFile(join(changing.folder, 'a'), 'FIRST');
    await chmod(join(changing.folder, 'b'), 0o755);
    await unlink(join(changing.folder, '.dockerignore'));
    const second = await buildIt(changing);
    expect(isCached(second)).toBe(false);
    expect(sent(second)).toMatchObject([{ names: ['a', 'b', 'noise.log'] }]);
    expect(second.imageId).toBe(await buildxId(changing));
  });

  test('is not compared when only what is left out has changed; and is when that is no longer left out', async () => {
    await writeFile(join(ignoring.folder, 'noise.log'), 'noise');
    expect(isCached(await buildIt(ignoring))).toBe(true);
    await writeFile(join(ignoring.folder, '.dockerignore'), '');
    const third = await buildIt(ignoring);
    expect(isCached(third)).toBe(false);
    expect(third.imageId).toBe(await buildxId(ignoring));
  });
});

test('builds at the same time of the same context are two sessions', async () => {
  const [one, other] = await Promise.all([buildIt(same.context), buildIt(same.context)]);
  expect(one.imageId).toBe(same.first.imageId);
  expect(other.imageId).toBe(same.first.imageId);
});

test('what is kept is a small file for each of what is built', () => {
  expect(existsSync(cacheFolder)).toBe(true);
  expect(readdirSync(join(cacheFolder, 'given')).length).toBeLessThanOrEqual(contexts.length + 1);
});
