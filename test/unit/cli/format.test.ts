import { describe, expect, it } from 'vitest';
import { ago, bytes, clip, duration, padEnd, plain, plural, width } from '#main/shell/cli/text/format.ts';
import { table } from '#main/shell/cli/text/table.ts';

it.each([
  [-5, '0.0 s'],
  [0, '0.0 s'],
  [949, '0.9 s'],
  [9_999, '9.9 s'],
  [10_000, '10 s'],
  [59_999, '59 s'],
  [60_000, '1 m 00 s'],
  [125_000, '2 m 05 s'],
  [3_599_999, '59 m 59 s'],
  [3_720_000, '1 h 02 m'],
])('%d ms last %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it.each([
  [0, 'just now'],
  [-1_000, 'just now'],
  [30_000, '30 s ago'],
  [59_000, '59 s ago'],
  [60_000, '1 min ago'],
  [3_600_000, '1 h ago'],
  [86_400_000, '1 day ago'],
  [3 * 86_400_000, '3 days ago'],
  [30 * 86_400_000, '2026-06-01'],
])('%d ms earlier was %s', (ms, text) => {
  const now = Date.parse('2026-07-01T12:00:00Z');
  expect(ago(now - ms, now)).toBe(text);
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.00 kB'],
  [2_034_000, '2.03 MB'],
  [12_400_000, '12.4 MB'],
  [999_600, '1.00 MB'],
  [123_000_000_000, '123 GB'],
  [-400_000, '-400 kB'],
])('%d bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});

it('counts one and many', () => {
  expect([plural(0, 'key'), plural(1, 'key'), plural(2, 'key')]).toEqual(['0 keys', '1 key', '2 keys']);
});

describe('what others wrote', () => {
  it.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007text', 'text'],
    ['\u001b[2J\u001b[Hgone', 'gone'],
    ['a\r\nb\tc', 'a b c'],
    ['bell\u0007', 'bell '],
    ['\u009b31mC1', 'C1'],
    ['naïve 日本 👍', 'naïve 日本 👍'],
  ])('%j is printed as %j', (text, shown) => {
    expect(plain(text)).toBe(shown);
  });
});

describe('columns', () => {
  it.each([
    ['abc', 3],
    ['\u001b[1mabc\u001b[22m', 3],
    ['日本', 4],
    ['👍🏽', 2],
    ['é', 1],
    ['e\u0301', 1],
  ])('%j is %d wide', (text, columns) => {
    expect(width(text)).toBe(columns);
    expect(width(padEnd(text, 8))).toBe(8);
  });

  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'abcd…'],
    ['abcdef', 1, '…'],
    ['abcdef', 0, ''],
    ['日本語', 4, '日…'],
    ['\u001b[31mabcdef\u001b[39m', 4, '\u001b[31mabc…\u001b[39m'],
    ['ab\u001b[31mcd\u001b[39mef', 4, 'ab\u001b[31mc…\u001b[39m'],
  ])('%j in %d columns is %j', (text, columns, clipped) => {
    expect(clip(text, columns)).toBe(clipped);
    expect(width(clipped)).toBeLessThanOrEqual(columns);
  });

  it('line up whatever colours they have', () => {
    expect(
      table([
        ['a', 'long one', 'x'],
        ['\u001b[1mlonger\u001b[22m', 'b'],
      ]),
    ).toEqual(['a       long one  x', '\u001b[1mlonger\u001b[22m  b']);
  });
});
