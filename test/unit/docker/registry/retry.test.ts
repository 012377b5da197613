import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPassing, readRetryAfter, usualRetries, waitBefore } from '#main/docker/registry/retry.ts';

const now = Date.parse('2026-11-21T05:00:00Z');

describe('Retry-After', () => {
  test.each([
    ['0', 0],
    ['120', 120_000],
    [' 5 ', 5_000],
    ['Sat, 21 Nov 2026 05:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 04:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['9'.repeat(40), undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s is %s ms', (header, ms) => {
    expect(readRetryAfter(header, now)).toBe(ms);
  });
});

describe('the wait before the next attempt', () => {
  test('doubles, by half up to chance', () => {
    expect([1, 2, 3].map((attempt) => waitBefore(attempt, undefined, usualRetries, 0))).toEqual([
      125, 250, 500,
    ]);
    expect(waitBefore(1, undefined, usualRetries, 0.5)).toBe(187.5);
  });

  test('ends', () => {
    expect(waitBefore(4, undefined, usualRetries, 0)).toBeUndefined();
    expect(waitBefore(4, 0, usualRetries, 0)).toBeUndefined();
  });

  test('is as long as the registry asks, but not for ever', () => {
    expect(waitBefore(1, 3_000, usualRetries, 0)).toBe(3_000);
    expect(waitBefore(1, 30_001, usualRetries, 0)).toBeUndefined();
    expect(waitBefore(1, 0, usualRetries, 0)).toBe(125);
  });

  test('is never longer than the longest, and never shorter than asked', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.option(fc.nat(60_000)),
        chance,
        (attempt, asked, random) => {
          const policy = { ...usualRetries, attempts: 100 };
          const wait = waitBefore(attempt, asked ?? undefined, policy, random);
          if (wait === undefined) return (asked ?? 0) > policy.longestMs;
          return wait <= policy.longestMs && wait >= (asked ?? 0) && wait > 0;
        },
      ),
    );
  });
});

test.each([
  [200, false],
  [400, false],
  [401, false],
  [404, false],
  [408, true],
  [429, true],
  [500, true],
  [501, false],
  [503, true],
])('%i may pass: %s', (status, may) => {
  expect(isPassing(status)).toBe(may);
});
