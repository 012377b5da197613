import { describe, expect, test } from 'vitest';
import type { ReleaseNotes } from '#shared/domain/release.ts';
import { groupNotes, notesMarkdown, notesText } from '#shared/domain/release-notes.ts';

const commit = (subject: string, body = ''): ReleaseNotes['commits'][number] => ({
  sha: 'abcdef0123',
  subject,
  body,
  author: 'mo',
  at: 0,
});
const grouped = (...commits: ReleaseNotes['commits']) =>
  groupNotes({ commits }).map(({ id, entries }) => [id, ...entries.map(({ text }) => text)]);
const entry = (subject: string, body?: string) =>
  groupNotes({ commits: [commit(subject, body)] })[0]?.entries[0];

describe('grouping', () => {
  test('what people wait for comes first, in the order of the commits', () => {
    expect(
      grouped(
        commit('docs: how to run a node'),
        commit('fix: keep the offset'),
        commit('feat: send typing indicators'),
        commit('Bump ws to 8.18.0'),
        commit('perf: one query less'),
        commit('feat: resume a stream'),
        commit('revert: the long poll'),
        commit('feat!: encrypt the session'),
      ),
    ).toEqual([
      ['breaking', 'encrypt the session'],
      ['features', 'send typing indicators', 'resume a stream'],
      ['fixes', 'keep the offset', 'the long poll'],
      ['performance', 'one query less'],
      ['other', 'how to run a node', 'Bump ws to 8.18.0'],
    ]);
    expect(grouped()).toEqual([]);
  });

  test.each([
    ['Fix: x', 'fixes'],
    ['FEAT(api): x', 'features'],
    ['fix:x', 'other'],
    ['Merge branch main: y', 'other'],
    ['wip', 'other'],
    ['fix: ', 'other'],
  ])('%s is among the %s', (subject, id) => expect(grouped(commit(subject))[0]?.[0]).toBe(id));

  test('a scope is told apart from the text; what is no convention stays as it was written', () => {
    expect(entry('fix(stream): keep the offset')).toMatchObject({ scope: 'stream', text: 'keep the offset' });
    expect(entry('Merge pull request #3: fix it')?.text).toBe('Merge pull request #3: fix it');
    expect(entry('feat(a)(b): x')?.text).toBe('feat(a)(b): x');
  });

  test('a footer makes a change a breaking one, and says what to do', () => {
    const body = 'More words.\n\nBREAKING CHANGE: KMS_KEY has\n to be set.\nReviewed-by: jl\n';
    expect(grouped(commit('fix: x', body))[0]?.[0]).toBe('breaking');
    expect(entry('fix: x', body)?.breaking).toBe('KMS_KEY has to be set.');
    expect(entry('fix: x', 'BREAKING-CHANGE: all of it\r\nand more')?.breaking).toBe('all of it and more');
    expect(entry('feat!: x')).not.toHaveProperty('breaking');
    expect(grouped(commit('fix: x', 'no breaking change: really'))[0]?.[0]).toBe('fixes');
  });
});

describe('as Markdown', () => {
  const notes = (commits: ReleaseNotes['commits'], total = commits.length): ReleaseNotes => ({
    commits,
    total,
    since: { release: 'r-77ab10' as never, version: '1.4.1', commit: 'b90e4d2' },
  });

  test('groups are headings, commits are points', () => {
    const text = notesMarkdown(
      notes([commit('fix(stream): keep `a_b` and *c*'), commit('feat!: x', 'BREAKING CHANGE: set KEY')], 9),
      '1.4.2',
    );
    expect(text).toBe(`## 1.4.2

Since 1.4.1.

### Breaking changes

- x (abcdef0)
  set KEY

### Fixes

- **stream:** keep \`a_b\` and \\*c\\* (abcdef0)

And 7 more.
`);
  });

  test('nothing new is said', () => {
    const { since: _, ...first } = notes([]);
    expect(notesMarkdown(first, '1.0.0')).toBe('## 1.0.0\n\nNo commits.\n');
  });
});

describe('as text', () => {
  test('is the same without marks, and says what no commit tells of', () => {
    const notes: ReleaseNotes = {
      commits: [commit('fix(stream): keep `a_b`'), commit('feat!: x', 'BREAKING CHANGE: set KEY')],
      total: 9,
    };
    expect(notesText(notes, '1.4.2', 2)).toBe(`1.4.2

Built with 2 uncommitted files, which no commit tells of.

Breaking changes
- x (abcdef0)
  set KEY

Fixes
- stream: keep \`a_b\` (abcdef0)

And 7 more.
`);
    expect(notesMarkdown(notes, '1.4.2', 1)).toContain(
      '## 1.4.2\n\nBuilt with 1 uncommitted file, which no commit tells of.\n\n### Breaking',
    );
    expect(notesText({ commits: [], total: 0 }, '1.0.0')).toBe('1.0.0\n\nNo commits.\n');
  });
});
