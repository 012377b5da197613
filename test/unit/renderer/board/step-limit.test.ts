import { expect, test } from 'vitest';
import { limitWords } from '#renderer/features/board/step-limit.ts';
import { foldRun } from '#shared/domain/run-reducer.ts';
import { promotionEvents } from '#test/fakes/renderer/chatbot.ts';

const view = foldRun(promotionEvents) ?? expect.unreachable('the fixture changed');
const second = 1_000;
const minute = 60 * second;

const words = (limitMs: number, leftMs: number, isRollback = false, of = view) =>
  limitWords(of, { startedAt: 0, deadlineAt: limitMs, isRollback }, limitMs - leftMs);

test('a limit that is far is not said: it would read like an estimate', () => {
  expect(words(30 * minute, 29 * minute)).toBeUndefined();
  expect(words(30 * minute, 61 * second)).toBeUndefined();
  expect(words(38 * second, 30 * second), 'of a short step').toBeUndefined();
});

test('a limit that is near is said to be one, with what follows it', () => {
  expect(words(30 * minute, 40 * second)).toBe('stops in 0:40 at the latest, then it rolls back');
  expect(words(38 * second, 7 * second)).toBe('stops in 0:07 at the latest, then it rolls back');
  expect(words(38 * second, 7 * second, true), 'going back').toBe('stops in 0:07 at the latest');
});

test('nothing rolls back where nothing has changed yet', () => {
  const unchanged = view.steps.map((step) => ({ ...step, changes: false }));
  expect(words(2 * minute, second, false, { ...view, steps: unchanged })).toBe('stops in 0:01 at the latest');
});

test('a step without a limit says none', () => {
  expect(limitWords(view, { startedAt: 0, isRollback: false }, 0)).toBeUndefined();
});
