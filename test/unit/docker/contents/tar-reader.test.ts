import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTarReader, type TarEntry } from '#main/docker/contents/tar-reader.ts';
import { entryOf, headerOf, piecesOf, signed, tarOf, type Written } from './archive.ts';

type Read = TarEntry & { readonly content: string };

function read(bytes: Buffer, size = bytes.length): readonly Read[] {
  const found: Read[] = [];
  const reader = createTarReader((entry) => {
    const pieces: Buffer[] = [];
    return {
      write: (piece) => pieces.push(Buffer.from(piece)),
      end: () => found.push({ ...entry, content: Buffer.concat(pieces).toString('latin1') }),
    };
  });
  for (const piece of piecesOf(bytes, size)) reader.write(piece);
  reader.end();
  return found;
}

const names = (entries: readonly Written[]) => read(tarOf(entries)).map(({ path }) => path);

describe('entries', () => {
  test('of every kind', () => {
    const device = headerOf({ name: 'dev/null', type: '3', mode: 0o666 }, 0);
    device.write('0000001\0', 329);
    device.write('0000003\0', 337);
    const archive = Buffer.concat([
      tarOf(
        [
          { name: 'app/', type: '5', mode: 0o755, uid: 1000, gid: 1001 },
          { name: 'app/run', content: 'echo', mode: 0o4755 },
          { name: 'app/link', type: '2', link: '../etc/x' },
          { name: 'app/again', type: '1', link: 'app/run' },
          { name: 'app/pipe', type: '6' },
          { name: 'app/older', type: '\0', content: 'old' },
          { name: 'app/tight', type: '7', content: 'tight' },
        ],
        0,
      ),
      signed(device),
      Buffer.alloc(1024),
    ]);
    const common = {
      mode: 0o644,
      owner: '0:0',
      link: '',
      device: '0,0',
      attributes: [],
      size: 0,
      content: '',
    };
    expect(read(archive)).toEqual([
      { ...common, path: 'app', kind: 'folder', mode: 0o755, owner: '1000:1001' },
      { ...common, path: 'app/run', kind: 'file', mode: 0o4755, size: 4, content: 'echo' },
      { ...common, path: 'app/link', kind: 'symlink', link: '../etc/x' },
      { ...common, path: 'app/again', kind: 'hardlink', link: 'app/run' },
      { ...common, path: 'app/pipe', kind: 'special' },
      { ...common, path: 'app/older', kind: 'file', size: 3, content: 'old' },
      { ...common, path: 'app/tight', kind: 'file', size: 5, content: 'tight' },
      { ...common, path: 'dev/null', kind: 'special', mode: 0o666, device: '1,3' },
    ]);
  });

  test('with long names in each of the three ways', () => {
    const long = `${'d'.repeat(120)}/${'f'.repeat(120)}`;
    const entries: Written[] = [
      { name: 'f'.repeat(90), prefix: 'p'.repeat(100) },
      { name: 'cut', longName: long, content: 'a' },
      { name: 'cut', pax: { path: long }, content: 'b' },
      { name: 'cut', type: '2', longLink: long },
      { name: 'next' },
    ];
    expect(read(tarOf(entries)).map(({ path, link, content }) => [path, link, content])).toEqual([
      [`${'p'.repeat(100)}/${'f'.repeat(90)}`, '', ''],
      [long, '', 'a'],
      [long, '', 'b'],
      ['cut', long, ''],
      ['next', '', ''],
    ]);
  });

  test('with what PAX says of them', () => {
    const pax = {
      size: '3',
      uid: '4000000',
      gid: '5000000',
      'SCHILY.xattr.security.capability': Buffer.from([1, 0, 255]),
      comment: 'nothing',
    };
    const [entry, after] = read(tarOf([{ name: 'a', content: 'abc', size: 0, pax }, { name: 'b' }]));
    expect(entry).toMatchObject({ size: 3, owner: '4000000:5000000', content: 'abc' });
    expect(entry?.attributes).toEqual(['SCHILY.xattr.security.capability=\x01\x00\xff']);
    expect(after).toMatchObject({ size: 0, owner: '0:0', attributes: [] });
  });

  test('with numbers too large for octal digits', () => {
    const header = headerOf({ name: 'a' }, 5);
    header.fill(0, 108, 116);
    header[108] = 0x80;
    header.writeUInt32BE(0xfffffff0, 112);
    const archive = Buffer.concat([
      signed(header),
      Buffer.from('12345'.padEnd(512, '\0')),
      Buffer.alloc(1024),
    ]);
    expect(read(archive)).toMatchObject([{ owner: `${0xfffffff0}:0`, content: '12345' }]);
  });

  test('of sparse files, whose map of holes may be longer than their header', () => {
    const header = headerOf({ name: 'sparse', type: 'S', magic: 'ustar  \0' }, 4);
    header[482] = 1;
    header.write('00004000000\0', 483);
    const more = Buffer.alloc(512);
    more[504] = 1;
    const last = Buffer.alloc(512);
    const content = Buffer.from('data'.padEnd(512, '\0'));
    const archive = Buffer.concat([signed(header), more, last, content, tarOf([{ name: 'next' }])]);
    expect(read(archive)).toMatchObject([
      { path: 'sparse', size: 0o4000000, content: 'data' },
      { path: 'next' },
    ]);
    const made = { 'GNU.sparse.name': 'real', path: 'GNUSparseFile.0/real', 'GNU.sparse.realsize': '9000' };
    expect(read(tarOf([{ name: 'x', pax: made, content: 'map' }]))).toMatchObject([
      { path: 'real', size: 9000 },
    ]);
  });

  test('in GNU’s archives, which keep times where others keep the beginning of a name', () => {
    const header = headerOf({ name: 'a', magic: 'ustar  \0', prefix: '12345670' }, 0);
    expect(read(Buffer.concat([signed(header), Buffer.alloc(1024)]))).toMatchObject([{ path: 'a' }]);
  });

  test('are read the same however the bytes are cut', () => {
    const entry = fc.record({
      name: fc.stringMatching(/^[a-z]{1,20}(\/[a-z]{1,8}){0,3}$/),
      content: fc.string({ maxLength: 1_200 }),
      pax: fc.option(fc.record({ path: fc.stringMatching(/^[a-zé]{1,300}$/) }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), fc.integer({ min: 1, max: 1_500 }), (entries, size) => {
        const archive = tarOf(
          entries.map(({ pax, ...rest }) => (pax === undefined ? rest : { ...rest, pax })),
        );
        const found = read(archive, size);
        expect(found.map(({ path }) => path)).toEqual(entries.map(({ name, pax }) => pax?.path ?? name));
        expect(found.map(({ content }) => content)).toEqual(
          entries.map(({ content }) => Buffer.from(content).toString('latin1')),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('names', () => {
  test('mean the same place however they are written', () => {
    const written = ['./a/b', '/a/b', 'a//b', 'a/./b/', 'a/x/../b', '///a/b///'];
    expect(names(written.map((name) => ({ name })))).toEqual(written.map(() => 'a/b'));
    expect(
      names([
        { name: './', type: '5' },
        { name: '/', type: '5' },
      ]),
    ).toEqual(['', '']);
  });

  test('that lead out of the archive are left out, with what is inside', () => {
    const hostile = ['../etc/passwd', 'a/../../etc/passwd', '/../x', '..', 'a/b/../../../c'];
    const entries = hostile.map((name) => ({ name, content: 'evil'.repeat(200) }));
    expect(names([...entries, { name: 'good' }, { name: 'a', pax: { path: '../../y' } }])).toEqual(['good']);
    expect(names([{ name: '..a/..b/...', content: 'x' }])).toEqual(['..a/..b/...']);
  });

  test('that no system could hold are left out', () => {
    const deep = 'a/'.repeat(200_000);
    expect(names([{ name: 'x', pax: { path: `${deep}end` } }, { name: 'good' }])).toEqual(['good']);
  });

  test('of any bytes stay different', () => {
    const written = ['caf\xe9', 'caf\xc3\xa9', 'caf\xff', '\xed\xa0\x80'].map((name) =>
      Buffer.from(name, 'latin1'),
    );
    const found = names(written.map((name) => ({ name })));
    expect(found).toEqual(['caf\udce9', 'café', 'caf\udcff', '\udced\udca0\udc80']);
    expect(names(written.map((path) => ({ name: 'x', pax: { path } })))).toEqual(found);
  });
});

describe('an archive that is damaged', () => {
  const good = tarOf([
    { name: 'a', content: 'x'.repeat(700) },
    { name: 'b', pax: { path: 'long' } },
  ]);

  test('by being cut off anywhere inside an entry', () => {
    const first = 512 + 1024;
    const second = first + 512 + 512 + 512;
    for (let length = 0; length < good.length; length += 1) {
      const cut = () => read(good.subarray(0, length));
      // Nothing is lost in the zeros behind a file or at the end; a block of them may be cut itself.
      const isPadding = length >= 512 + 700 && length <= first;
      const isWhole = length === 0 || isPadding || length === second || length >= second + 512;
      if (isWhole) expect(cut, String(length)).not.toThrow();
      else expect(cut, String(length)).toThrow('ends in the middle');
    }
  });

  test('in a header', () => {
    const broken = Buffer.from(good);
    broken[3] = 88;
    expect(() => read(broken)).toThrow('wrong checksum');
  });

  test('by numbers that are none, negative or beyond reason', () => {
    const claim = (bytes: readonly number[]) => {
      const header = headerOf({ name: 'a' }, 0);
      Buffer.from(bytes).copy(header, 124);
      return () => read(Buffer.concat([signed(header), Buffer.alloc(1024)]));
    };
    expect(claim([0x39, 0x39])).toThrow('a number is none');
    expect(claim([0xff, ...Array(11).fill(0xff)])).toThrow('out of range');
    expect(claim([0x80, ...Array(11).fill(0xff)])).toThrow('out of range');
    expect(claim([0x80, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0])).toThrow('ends in the middle');
  });

  test('by PAX records that do not fit', () => {
    const records = [
      '9 path=abc\n',
      '999 path=a\n',
      'x path=a\n',
      '11 path=abcd',
      '5 pat\n',
      '12 size=-1\n\n',
    ];
    for (const content of records) {
      expect(() => read(tarOf([{ name: 'p', type: 'x', content }, { name: 'a' }])), content).toThrow(
        'damaged',
      );
    }
  });

  test('by a header that claims gigabytes for a name', () => {
    expect(() => read(tarOf([{ name: 'p', type: 'L', size: 2 ** 31 }]))).toThrow('too long');
    expect(() => read(tarOf([{ name: 'p', type: 'x', size: 2 ** 31 }]))).toThrow('too long');
  });

  test('or ends early: what is behind the end is not looked at', () => {
    const archive = Buffer.concat([
      tarOf([{ name: 'a' }], 2),
      ...entryOf({ name: 'b' }),
      Buffer.from('garbage'),
    ]);
    expect(read(archive).map(({ path }) => path)).toEqual(['a']);
  });
});

test('a hundred thousand entries take less than two seconds', () => {
  const archive = tarOf(
    Array.from({ length: 100_000 }, (_, at) => ({ name: `folder${at % 100}/file${at}`, content: 'x' })),
  );
  const began = performance.now();
  let count = 0;
  const reader = createTarReader(() => {
    count += 1;
    return undefined;
  });
  for (const piece of piecesOf(archive, 65_536)) reader.write(piece);
  reader.end();
  expect(count).toBe(100_000);
  expect(performance.now() - began).toBeLessThan(2_000);
});
