import { expect, test } from 'vitest';
import { chainsOf, sizesOf } from '#main/docker/image-space.ts';

const entry = (CreatedBy: string, Size: number) => ({ CreatedBy, Size });

test('a layer counts once for each stack that it lies on', () => {
  const [first, second] = chainsOf(['sha256:a', 'sha256:b']);
  expect(first).toBe('sha256:a');
  expect(chainsOf(['sha256:a', 'sha256:b', 'sha256:c'])[1]).toBe(second);
  expect(chainsOf(['sha256:x', 'sha256:b'])[1]).not.toBe(second);
  expect(chainsOf([])).toEqual([]);
});

test.each<[string, Parameters<typeof sizesOf>[0], number, readonly number[] | undefined]>([
  [
    'BuildKit, with layers that are empty and steps that made none; newest first',
    [
      entry('CMD ["sh"]', 0),
      entry('RUN /bin/sh -c true # buildkit', 0),
      entry('ENV A=1', 0),
      entry('WORKDIR /srv', 0),
      entry('COPY big.bin /big.bin # buildkit', 30),
      entry('', 2),
    ],
    4,
    [2, 30, 0, 0],
  ],
  [
    'the classic builder',
    [
      entry('/bin/sh -c #(nop)  CMD ["sh"]', 0),
      entry('/bin/sh -c true', 0),
      entry('/bin/sh -c #(nop) COPY file:1 in / ', 5),
      entry('/bin/sh -c #(nop) ADD file:0 in / ', 7),
    ],
    3,
    [7, 5, 0],
  ],
  ['a history that does not fit', [entry('COPY a /a', 3)], 2, undefined],
  ['one that was thrown away', [], 1, undefined],
])('%s', (_name, history, layers, sizes) => {
  expect(sizesOf(history, layers)).toEqual(sizes);
});
