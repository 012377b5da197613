import { expect, test } from 'vitest';
import { campaignVerdict, verdictPrefix, wholeVerdict } from '#test/fault/verdict.ts';

const clean = { kills: 12, events: 10, unstruck: [], violations: [] };

test('a campaign is good where there were enough kills, at every event, and nothing was wrong', () => {
  expect(campaignVerdict(clean, 12)).toEqual({ text: '12 kills, at 10 of 10 events, 0 wrong', isGood: true });
});

test.each([
  [{ ...clean, kills: 11 }, '11 kills of 12, at 10 of 10 events, 0 wrong'],
  [{ ...clean, unstruck: ['registry: observed'] }, '12 kills, at 9 of 10 events, 0 wrong'],
  [{ ...clean, violations: ['registry: begun 2 times'] }, '12 kills, at 10 of 10 events, 1 wrong'],
])('a campaign fails, saying why', (result, text) => {
  expect(campaignVerdict(result, 12)).toEqual({ text, isGood: false });
});

const passed = { code: 0, output: `totals\n${verdictPrefix}12 kills\n` };

test('the verdict over both says which failed, and is good only where none did', () => {
  const failed = { ...passed, code: 1 };
  expect(wholeVerdict({ code: 0, output: '' }, passed)).toEqual({
    text: 'the tests passed, the campaign passed: 12 kills',
    isGood: true,
  });
  expect(wholeVerdict({ code: 1, output: '' }, passed)).toEqual({
    text: 'the tests FAILED, the campaign passed: 12 kills',
    isGood: false,
  });
  expect(wholeVerdict({ code: 0, output: '' }, failed)).toEqual({
    text: 'the tests passed, the campaign FAILED: 12 kills',
    isGood: false,
  });
});

test.each(['', 'Error: out of memory\n'])('a campaign that broke off has no verdict of its own', (output) => {
  expect(wholeVerdict({ code: 0, output: '' }, { code: 134, output }).text).toBe(
    'the tests passed, the campaign FAILED: it broke off',
  );
});
