import { describe, expect, test } from 'vitest';
import { BadPattern, readPattern } from '#main/docker/session/pattern.ts';
import { createMatcher, createReach, type Match } from '#main/docker/session/pattern-matcher.ts';

/** As a walk asks: each folder on the way, then the path. */
function isIgnored(patterns: readonly string[], path: string): boolean {
  const matcher = createMatcher(patterns);
  let match: Match | undefined;
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    match = matcher.match(path.slice(0, at), match?.each);
  }
  return matcher.match(path, match?.each).isMatch;
}

describe('a pattern', () => {
  test.each([
    // From patternmatcher_test.go of moby/patternmatcher, and what generated cases turned up.
    ['**', 'file', true],
    ['**', 'dir/file', true],
    ['**/', 'file', true],
    ['**/**', 'dir/file', true],
    ['dir/**', 'dir', false],
    ['dir/**', 'dir/file', true],
    ['**/dir2/*', 'dir/dir2/file', true],
    ['**/dir2/*', 'dir/dir2/dir2/file', true],
    ['**file', 'dir/file', true],
    ['**file', 'dir/dir/afile', true],
    ['**/file', 'dir/file', true],
    ['**/file', 'file', true],
    ['**/file', 'afile', false],
    ['**/file*txt', 'dir/dir/file.txt', true],
    ['**/*.txt', 'dir/file.txt', true],
    ['a**/*.txt', 'a/dir/file.txt', true],
    ['a/*.txt', 'a/dir/file.txt', false],
    ['a[b-d]e', 'ace', true],
    ['a[b-d]e', 'aae', false],
    ['a[^b-d]e', 'aze', true],
    ['a[^b-d]e', 'a/e', true],
    ['abc.def', 'abcdef', false],
    ['abc.def', 'abc.def', true],
    ['abc?def', 'abcZdef', true],
    ['abc?def', 'abc/def', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['a\\[b', 'a[b', true],
    ['a+(b)|{c}$', 'a+(b)|{c}$', true],
    ['*+(b)', 'x+(b)', true],
    ['a^b', 'a^b', true],
    // An anchor in the middle of an expression: it matches nothing.
    ['*a^b', 'xa^b', false],
    ['[!a]', '!', true],
    ['[!a]', 'b', false],
    ['\\d', '5', true],
    ['[[:alpha:]]x', 'bx', true],
    ['?', 'é', true],
    ['?', '😀', true],
    ['?', '\udcff', true],
    ['*', 'a\nb', true],
    ['file', 'FILE', false],
    ['a/../b', 'b', true],
    ['./a', 'a', true],
    ['a/', 'a', true],
    [' a ', 'a', true],
  ])('%j and %j: %s', (pattern, path, expected) => {
    expect(readPattern(pattern)?.matches(path)).toBe(expected);
  });

  test.each(['[', 'a[', '[]', '[]a]', '[a-', '[-x]', 'a\\', '!'])('%j is malformed', (pattern) => {
    expect(() => readPattern(pattern)).toThrow(BadPattern);
  });
  test.each(['[b-a]', '*\\y', '*\\1'])('%j cannot be compiled', (pattern) => {
    expect(() => readPattern(pattern)?.matches('x')).toThrow(BadPattern);
  });
  test('a blank one is none', () => {
    expect(readPattern(' \t')).toBeUndefined();
  });
});

describe('patterns together', () => {
  test.each([
    [['a'], 'a/b/c', true],
    [['*', '!a'], 'a/b', false],
    [['a', '!a/b'], 'a/b', false],
    [['a', '!a/b'], 'a/b/c', false],
    [['a', '!a/b'], 'a/c', true],
    [['a', '!a/b', 'a/b/c'], 'a/b/c', true],
    [['!a', 'a'], 'a', true],
    [['a/*', '!a/b', 'a/b/*.log'], 'a/b/x.log', true],
    [['**', '!**/keep'], 'x/y/keep/z', false],
    [['a', '!**/b'], 'a/x/b', false],
    [['node_modules'], 'x/node_modules', false],
  ])('%j: %j is ignored: %s', (patterns, path, expected) => {
    expect(isIgnored(patterns, path)).toBe(expected);
    // The same without what came out for the folders.
    expect(createMatcher(patterns).match(path, undefined).isMatch).toBe(expected);
  });

  test('an exception that had nothing to take back in a folder takes back nothing below it', () => {
    expect(isIgnored(['a/x', '!a'], 'a/x')).toBe(true);
    expect(createMatcher(['a/x', '!a']).match('a/x', undefined).isMatch).toBe(false);
  });

  test('whether something below a folder can match', () => {
    const reach = (...patterns: string[]) => createReach(createMatcher(patterns).patterns);
    expect(reach('a/b/*')('a')).toBe(true);
    expect(reach('a/b/**')('a/b')).toBe(true);
    expect(reach('a/b')('ab')).toBe(false);
    expect(reach('a/b')('a/b/c')).toBe(false);
    expect(reach('a/*/c')('x')).toBe(true);
    expect(reach()('a')).toBe(false);
  });
});
