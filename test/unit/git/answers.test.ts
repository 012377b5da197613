import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStatus, unquote } from '#main/git/changes.ts';
import { readCommits } from '#main/git/commit-format.ts';
import { readShortStat } from '#main/git/compare.ts';
import { nameIn } from '#main/git/remote-name.ts';
import { newestVersion } from '#main/git/version-tag.ts';

describe('names that git quotes', () => {
  /** As git's quote.c does with core.quotePath. */
  function quote(name: Buffer): string {
    const letters: Record<number, string> = {
      7: 'a',
      8: 'b',
      9: 't',
      10: 'n',
      11: 'v',
      12: 'f',
      13: 'r',
      34: '"',
      92: '\\',
    };
    const quoted = [...name].map((byte) => {
      const letter = letters[byte];
      if (letter !== undefined) return `\\${letter}`;
      return byte < 32 || byte > 126 ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte);
    });
    return `"${quoted.join('')}"`;
  }

  test('are the bytes that they were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, min: 1 }), (bytes) => {
        expect(unquote(quote(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test('a plain name stays, blanks and all', () => {
    expect(unquote('a b/c.txt').toString()).toBe('a b/c.txt');
  });
});

test('a status in all its kinds', () => {
  const text = `# branch.oid 1111111111111111111111111111111111111111
# branch.head feature/x y
# branch.upstream origin/main
# branch.ab +1 -2
1 .M N... 100644 100644 100644 aaa bbb src/a b.ts
1 .M SC.. 160000 160000 160000 aaa bbb lib
u UU N... 100644 100644 100644 100644 aaa bbb ccc both
? "n\\303\\266"
`;
  const { sha, branch, changes } = parseStatus(text);
  expect(sha).toBe('1'.repeat(40));
  expect(branch).toBe('feature/x y');
  expect(changes.map(({ path, isSubmodule }) => [path.toString(), isSubmodule])).toEqual([
    ['src/a b.ts', false],
    ['lib', true],
    ['both', false],
    ['nö', false],
  ]);
});

test.each([
  ['# branch.oid (initial)\n# branch.head main\n', undefined, 'main'],
  ['# branch.oid abc\n# branch.head (detached)\n', 'abc', undefined],
])('a HEAD that is %j', (text, sha, branch) => {
  expect(parseStatus(text)).toMatchObject({ changes: [] });
  expect(parseStatus(text).sha).toBe(sha);
  expect(parseStatus(text).branch).toBe(branch);
});

test('commits, one after the other', () => {
  expect(readCommits('aa\0one\0Ada\x001\0bb\0two \u0007bell\0Bob\x002\0')).toEqual([
    { sha: 'aa', subject: 'one', author: 'Ada', at: 1_000 },
    { sha: 'bb', subject: 'two  bell', author: 'Bob', at: 2_000 },
  ]);
  expect(readCommits('')).toEqual([]);
});

test.each([
  [' 3 files changed, 10 insertions(+), 2 deletions(-)\n', 3, 10, 2],
  [' 1 file changed, 1 insertion(+)\n', 1, 1, 0],
  [' 1 file changed, 1 deletion(-)\n', 1, 0, 1],
  ['', 0, 0, 0],
])('%j', (text, filesChanged, insertions, deletions) => {
  expect(readShortStat(text)).toEqual({ filesChanged, insertions, deletions });
});

test.each([
  ['git@example.com:team/chatbot.git', 'chatbot'],
  ['https://example.com/team/chatbot', 'chatbot'],
  ['ssh://git@example.com:22/chatbot.git/', 'chatbot'],
  ['/srv/git/chatbot.git', 'chatbot'],
  ['C:\\git\\chatbot', 'chatbot'],
  ['example.com:chatbot', 'chatbot'],
  ['', undefined],
  ['/', undefined],
])('%j is called %j', (url, name) => {
  expect(nameIn(url)).toBe(name);
});

test.each([
  [['v1.2.0', 'v1.10.0', 'v1.9.9'], '1.10.0'],
  [['1.0.0-rc.1', '1.0.0', '1.0.0-rc.2'], '1.0.0'],
  [['v2.0.0-alpha', 'v2.0.0-alpha.1', 'v2.0.0-alpha.beta', 'v2.0.0-2'], '2.0.0-alpha.beta'],
  [['v2.0.0-rc.9', 'v2.0.0-rc.10'], '2.0.0-rc.10'],
  [['v1.0.0+build.5'], '1.0.0+build.5'],
  [['latest', 'v1', 'v1.2', 'api/v3.0.0', 'pkg@2.0.0', '--upload-pack=x', ''], undefined],
])('the newest of %j', (tags, version) => {
  expect(newestVersion(tags)?.version).toBe(version);
});
