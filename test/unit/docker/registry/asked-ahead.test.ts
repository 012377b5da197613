import { expect, test } from 'vitest';
import { createAskedAhead } from '#main/docker/registry/asked-ahead.ts';

const forMs = 2_000;

test('what was asked ahead is for one who comes', async () => {
  const ahead = createAskedAhead<string>(forMs, () => 5);
  expect(await ahead.take('app@sha256:1')).toBeUndefined();
  ahead.put('app@sha256:1', Promise.resolve('signed'));
  expect(await ahead.take('app@sha256:2')).toBeUndefined();
  expect(await ahead.take('app@sha256:1')).toBe('signed');
  expect(await ahead.take('app@sha256:1')).toBeUndefined();
});

test('and for one who comes in time', async () => {
  let now = 5;
  const ahead = createAskedAhead<string>(forMs, () => now);
  for (const [after, expected] of [
    [forMs, 'signed'],
    [forMs + 1, undefined],
  ] as const) {
    ahead.put('app@sha256:1', Promise.resolve('signed'));
    now += after;
    expect(await ahead.take('app@sha256:1')).toBe(expected);
  }
});

test('but for none after it was taken back', async () => {
  const ahead = createAskedAhead<string>(forMs, () => 5);
  ahead.put('app@sha256:1', Promise.resolve('signed'));
  ahead.clear();
  expect(await ahead.take('app@sha256:1')).toBeUndefined();
});

test('a question that failed is asked again by whoever needs the answer', async () => {
  const ahead = createAskedAhead<string>(forMs, () => 5);
  ahead.put('app@sha256:1', Promise.reject(new Error('503')));
  expect(await ahead.take('app@sha256:1')).toBeUndefined();
});

test('of those for whom nobody comes only the last hundred are kept', async () => {
  const ahead = createAskedAhead<string>(forMs, () => 5);
  for (let count = 0; count <= 100; count += 1) ahead.put(`${count}`, Promise.resolve('signed'));
  expect(await ahead.take('0')).toBeUndefined();
  expect(await ahead.take('1')).toBe('signed');
});
