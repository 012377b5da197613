import { describe, expect, test } from 'vitest';
import { plainNames } from '#main/core/build/tags.ts';
import { versionOf } from '#main/core/version.ts';
import { releaseIdSchema } from '#shared/domain/ids.ts';
import type { Source } from '#shared/domain/release.ts';

const commit = { sha: '3f2c1a9d'.padEnd(40, '0'), subject: 's', author: 'mo', at: 0 };
const clean: Source = { commit, uncommittedFiles: 0 };
const dirty: Source = { commit, uncommittedFiles: 2, uncommittedHash: 'ab'.repeat(32) };

describe('a version', () => {
  test.each([
    [
      'is the tag of a clean, tagged commit',
      { source: clean, tag: { version: '1.4.2', commitsSince: 0 } },
      '1.4.2',
    ],
    [
      'says how far after the tag it is',
      { source: clean, tag: { version: '1.4.2', commitsSince: 3 } },
      '1.4.2-dev.3',
    ],
    [
      'never passes uncommitted changes off as the tag',
      { source: dirty, tag: { version: '1.4.2', commitsSince: 0 } },
      '1.4.2-dirty',
    ],
    [
      'takes the package’s where there is no tag',
      { source: clean, packageVersion: '2.0.0' },
      '2.0.0-3f2c1a9',
    ],
    ['is the commit where nothing else is known', { source: clean }, '3f2c1a9'],
    [
      'names the changes where there is no commit',
      { source: { uncommittedFiles: 1, uncommittedHash: 'cd'.repeat(32) } },
      'cdcdcdc',
    ],
    [
      'is a valid tag whatever the package says',
      { source: clean, packageVersion: '1.0.0+build 5' },
      '1.0.0-build-5-3f2c1a9',
    ],
  ])('%s', (_name, facts, expected) => {
    expect(versionOf(facts)).toBe(expected);
  });
});

describe('tags', () => {
  const id = releaseIdSchema.parse('r-8f21c0');
  const built = (version: string, source: Source) => ({
    id,
    version,
    source,
    builtAt: Date.UTC(2026, 10, 21),
  });
  const usual = { release: ['{{version}}', '{{commit}}'], immutable: [], moving: [] };

  test('the release’s own comes first, and a dirty build does not take the commit’s', () => {
    const names = (version: string, source: Source) =>
      plainNames({ image: 'chatbot', tags: usual }, built(version, source));
    expect(names('1.4.2', clean)).toEqual(['chatbot:r-8f21c0', 'chatbot:1.4.2', 'chatbot:3f2c1a9']);
    expect(names('1.4.2-dirty', dirty)).toContain('chatbot:3f2c1a9-dirty');
  });

  test('gantry.yml says which others', () => {
    const tags = { ...usual, release: ['nightly-{{date}}', '{{environment}}', 'nightly-{{date}}'] };
    // A release has no environment yet.
    expect(plainNames({ image: 'chatbot', tags }, built('1.4.2', clean))).toEqual([
      'chatbot:r-8f21c0',
      'chatbot:nightly-2026-11-21',
    ]);
  });
});
