import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLayerIndexBuilder, type LayerIndex } from '#main/docker/contents/layer-index.ts';
import { applyLayer } from '#main/docker/contents/merge-layers.ts';
import { standsAlone } from '#main/docker/contents/stands-alone.ts';
import { createTarReader } from '#main/docker/contents/tar-reader.ts';
import { diffContents } from '#shared/domain/image-contents.ts';
import type { FileFacts } from '#shared/domain/image-files.ts';
import { tarOf, type Written } from './archive.ts';
import { left, right } from './sample-images.ts';

type Layer = readonly Written[];

function indexOf(layer: Layer): LayerIndex {
  const builder = createLayerIndexBuilder();
  const reader = createTarReader(builder.add);
  reader.write(tarOf(layer));
  reader.end();
  return builder.finish();
}

/** What a comparison says of images with these layers, lowest first. */
function difference(before: readonly LayerIndex[], after: readonly LayerIndex[]) {
  const imageOf = (facts: typeof left, indexes: readonly LayerIndex[]) => {
    const files = new Map<string, FileFacts>();
    for (const index of indexes) applyLayer(files, index);
    return { facts, layers: [], files };
  };
  const { files, packages } = diffContents(imageOf(left, before), imageOf(right, after));
  return { files, packages };
}

const file = (name: string, content = name): Written => ({ name, content });
const folder = (name: string): Written => ({ name, type: '5', mode: 0o755 });
const link = (name: string, to: string): Written => ({ name, type: '1', link: to });
const npm = (folderName: string, version: string): Written =>
  file(`${folderName}/node_modules/x/package.json`, JSON.stringify({ name: 'x', version }));

describe('two images differ by what is above the layers they share', () => {
  test.each<[string, readonly Layer[], readonly Layer[]]>([
    [
      'the same files with other contents',
      [[folder('a'), file('a/x', '1')]],
      [[folder('a'), file('a/x', '2')]],
    ],
    [
      'the same files in more layers',
      [[file('a/x', '1'), file('a/y', '1')]],
      [[file('a/x', '2')], [file('a/y', '2')]],
    ],
    ['another owner', [[file('x')]], [[{ ...file('x'), uid: 7 }]]],
    ['a link in the place of a file', [[file('x')]], [[{ name: 'x', type: '2', link: 'y' }]]],
    ['files that both delete', [[file('.wh.a'), file('x', '1')]], [[file('.wh.a'), file('x', '2')]]],
    [
      'another name of a file that is above, too',
      [[file('x', '1'), link('y', 'x')]],
      [[file('x', '2'), link('y', 'x')]],
    ],
    ['the same packages', [[npm('a', '1'), file('x', '1')]], [[npm('a', '1'), file('x', '2')]]],
  ])('%s', (_, before, after) => {
    expect(standsAlone(before.map(indexOf), after.map(indexOf))).toBe(true);
  });

  test.each<[string, readonly Layer[], readonly Layer[]]>([
    ['a file that may be below as well', [[file('x', '1')]], [[file('x', '2'), file('y')]]],
    ['a file that may be below, taken away', [[file('x'), file('y')]], [[file('x')]]],
    ['a folder that may be a file below', [[file('x')]], [[file('x'), folder('y')]]],
    ['what one deletes', [[file('x', '1')]], [[file('x', '2'), file('.wh.y')]]],
    ['a folder that one empties', [[file('a/x')]], [[file('a/x'), file('a/.wh..wh..opq', '')]]],
    [
      'a folder that was a file for a while',
      [[folder('a'), file('a/x')]],
      [[file('a')], [folder('a'), file('a/x')]],
    ],
    ['a file in the place of a folder', [[folder('a')]], [[file('a')]]],
    [
      'another name of a file below',
      [[file('x', '1'), link('y', 'below')]],
      [[file('x', '2'), link('y', 'below')]],
    ],
    [
      'what the system is called, which another file below may say',
      [[file('usr/lib/os-release', 'PRETTY_NAME="1"')]],
      [[file('usr/lib/os-release', 'PRETTY_NAME="2"')]],
    ],
    ['a package that may be below in another version', [[npm('a', '1')]], [[npm('a', '2')]]],
  ])('not: %s', (_, before, after) => {
    expect(standsAlone(before.map(indexOf), after.map(indexOf))).toBe(false);
  });
});

const names = fc.constantFrom('a', 'b', 'a/x', 'a/y', 'a/c', 'a/c/z', 'b/x');
const entry: fc.Arbitrary<Written> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(names, fc.constantFrom('1', '2')).map(([name, text]) => file(name, text)),
  },
  { weight: 2, arbitrary: names.map(folder) },
  { weight: 1, arbitrary: names.map((name) => file(name.replace(/[^/]*$/, '.wh.$&'), '')) },
  { weight: 1, arbitrary: fc.constantFrom('a', 'b', 'a/c').map((name) => file(`${name}/.wh..wh..opq`, '')) },
  { weight: 1, arbitrary: fc.tuple(names, names).map(([name, to]) => link(name, to)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2'))
      .map(([at, version]) => npm(at, version)),
  },
);
const layer = fc.array(entry, { maxLength: 5 });
const layers = fc.array(layer, { minLength: 1, maxLength: 3 });
/** The same with other contents here and there: else hardly any two would have the same shape. */
const pair = fc.oneof(
  fc.tuple(layers, layers),
  fc.tuple(layers, fc.infiniteStream(fc.constantFrom(undefined, '1', '2'))).map(([before, texts]) => {
    const after = before.map((each) =>
      each.map((written): Written => {
        const text = texts.next().value;
        return written.content && text !== undefined && /^[12]$/.test(String(written.content))
          ? { ...written, content: text }
          : written;
      }),
    );
    return [before, after] as const;
  }),
);

test('whatever is below them, those that stand alone differ by the same', () => {
  let alone = 0;
  let differing = 0;
  fc.assert(
    fc.property(layers, pair, (below, [before, after]) => {
      const [base, upper, other] = [below.map(indexOf), before.map(indexOf), after.map(indexOf)];
      if (!standsAlone(upper, other)) return;
      alone += 1;
      const short = difference(upper, other);
      if (short.files.list.length > 0) differing += 1;
      expect(short).toEqual(difference([...base, ...upper], [...base, ...other]));
    }),
    { numRuns: 2_500 },
  );
  expect(alone).toBeGreaterThan(250);
  expect(differing).toBeGreaterThan(100);
});
