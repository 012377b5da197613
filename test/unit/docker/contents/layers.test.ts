import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readIndex, writeIndex } from '#main/docker/contents/index-text.ts';
import { createLayerIndexBuilder, type LayerIndex } from '#main/docker/contents/layer-index.ts';
import { applyLayer } from '#main/docker/contents/merge-layers.ts';
import { createTarReader } from '#main/docker/contents/tar-reader.ts';
import type { FileFacts } from '#shared/domain/image-files.ts';
import { tarOf, type Written } from './archive.ts';

function indexOf(entries: readonly Written[], limit?: number): LayerIndex {
  const builder = createLayerIndexBuilder(limit);
  const reader = createTarReader(builder.add);
  reader.write(tarOf(entries));
  reader.end();
  return builder.finish();
}

/** The files of an image with these layers, lowest first. */
function filesOf(...layers: readonly (readonly Written[])[]): Map<string, FileFacts> {
  const files = new Map<string, FileFacts>();
  for (const layer of layers) applyLayer(files, indexOf(layer));
  return files;
}

const folder = (name: string): Written => ({ name, type: '5', mode: 0o755 });
const file = (name: string, content = name): Written => ({ name, content });
const pathsOf = (files: ReadonlyMap<string, FileFacts>) =>
  [...files]
    .filter(([, { kind }]) => kind !== 'folder')
    .map(([path]) => path)
    .sort();

describe('layers on top of each other', () => {
  const below = [folder('a'), file('a/one'), file('a/two'), folder('a/deep'), file('a/deep/x'), file('b')];

  test.each<[string, readonly Written[], readonly string[]]>([
    ['a new file', [file('a/three')], ['a/deep/x', 'a/one', 'a/three', 'a/two', 'b']],
    ['a deleted file', [file('a/.wh.one', '')], ['a/deep/x', 'a/two', 'b']],
    ['a deleted folder', [file('.wh.a', '')], ['b']],
    [
      'a deleted folder and a new one of its name',
      [file('.wh.a', ''), folder('a'), file('a/new')],
      ['a/new', 'b'],
    ],
    ['the same, told in the other order', [folder('a'), file('a/new'), file('.wh.a', '')], ['a/new', 'b']],
    ['an opaque folder', [folder('a'), file('a/new'), file('a/.wh..wh..opq', '')], ['a/new', 'b']],
    ['an opaque top', [file('.wh..wh..opq', ''), file('new')], ['new']],
    [
      'what a storage driver keeps for itself',
      [file('.wh..wh.aufs', ''), folder('.wh..wh.plnk')],
      pathsOf(filesOf(below)),
    ],
    ['a file in the place of a folder', [file('a')], ['a', 'b']],
    ['a link in the place of a folder', [{ name: 'a', type: '2', link: 'b' }], ['a', 'b']],
    ['a folder in the place of a file', [folder('b'), file('b/in')], ['a/deep/x', 'a/one', 'a/two', 'b/in']],
    [
      'a deleted file that comes again',
      [file('a/.wh.one', ''), file('a/one', 'new')],
      ['a/deep/x', 'a/one', 'a/two', 'b'],
    ],
    [
      'something deleted that was never there',
      [file('.wh.none', ''), file('a/.wh.none', '')],
      pathsOf(filesOf(below)),
    ],
    [
      'a deleted file whose name only begins like others',
      [file('.wh.a/on', '')],
      pathsOf(filesOf(below, [file('.wh.a/on')])),
    ],
  ])('%s', (_, above, expected) => {
    expect(pathsOf(filesOf(below, above))).toEqual(expected);
  });

  test('a folder that an archive only implies takes no other’s place', () => {
    const files = filesOf(
      [folder('a'), { name: 'link', type: '2', link: 'a' }],
      [file('a/b/c'), file('link/d')],
    );
    expect(files.get('a')).toMatchObject({ kind: 'folder', mode: 0o755 });
    expect(files.get('a/b')).toMatchObject({ kind: 'folder' });
    expect(files.get('link')).toMatchObject({ kind: 'symlink', content: 'a' });
  });

  test('what implied folders hold goes with them', () => {
    expect(pathsOf(filesOf([file('a/b/c'), file('d')], [file('a')]))).toEqual(['a', 'd']);
    expect(pathsOf(filesOf([file('a/b/c'), file('d')], [file('.wh.a', '')]))).toEqual(['d']);
  });

  test('many deleted files among many take less than two seconds', () => {
    const many = Array.from({ length: 30_000 }, (_, at) => file(`d${at % 300}/f${at}`, 'x'));
    const gone = Array.from({ length: 15_000 }, (_, at) => file(`d${at % 300}/.wh.f${at}`, ''));
    const [lower, upper] = [indexOf(many), indexOf(gone)];
    const began = performance.now();
    const files = new Map<string, FileFacts>();
    applyLayer(files, lower);
    applyLayer(files, upper);
    expect(pathsOf(files)).toHaveLength(15_000);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe('facts of a file', () => {
  test('tell content, owner, mode and attributes apart, and nothing else', () => {
    const content = (entry: Written) => indexOf([entry]).files.get('f')?.content;
    expect(content(file('f', 'same'))).toBe(content({ ...file('f', 'same'), mode: 0o600 }));
    expect(content(file('f', 'same'))).not.toBe(content(file('f', 'came')));
    const pax = { 'SCHILY.xattr.user.a': 'b' };
    expect(indexOf([{ ...file('f'), pax }]).files.get('f')?.attributes).toMatch(/^[0-9a-f]{32}$/);
    expect(indexOf([file('f')]).files.get('f')).not.toHaveProperty('attributes');
  });

  test('are the same however the content came in pieces', () => {
    const whole = indexOf([file('f', 'x'.repeat(5_000))]).files.get('f');
    const builder = createLayerIndexBuilder();
    const reader = createTarReader(builder.add);
    for (const byte of tarOf([file('f', 'x'.repeat(5_000))])) reader.write(Buffer.from([byte]));
    expect(builder.finish().files.get('f')).toEqual(whole);
  });

  test('of a hard link are those of what it names, before or behind it, in this layer or below', () => {
    const link = (name: string, to: string): Written => ({ name, type: '1', link: to });
    const files = filesOf(
      [file('low', 'low')],
      [
        link('early', './real'),
        file('real', 'content'),
        link('late', '/real'),
        link('down', 'low'),
        link('none', 'gone'),
      ],
    );
    const { content, size } = files.get('real') ?? {};
    for (const name of ['early', 'late'])
      expect(files.get(name)).toMatchObject({ content, size, isLinked: true });
    expect(files.get('down')).toMatchObject({ size: 3, content: files.get('low')?.content, isLinked: true });
    expect(files.get('none')).toMatchObject({ kind: 'file', size: 0 });
  });

  test('a file that stands twice in one layer is the later one', () => {
    expect(filesOf([file('f', 'one'), file('f', 'three')]).get('f')?.size).toBe(5);
  });
});

describe('packages', () => {
  test('are kept with the file that tells of them, and go with it', () => {
    const status = 'Package: curl\nStatus: install ok installed\nVersion: 8.0\n';
    const one = [file('var/lib/dpkg/status', status)];
    const packages = (files: ReadonlyMap<string, FileFacts>) =>
      [...files.values()].flatMap((found) => found.packages ?? []);
    expect(packages(filesOf(one))).toEqual([{ manager: 'dpkg', name: 'curl', version: '8.0' }]);
    expect(packages(filesOf(one, [file('var/lib/dpkg/status', status.replace('8.0', '8.1'))]))).toMatchObject(
      [{ version: '8.1' }],
    );
    expect(packages(filesOf(one, [file('var/lib/dpkg/.wh.status', '')]))).toEqual([]);
  });

  test('are not counted again under another name of the file', () => {
    const json = '{"version":"1.0.0"}';
    const index = indexOf([
      file('node_modules/a/package.json', json),
      { name: 'same', type: '1', link: 'node_modules/a/package.json' },
    ]);
    expect(index.files.get('same')).not.toHaveProperty('packages');
  });

  test('of a database that is larger than any are not read', () => {
    const huge = tarOf([{ name: 'etc/os-release', content: `PRETTY_NAME=x\n${' '.repeat(70_000)}` }]);
    const builder = createLayerIndexBuilder();
    createTarReader(builder.add).write(huge);
    expect(builder.finish().files.get('etc/os-release')).not.toHaveProperty('system');
  });
});

test('an archive of more entries than there may be is refused, implied folders counted', () => {
  const entries = Array.from({ length: 11 }, (_, at) => file(`f${at}`));
  expect(() => indexOf(entries, 10)).toThrow('more than 10 entries');
  expect(() => indexOf([file('a/b/c/d/e/f/g/h/i/j/k')], 10)).toThrow('more than 10 entries');
  expect(indexOf(entries, 11).files.size).toBe(11);
});

describe('an index in the cache', () => {
  test('is read as it was written, whatever the names are', () => {
    const facts = fc.record({
      kind: fc.constantFrom('file', 'folder', 'symlink', 'special' as const),
      size: fc.nat(),
      mode: fc.integer({ min: 0, max: 0o7777 }),
      owner: fc.constantFrom('0:0', '1000:1000', '4294967295:0'),
      content: fc.string(),
    });
    const rest = fc.record(
      {
        attributes: fc.string(),
        isLinked: fc.constant(true as const),
        isImplied: fc.constant(true as const),
        sameAs: fc.string(),
        system: fc.string(),
        packages: fc.array(
          fc.record({ manager: fc.constant('npm' as const), name: fc.string(), version: fc.string() }),
        ),
      },
      { requiredKeys: [] },
    );
    const name = fc.string({
      unit: fc.constantFrom('a', '/', 'é', '€', '😀', '\udc80', '\udcff', '\n', '__proto__'),
    });
    const entry = fc.tuple(
      name,
      fc.tuple(facts, rest).map(([one, other]) => ({ ...one, ...other })),
    );
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 10 }),
        fc.array(name),
        fc.array(name),
        (files, hidden, opaque) => {
          const index = { files: new Map(files), hidden: new Set(hidden), opaque: new Set(opaque) };
          expect(readIndex(writeIndex(index))).toEqual(index);
        },
      ),
    );
  });

  test('of something else throws', () => {
    expect(() => readIndex(Buffer.from('nothing'))).toThrow();
  });
});
