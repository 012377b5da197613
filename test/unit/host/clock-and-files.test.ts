import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createClock } from '#main/host/clock.ts';
import { createFiles } from '#main/host/files.ts';

describe('the clock', () => {
  const clock = createClock();

  test('sleeps no less than it was asked to', async () => {
    const began = performance.now();
    await clock.sleep(30);
    expect(performance.now() - began).toBeGreaterThanOrEqual(30);
  });

  test('an abort ends the sleep at once, with its reason', async () => {
    const abort = new AbortController();
    const began = performance.now();
    const sleep = clock.sleep(60_000, abort.signal);
    abort.abort(new Error('wake up'));
    await expect(sleep).rejects.toThrow('wake up');
    await expect(clock.sleep(60_000, abort.signal)).rejects.toThrow('wake up');
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('a sleep longer than a timer can be does not end at once', async () => {
    const abort = new AbortController();
    const woke = vi.fn();
    const sleep = clock.sleep(2 ** 31 + 5, abort.signal).then(woke, woke);
    await clock.sleep(20);
    expect(woke).not.toHaveBeenCalled();
    abort.abort(new Error('enough'));
    await sleep;
  });
});

describe('files', () => {
  const files = createFiles();
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-files-'));
    await writeFile(join(folder, 'there'), 'text €');
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a file that is there', async () => {
    expect(await files.readText(join(folder, 'there'))).toBe('text €');
    expect(await files.exists(join(folder, 'there'))).toBe(true);
  });

  test.each(['missing', 'there/below-a-file'])('%s', async (name) => {
    expect(await files.readText(join(folder, name))).toBeUndefined();
    expect(await files.exists(join(folder, name))).toBe(false);
  });

  test('what cannot be read is an error, not an absence', async () => {
    await expect(files.readText(folder)).rejects.toMatchObject({ code: 'EISDIR' });
  });
});
