import { expect, test } from 'vitest';
import { askGlob } from '#main/docker/session/glob.ts';

// From match_test.go of Go's path/filepath.
test.each([
  ['abc', 'abc', 'match'],
  ['*', 'abc', 'match'],
  ['*c', 'abc', 'match'],
  ['a*', 'ab/c', 'no match'],
  ['a*/b', 'abc/b', 'match'],
  ['a*b*c*d*e*/f', 'axbxcxdxe/f', 'match'],
  ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', 'no match'],
  ['a*b?c*x', 'abxbbxdbxebxczzx', 'match'],
  ['a*b?c*x', 'abxbbxdbxebxczzy', 'no match'],
  ['ab[c]', 'abc', 'match'],
  ['ab[^c]', 'abc', 'no match'],
  ['ab[^b-d]', 'abe', 'match'],
  ['a\\*b', 'a*b', 'match'],
  ['a\\*b', 'ab', 'no match'],
  ['a???b', 'aé☺☻b', 'match'],
  ['[a-ζ]*', 'α', 'match'],
  ['*[a-ζ]', 'A', 'no match'],
  ['a?b', 'a/b', 'no match'],
  ['[\\]a]', ']', 'match'],
  ['[\\-x]', '-', 'match'],
  ['[]a]', ']', 'malformed'],
  ['[-]', '-', 'malformed'],
  ['[x-]', 'x', 'malformed'],
  ['[a-b-c]', 'a', 'malformed'],
  ['[', 'a', 'malformed'],
  ['[^', 'a', 'malformed'],
  ['[^bc', 'a', 'malformed'],
  ['a[', 'ab', 'malformed'],
  ['a\\', 'a', 'malformed'],
  ['*x', 'xxx', 'match'],
  // Only what is looked at is checked.
  ['b*[', '.', 'no match'],
  ['.*[', '.', 'malformed'],
])('%j on %j: %s', (pattern, name, expected) => {
  expect(askGlob(pattern, name)).toBe(expected);
});
