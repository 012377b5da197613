import { expect, test } from 'vitest';
import { compareRows } from '#test/bench/compare-rows.ts';
import { testEngine } from '#test/engine/for-tests.ts';

test('a large image is read in another thread: the calling one goes on', async () => {
  const { diff, figures, measured } = await compareRows(testEngine(), {
    rounds: 1,
    megabytes: { changed: 5, shared: 60 },
  });
  expect(diff.files.changed).toEqual({ files: 250, before: 5_000_000, after: 5_000_000 });
  expect(diff.layersNotRead).toBe(0);
  expect(measured.map(({ times }) => times.length)).toEqual([1, 1, 1, 1]);
  const [first, again, delay] = figures.map(({ value }) => value);
  expect(again).toBeLessThan(first ?? 0);
  // A machine that does other things besides holds up every thread; reading in this one would take all of the time.
  expect(delay).toBeLessThan(60);
});
