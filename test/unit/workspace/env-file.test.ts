// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a dollar in an env file is the subject here
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnvFile } from '#main/workspace/env-file.ts';

function valuesOf(text: string): Record<string, string> {
  const { entries, problems } = parseEnvFile('.env', text);
  expect(problems).toEqual([]);
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

describe('values', () => {
  it.each([
    ['a plain value', 'A=b', 'b'],
    ['blanks around it', '  A = b  ', 'b'],
    ['nothing', 'A=', ''],
    ['a # at the start', 'A=#b', '#b'],
    ['a # at the start behind a blank', 'A= # b', '# b'],
    ['a comment after it', 'A=b # c', 'b'],
    ['a # inside', 'A=b#c', 'b#c'],
    ['a = inside', 'A=b=c', 'b=c'],
    ['export', 'export A=b', 'b'],
    ['export with tabs', 'export\t\tA=b', 'b'],
    ['blanks inside', 'A=b c', 'b c'],
    ['a quote inside', `A=b"c'd`, `b"c'd`],
    ['$ is an ordinary character', 'A=$B${C}$$', '$B${C}$$'],
    ['$ in double quotes too', 'A="$B${C}"', '$B${C}'],
    ['a backslash without quotes', 'A=a\\nb', 'a\\nb'],
    ['single quotes', `A='b # $c \\n "d"'`, 'b # $c \\n "d"'],
    ['empty quotes', 'A=""', ''],
    ['double quotes', 'A="b # c"', 'b # c'],
    ['escapes', 'A="a\\nb\\t\\"c\\" \\\\ \\$d \\r"', 'a\nb\t"c" \\ $d \r'],
    ['a backslash before anything else stays', 'A="C:\\dir\\x"', 'C:\\dir\\x'],
    ['several lines in double quotes', 'A="a\nb\n"', 'a\nb\n'],
    ['several lines in single quotes', "A='a\nb'", 'a\nb'],
    ['a comment after quotes', 'A="b" # c', 'b'],
    ['a comment right after quotes', 'A="b"# c', 'b'],
    ['CRLF', 'A=b\r\n', 'b'],
    ['CRLF in quotes', 'A="a\r\nb"\r\n', 'a\nb'],
    ['a byte order mark', '\uFEFFA=b', 'b'],
    ['other scripts', 'A=grüße 漢字', 'grüße 漢字'],
  ])('%s', (_name, text, value) => {
    expect(valuesOf(text)).toEqual({ A: value });
  });

  it('lines that say nothing are skipped', () => {
    expect(valuesOf('\n# a\n   # b\n\t\nA=1\n\n')).toEqual({ A: '1' });
  });

  it('keys may have dots and dashes', () => {
    expect(valuesOf('spring.data-source.url=x')).toEqual({ 'spring.data-source.url': 'x' });
  });

  it('a key called export is a key', () => {
    expect(valuesOf('export=1\nexported=2')).toEqual({ export: '1', exported: '2' });
  });
});

describe('lines that are wrong', () => {
  it('are all named, with line and column, and hide no other line', () => {
    const { entries, problems } = parseEnvFile(
      '.env',
      ['A=1', '=x', 'B C=1', 'D', '  9=1', 'E="open', 'F="x" y', 'G=2'].join('\n'),
    );
    expect(problems.map(({ line, column, what }) => `${line}:${column} ${what}`)).toEqual([
      '2:1 No variable name here.',
      '3:3 "=" expected after B.',
      '4:1 D has no value.',
      '5:3 No variable name here.',
      '6:3 The quote that opens here is never closed.',
      '7:6 Text after the closing quote.',
    ]);
    expect(entries.map(({ key, line }) => [key, line])).toEqual([
      ['A', 1],
      ['G', 8],
    ]);
  });

  it('count lines through values of several lines', () => {
    const { entries, problems } = parseEnvFile('.env', 'A="1\n2\n3"\nB=4\n!\n');
    expect(entries.map(({ key, line }) => [key, line])).toEqual([
      ['A', 1],
      ['B', 4],
    ]);
    expect(problems[0]).toMatchObject({ line: 5, column: 1 });
  });
});

describe('duplicates', () => {
  it('the later one counts, and the earlier is named', () => {
    const { entries, duplicates, problems } = parseEnvFile('.env', 'A=1\nB=2\nA=3\n');
    expect(entries).toEqual([
      { key: 'B', value: '2', line: 2 },
      { key: 'A', value: '3', line: 3 },
    ]);
    expect(problems).toEqual([]);
    expect(duplicates).toEqual([
      {
        file: '.env',
        line: 1,
        path: 'A',
        what: 'A is set again on line 3, and that one counts.',
        hint: 'Remove one of the two.',
      },
    ]);
  });
});

it('any value survives being written in double quotes', () => {
  const quoted = (value: string) =>
    `"${value
      .replace(/[\\"$]/g, '\\$&')
      .replaceAll('\n', '\\n')
      .replaceAll('\r', '\\r')}"`;
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 }), (values) => {
      const text = values.map((value, index) => `K${index}=${quoted(value)} # c`).join('\n');
      expect(parseEnvFile('.env', text).entries.map((entry) => entry.value)).toEqual(values);
    }),
  );
});

it('no text whatsoever makes it throw or lose its place', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('A', '=', '"', "'", '\\', '\n', ' ', '#', '$', '\r') }),
      (text) => {
        const { entries, problems } = parseEnvFile('.env', text);
        const lines = text.replace(/\r\n?/g, '\n').split('\n').length;
        for (const { line } of [...entries, ...problems]) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
        }
      },
    ),
  );
});
