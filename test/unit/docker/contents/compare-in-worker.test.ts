import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageContents } from '#main/core/ports.ts';
import { createImageContents } from '#main/docker/contents/image-contents.ts';
import { type FakeEngine, saved, startFakeEngine } from './fake-engine.ts';
import { after, base, before, left, right } from './sample-images.ts';

let folder: string;
let engine: FakeEngine;
let contents: ImageContents;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-worker-'));
  engine = await startFakeEngine(join(folder, 's'), (answer) => answer.end(saved(base, before, after)));
  contents = open();
});

afterEach(async () => {
  contents.dispose();
  engine.stop();
  await rm(folder, { recursive: true, force: true });
});

const setup = () => ({
  env: { DOCKER_HOST: `unix://${join(folder, 's')}` },
  homeFolder: '/nonexistent',
  cacheFolder: join(folder, 'cache'),
});
const open = (idleMs = 60_000) => createImageContents({ ...setup(), idleMs });

describe('a comparison in another thread', () => {
  test('asks the engine for what is needed, once', async () => {
    let names: readonly string[] = [];
    engine.save = (answer, asked) => {
      names = asked;
      answer.end(saved(base, before, after));
    };
    const diff = await contents.compare(left, right);
    expect(names).toEqual([left.identity.imageId, right.identity.imageId]);
    expect(diff.files).toMatchObject({ added: { files: 0 }, changed: { files: 2, before: 9, after: 10 } });
    expect(diff.layers.added).toMatchObject([{ createdBy: 'COPY main /app' }]);
    const count = engine.asked.length;
    expect(await contents.compare(left, right)).toEqual(diff);
    expect(await open().compare(left, right)).toEqual(diff);
    expect(engine.asked).toHaveLength(count);
    expect((await readdir(join(folder, 'cache', 'layers'))).length).toBe(3);
  });

  test('with known layers asks only for what they are called', async () => {
    await contents.compare(left, right);
    engine.asked.length = 0;
    const diff = await contents.compare(right, left);
    expect(engine.asked.filter((path) => path === '/images/get')).toEqual([]);
    expect(diff.files.changed).toMatchObject({ before: 10, after: 9 });
  });

  test('several at once read each layer once', async () => {
    const diffs = await Promise.all([contents.compare(left, right), contents.compare(left, right)]);
    expect(diffs[0]).toEqual(diffs[1]);
    expect(engine.asked.filter((path) => path === '/images/get')).toHaveLength(1);
  });

  test('a process that has nothing else to do waits for the answer, and then ends', async () => {
    engine.save = (answer) => void setTimeout(() => answer.end(saved(base, before, after)), 500);
    const script = `
      import { createImageContents } from '#main/docker/contents/image-contents.ts';
      const contents = createImageContents(${JSON.stringify(setup())});
      await contents.compare(undefined, ${JSON.stringify(left)});
      await contents.compare(${JSON.stringify(left)}, ${JSON.stringify(right)});
      console.log('compared');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += String(chunk);
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    const [code] = await once(child, 'close');
    clearTimeout(timer);
    expect([code, said]).toEqual([0, 'compared\n']);
  }, 15_000);

  test('a question that comes while the thread is going has one of its own', async () => {
    const brief = open(0);
    await brief.compare(left, right);
    // The idle time is over, and the thread takes longer than this to end.
    await new Promise((done) => setTimeout(done, 2));
    expect(await brief.compare(right, left)).toMatchObject({ same: false });
    brief.dispose();
  });

  test('the thread goes after a while, and comes again', async () => {
    const brief = open(20);
    await brief.compare(left, right);
    await new Promise((done) => setTimeout(done, 300));
    expect(await brief.compare(right, left)).toMatchObject({ same: false });
    brief.dispose();
  });
});

describe('an abort', () => {
  test('ends the engine’s part of it, and leaves the thread usable', async () => {
    const begun = Promise.withResolvers<ServerResponse>();
    engine.save = (answer) => {
      // The head and half of a layer, and then nothing.
      answer.write(saved(base, before, after).subarray(0, 700));
      begun.resolve(answer);
    };
    const controller = new AbortController();
    const compared = contents.compare(left, right, { signal: controller.signal });
    const answer = await begun.promise;
    const closed = once(answer, 'close');
    controller.abort(new Error('never mind'));
    await expect(compared).rejects.toThrow('never mind');
    await closed;
    expect(answer.writableFinished).toBe(false);
    engine.save = (again) => again.end(saved(base, before, after));
    expect((await contents.compare(left, right)).files.changed.files).toBe(2);
  });

  test('before the beginning starts nothing', async () => {
    await expect(
      contents.compare(left, right, { signal: AbortSignal.abort(new Error('no')) }),
    ).rejects.toThrow('no');
    expect(engine.asked).toEqual([]);
  });

  test('of one leaves another that waits for it', async () => {
    const begun = Promise.withResolvers<void>();
    engine.save = (answer) => {
      engine.save = (again) => again.end(saved(base, before, after));
      answer.write(Buffer.alloc(10));
      begun.resolve();
    };
    const controller = new AbortController();
    const first = contents.compare(left, right, { signal: controller.signal });
    await begun.promise;
    const second = contents.compare(right, left);
    controller.abort(new Error('never mind'));
    await expect(first).rejects.toThrow('never mind');
    expect((await second).files.changed.files).toBe(2);
  });

  test('dispose ends what goes on', async () => {
    const begun = Promise.withResolvers<void>();
    engine.save = () => begun.resolve();
    const compared = contents.compare(left, right);
    await begun.promise;
    contents.dispose();
    await expect(compared).rejects.toThrow('has ended');
    await expect(contents.compare(left, right)).rejects.toThrow('after the end');
  });
});

describe('failures keep their code on the way out of the thread', () => {
  test('an image that is gone', async () => {
    engine.save = (answer) => answer.writeHead(404).end('{"message": "no such image"}');
    await expect(contents.compare(left, right)).rejects.toMatchObject({
      code: 'image-gone',
      message: expect.stringContaining('111111111111 or 222222222222'),
      hint: expect.any(String),
    });
  });

  test('an engine that is gone', async () => {
    engine.stop();
    await expect(contents.compare(left, right)).rejects.toMatchObject({ code: 'engine-unreachable' });
  });

  test('an engine that goes in the middle', async () => {
    engine.save = (answer) => {
      answer.write(saved(base, before, after).subarray(0, 700));
      setTimeout(() => answer.destroy(), 50);
    };
    await expect(contents.compare(left, right)).rejects.toMatchObject({ code: 'engine-unreachable' });
  });

  test('an engine that says no', async () => {
    engine.save = (answer) => answer.writeHead(500).end('{"message": "no space left on device"}');
    await expect(contents.compare(left, right)).rejects.toMatchObject({
      code: 'engine-refused',
      message: 'no space left on device.',
    });
  });

  test.each([
    ['half an archive', () => saved(base, before, after).subarray(0, 3_000)],
    ['an archive without a layer', () => saved(base, before)],
    ['no archive', () => Buffer.from('x'.repeat(1_000))],
  ])('%s', async (_, archive) => {
    engine.save = (answer) => answer.end(archive());
    await expect(contents.compare(left, right)).rejects.toMatchObject({ code: 'engine-refused' });
  });
});
