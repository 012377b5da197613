import { expect, it } from 'vitest';
import { oursIn } from '#main/targets/render/find-ours.ts';
import type { RenderDeploy } from '#main/targets/render/shapes.ts';

const [digest, other] = ['a', 'b'].map((letter) => `sha256:${letter.repeat(64)}`);
const at = (ms: number) => new Date(ms).toISOString();
const deploy = (id: string, ms: number, more: Partial<RenderDeploy> = {}): RenderDeploy => ({
  id,
  createdAt: at(ms),
  trigger: 'api',
  image: { ref: `ghcr.io/acme/shop@${digest}` },
  ...more,
});

const since = 1_000_000;
const find = (deploys: readonly RenderDeploy[], aheadMs = 0) =>
  oursIn(deploys, { digest: digest ?? '', since }, aheadMs)?.id;

it('is of our image, by the API, since it was asked for', () => {
  expect(find([])).toBeUndefined();
  expect(find([deploy('a', since + 100)])).toBe('a');
  expect(find([deploy('a', since - 60_000)])).toBeUndefined();
  expect(find([deploy('a', since + 100, { trigger: 'manual' })])).toBeUndefined();
  expect(find([deploy('a', since + 100, { image: { ref: `ghcr.io/acme/shop@${other}` } })])).toBeUndefined();
  expect(find([deploy('a', since + 100, { image: { ref: 'ghcr.io/acme/shop:1', sha: digest } })])).toBe('a');
  expect(find([{ id: 'a', image: { ref: `x@${digest}` } }])).toBeUndefined();
});

it('of several the oldest, for the others came after ours', () => {
  expect(find([deploy('c', since + 300), deploy('b', since + 200), deploy('a', since - 60_000)])).toBe('b');
});

it('by Render’s clock, not ours', () => {
  expect(find([deploy('a', since - 59_000)], -60_000)).toBe('a');
  expect(find([deploy('a', since + 50_000)], 60_000)).toBeUndefined();
});
