import { describe, expect, test } from 'vitest';
import {
  bytes,
  clock,
  count,
  dayName,
  elapsed,
  exact,
  highlight,
  relative,
  seconds,
  shortDigest,
  signedBytes,
  span,
} from '#renderer/ui/format.ts';

const now = new Date(2026, 2, 12, 14, 32, 0).getTime();
const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

describe('relative', () => {
  test.each([
    ['this moment', 0, 'now'],
    ['a clock slightly ahead', -30_000, 'now'],
    ['seconds', 12_000, '12 s ago'],
    ['the last second of a minute', MIN - 1, '59 s ago'],
    ['minutes', 4 * MIN, '4 min ago'],
    ['yesterday evening, still hours', 20 * HOUR, '20 h ago'],
    ['yesterday by the calendar', 23 * HOUR, 'yesterday'],
    ['two midnights ago', 39 * HOUR, '2 d ago'],
    ['days', 9 * DAY, '9 d ago'],
    ['long ago becomes a date', 61 * DAY, '10 Jan 2026'],
    ['the future', -5 * MIN, 'in 5 min'],
  ])('%s', (_name, age, text) => {
    expect(relative(now - age, now)).toBe(text);
  });

  test('takes an ISO string, and says so when it is none', () => {
    expect(relative(new Date(now - 4 * MIN).toISOString(), now)).toBe('4 min ago');
    expect(relative('soon', now)).toBe('unknown');
  });
});

test('a span is its largest whole unit', () => {
  expect([0, 59_999, 20 * HOUR + 59 * MIN, 9 * DAY].map(span)).toEqual(['0 s', '59 s', '20 h', '9 d']);
});

test('running time counts minutes, then hours, and is never negative', () => {
  expect([41_900, 169_000, 3_723_000, -5].map(elapsed)).toEqual(['0:41', '2:49', '1:02:03', '0:00']);
});

test('a step has tenths of a second until they stop mattering', () => {
  expect([300, 14_500, 99_940, 125_000].map(seconds)).toEqual(['0.3 s', '14.5 s', '99.9 s', '2:05']);
});

test('exact time is local and to the second', () => {
  const at = new Date(2026, 2, 3, 4, 5, 6).getTime();
  expect(exact(at)).toBe('2026-03-03 04:05:06');
  expect(clock(at)).toBe('04:05:06');
  expect(clock(at, 'minutes')).toBe('04:05');
  expect(exact('never')).toBe('unknown');
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [34_200, '34 kB'],
  [99_499, '99 kB'],
  [700_000, '0.7 MB'],
  [73_300_000, '73.3 MB'],
  [999_949_999, '999.9 MB'],
  [1_240_000_000, '1.24 GB'],
])('%d bytes are %s', (n, text) => {
  expect(bytes(n)).toBe(text);
});

test('a difference in size carries its sign', () => {
  expect([700_000, -1_100_000, 0].map(signedBytes)).toEqual(['+0.7 MB', '\u22121.1 MB', 'same size']);
});

test('counts agree with their noun', () => {
  expect([count(0, 'key'), count(1, 'key'), count(1298, 'line'), count(2, 'entry', 'entries')]).toEqual([
    'no keys',
    '1 key',
    '1,298 lines',
    '2 entries',
  ]);
});

test('a digest is shortened to 12 digits, anything else is left alone', () => {
  expect(shortDigest(`sha256:9b1c04e7a2f8${'0'.repeat(52)}`)).toBe('sha256:9b1c04e7a2f8');
  expect(shortDigest('sha256:9b1c')).toBe('sha256:9b1c');
  expect(shortDigest('chatbot:latest')).toBe('chatbot:latest');
});

test('the head of a day', () => {
  expect(dayName(now, now)).toEqual({ name: 'Today', date: 'Thu 12 March' });
  expect(dayName(now - 15 * HOUR, now)).toEqual({ name: 'Yesterday', date: 'Wed 11 March' });
  expect(dayName(new Date(2026, 2, 3, 10).getTime(), now)).toEqual({ name: 'Tuesday', date: '3 March' });
  expect(dayName(new Date(2025, 11, 31, 10).getTime(), now)).toEqual({
    name: 'Wednesday',
    date: '31 December 2025',
  });
});

describe('highlight', () => {
  const texts = (text: string, needle: string) =>
    highlight(text, needle).map((p) => (p.hit ? `[${p.text}]` : p.text));

  test.each([
    ['marks every place, case ignored', 'Typing is typing', 'TYPING', ['[Typing]', ' is ', '[typing]']],
    ['an empty needle marks nothing', 'abc', '', ['abc']],
    ['no hit', 'abc', 'x', ['abc']],
    ['the whole text', 'abc', 'abc', ['[abc]']],
    ['hits side by side', 'aaa', 'a', ['[a]', '[a]', '[a]']],
    ['an empty text', '', 'x', ['']],
    ['a needle is text, not a pattern', 'a.c abc', 'a.c', ['[a.c]', ' abc']],
    [
      'a letter that grows when lower-cased is not marked wrongly',
      '\u0130stanbul tan',
      'tan',
      ['\u0130stanbul tan'],
    ],
  ])('%s', (_name, text, needle, pieces) => {
    expect(texts(text, needle)).toEqual(pieces);
  });
});
