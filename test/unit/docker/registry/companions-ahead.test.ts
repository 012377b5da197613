import { expect, test } from 'vitest';
import { createCompanionsAhead } from '#main/docker/registry/companions-ahead.ts';

const companions = { referrers: [], cosignTags: ['sha256-1.sig'] };

test('what was asked ahead is for one promotion', async () => {
  const ahead = createCompanionsAhead(() => 5);
  expect(await ahead.take('app@sha256:1')).toBeUndefined();
  ahead.put('app@sha256:1', Promise.resolve(companions));
  expect(await ahead.take('app@sha256:2')).toBeUndefined();
  expect(await ahead.take('app@sha256:1')).toEqual(companions);
  expect(await ahead.take('app@sha256:1')).toBeUndefined();
});

test('and for one that comes within two seconds', async () => {
  let now = 5;
  const ahead = createCompanionsAhead(() => now);
  for (const [after, expected] of [
    [2_000, companions],
    [2_001, undefined],
  ] as const) {
    ahead.put('app@sha256:1', Promise.resolve(companions));
    now += after;
    expect(await ahead.take('app@sha256:1')).toEqual(expected);
  }
});

test('a question that failed is asked again by whoever needs the answer', async () => {
  const ahead = createCompanionsAhead(() => 5);
  ahead.put('app@sha256:1', Promise.reject(new Error('503')));
  expect(await ahead.take('app@sha256:1')).toBeUndefined();
});

test('of promotions that never come only the last hundred are kept', async () => {
  const ahead = createCompanionsAhead(() => 5);
  for (let count = 0; count <= 100; count += 1) ahead.put(`${count}`, Promise.resolve(companions));
  expect(await ahead.take('0')).toBeUndefined();
  expect(await ahead.take('1')).toEqual(companions);
});
