import { describe, expect, test } from 'vitest';
import { type VersionFacts, versionOf } from '#main/core/version.ts';
import type { Source } from '#shared/domain/release.ts';
import { workspaceConfigSchema } from '#shared/domain/workspace-config.ts';

const commit = { sha: '3f2c1a9d'.padEnd(40, '0'), subject: 's', author: 'mo', at: 0 };
const clean: Source = { commit, branch: 'feat/x y', uncommittedFiles: 0 };
const dirty: Source = { commit, uncommittedFiles: 2, uncommittedHash: 'ab'.repeat(32) };
const now = Date.UTC(2026, 10, 21, 6, 5, 4);
const tag = { version: '1.4.2', commitsSince: 3 };

describe('a version', () => {
  test.each<readonly [string, Omit<VersionFacts, 'now'>, string]>([
    [
      'is the tag of a clean, tagged commit',
      { source: clean, tag: { version: '1.4.2', commitsSince: 0 } },
      '1.4.2',
    ],
    ['says how far after the tag it is', { source: clean, tag }, '1.4.2-dev.3'],
    [
      'never passes uncommitted changes off as the tag',
      { source: dirty, tag: { version: '1.4.2', commitsSince: 0 } },
      '1.4.2-dirty',
    ],
    [
      'is a valid tag although the git tag is none',
      { source: clean, tag: { version: '1.4.2+linux', commitsSince: 0 } },
      '1.4.2-linux',
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
    expect(versionOf(undefined, { ...facts, now })).toBe(expected);
  });
});

describe('a version by template', () => {
  test.each([
    ['{{tag}}.{{commits}}', '1.4.2.3'],
    ['v{{ package }}-{{commit}}', 'v2.0.0-3f2c1a9'],
    ['{{branch}}_{{date}}-{{time}}', 'feat-x-y_2026-11-21-060504'],
    ['fixed', 'fixed'],
  ])('%s is %s', (template, expected) => {
    expect(versionOf(template, { source: clean, tag, packageVersion: '2.0.0', now })).toBe(expected);
  });

  test('says that there are uncommitted changes, wherever it comes from', () => {
    expect(versionOf('{{commit}}', { source: dirty, now })).toBe('3f2c1a9-dirty');
    expect(versionOf('{{date}}', { source: dirty, now })).toBe('2026-11-21-dirty');
  });

  test.each([
    ['{{tag}}', 'wants {{tag}}, and no version tag is at or before this commit. Make one: git tag v1.0.0'],
    ['{{commits}}', 'wants {{commits}}, and no version tag'],
    ['{{package}}', 'there is no package.json with a version'],
    ['{{commit}}', 'there is no commit yet'],
    ['{{branch}}', 'no branch is checked out'],
    ['{{tagg}}', 'unknown field {{tagg}}'],
  ])('that cannot be had says why: %s', (template, why) => {
    expect(() => versionOf(template, { source: { uncommittedFiles: 0 }, now })).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(why) }),
    );
  });

  test.each([
    ['1.0 beta', '1.0-beta'],
    ['.{{date}}', '2026-11-21'],
    ['ä/{{date}}', '2026-11-21'],
    ['x'.repeat(129), 'x'.repeat(128)],
  ])('that is no image tag says what would be one: %s', (template, proposal) => {
    expect(() => versionOf(template, { source: clean, now })).toThrow(
      expect.objectContaining({
        code: 'config-invalid',
        message: expect.stringContaining('is no image tag'),
        hint: expect.stringContaining(`"${proposal}"`),
      }),
    );
  });

  test('with a field that does not exist is found in gantry.yml already', () => {
    const file = { version: '{{tag}}-{{sha}}', environments: { dev: {} } };
    expect(workspaceConfigSchema.safeParse(file).error?.issues).toMatchObject([
      { path: ['version'], message: expect.stringContaining('{{tag}}, {{commits}}, {{package}}') },
    ]);
  });
});
