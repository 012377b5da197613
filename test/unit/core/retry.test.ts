import { expect, test } from 'vitest';
import { waitBeforeRetry } from '#main/core/retry.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';

const step: PlannedStep = {
  id: 'one',
  title: 'One',
  detail: '',
  action: null,
  repeatable: true,
  changes: false,
  timeoutMs: 1,
  tries: 100,
};
const wait = (attempt: number, random: number, more: Partial<PlannedStep> = {}) =>
  waitBeforeRetry({ ...step, ...more }, { outcome: 'errored', detail: 'gone' }, attempt, {
    firstMs: 1_000,
    random: () => random,
  });

test.each([
  [1, 500, 1_000],
  [2, 1_000, 2_000],
  [4, 4_000, 8_000],
  [6, 15_000, 30_000],
  [50, 15_000, 30_000],
])(
  'after try %i it waits from %i to %i ms, so that those who failed together do not come together',
  (attempt, from, to) => {
    expect(wait(attempt, 0)).toBe(from);
    expect(wait(attempt, 0.5)).toBe((from + to) / 2);
    expect(wait(attempt, 1)).toBe(to);
  },
);

test('what must not be repeated has no next try, nor has the last one', () => {
  expect(wait(1, 0, { repeatable: false })).toBeUndefined();
  expect([wait(2, 0, { tries: 3 }), wait(3, 0, { tries: 3 })]).toEqual([1_000, undefined]);
});
