import { expect, it } from 'vitest';
import { didYouMean } from '#main/workspace/did-you-mean.ts';

const keys = ['name', 'image', 'build', 'tests', 'env', 'environments'];

it.each([
  ['nmae', 'name'],
  ['Image', 'image'],
  ['enviroments', 'environments'],
  ['envs', 'env'],
  ['test', 'tests'],
  ['docker', undefined],
  ['', undefined],
])('%s -> %s', (written, meant) => {
  expect(didYouMean(written, keys)).toBe(meant);
});
