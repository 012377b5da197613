import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesText } from '#main/docker/bytes-text.ts';
import { createIgnore } from '#main/docker/dockerignore.ts';
import { isImageId, refInPath, splitRef } from '#main/docker/image-ref.ts';
import { createFrameReader, type Frame } from '#main/docker/output-frames.ts';

test.each([
  ['app', 'app', 'latest'],
  ['app:1.2', 'app', '1.2'],
  ['registry:5000/team/app', 'registry:5000/team/app', 'latest'],
  ['registry:5000/team/app:r-12ab34', 'registry:5000/team/app', 'r-12ab34'],
])('%s is a repository and a tag', (ref, repository, tag) => {
  expect(splitRef(ref)).toEqual({ repository, tag });
});

test.each([
  ['sha256:0123456789abcdef', true],
  ['0123456789ab', true],
  ['app:0123456789ab', false],
  ['app', false],
  ['team/deadbeef', false],
])('whether %s is an id: %s', (ref, expected) => {
  expect(isImageId(ref)).toBe(expected);
});

test('a name cannot leave its place in a URL', () => {
  expect(refInPath('team/app:1?force=1#x')).toBe('team/app%3A1%3Fforce%3D1%23x');
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [2_026_670, '2.0 MB'],
  [5e15, '5000.0 TB'],
])('%d bytes', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

describe('frames of output', () => {
  const frame = (stream: number, text: string) => {
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };

  test('are the same however they are cut, in their order', () => {
    const texts = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string({ maxLength: 20 })), { maxLength: 8 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 30 }), (written, size) => {
        const bytes = Buffer.concat(written.map(([stream, text]) => frame(stream, text)));
        const seen: Frame[] = [];
        const read = createFrameReader((found) => seen.push(found));
        for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size));
        const joined = (stream: 'out' | 'err') =>
          Buffer.concat(
            seen.filter((found) => found.stream === stream).map((found) => found.bytes),
          ).toString();
        const expected = (stream: number) =>
          written.filter(([number]) => number === stream).map(([, text]) => text);
        expect(joined('out')).toBe(expected(1).join(''));
        expect(joined('err')).toBe(expected(2).join(''));
      }),
    );
  });

  test('an empty frame ends nothing', () => {
    const seen: string[] = [];
    const read = createFrameReader(({ stream, bytes }) => seen.push(`${stream} ${Buffer.from(bytes)}`));
    read(Buffer.concat([frame(1, 'a'), frame(1, ''), frame(2, 'b')]));
    expect(seen).toEqual(['out a', 'err b']);
  });
});

describe('.dockerignore', () => {
  test.each([
    [
      'a folder and what is below',
      'node_modules',
      { 'node_modules/a/b.js': true, 'src/node_modules/x': false },
    ],
    ['at any depth', '**/*.log', { 'a.log': true, 'x/y/b.log': true, 'a.logs': false }],
    ['everything but', '*\n!src\n!package.json', { 'package.json': false, 'src/a.ts': false, README: true }],
    ['the last line wins', '*.md\n!README.md\nREADME*', { 'README.md': true, 'a.md': true }],
    ['comments, blanks and a byte order mark', '\uFEFF# none\n\n  dist  \n', { '# none': false, dist: true }],
    ['capitals matter', 'Dist', { dist: false, Dist: true }],
    ['letters that mean something to a regular expression', 'a+(b)|{c}', { 'a+(b)|{c}': true, aab: false }],
    ['letters in brackets', '[^a].md\na^b', { 'b.md': true, 'a.md': false, 'a^b': true }],
    ['a leading slash', '/dist', { dist: true, 'src/dist': false }],
    ['one letter', 'a?.txt', { 'ab.txt': true, 'abc.txt': false }],
    ['Windows line ends', 'dist\r\nout\r\n', { dist: true, out: true }],
  ])('%s', (_name, text, expected) => {
    const ignore = createIgnore(text, []);
    const seen = Object.keys(expected).map((path) => [path, ignore.ignores(path)]);
    expect(Object.fromEntries(seen)).toEqual(expected);
  });

  test('what the engine reads itself is sent in any case', () => {
    const ignore = createIgnore('*', ['deploy/Docker[file]', '.dockerignore']);
    expect(ignore.ignores('deploy/Docker[file]')).toBe(false);
    expect(ignore.ignores('deploy/other')).toBe(true);
    expect(ignore.mayKeepBelow('deploy')).toBe(true);
    expect(createIgnore('a\n!b/c', []).mayKeepBelow('node_modules')).toBe(false);
  });
});
