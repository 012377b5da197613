import { expect, it } from 'vitest';
import { createClock } from '#main/host/clock.ts';
import type { RenderApi } from '#main/targets/render/api.ts';
import { findOurs, oursIn } from '#main/targets/render/find-ours.ts';
import type { RenderDeploy } from '#main/targets/render/shapes.ts';
import { only } from '#test/fakes/only.ts';

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
const find = (deploys: readonly RenderDeploy[]) => oursIn(deploys, digest ?? '', since)?.id;

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

// Ours is an hour ahead of Render's, and is set back while Gantry looks.
it('by Render’s clock, and by how long ago it was, whatever ours says', async () => {
  const ago = 30_000;
  const api = only<RenderApi>({
    deploys: async () => ({
      deploys: [deploy('b', since + 100), deploy('a', since - 60_000)],
      serverNow: since + ago,
    }),
  });
  const sought = { digest: digest ?? '', sinceMs: () => ago, pollMs: 1 };
  const clock = { ...createClock(), now: () => since + 3_600_000 };
  const found = await findOurs(api, sought, { clock, signal: new AbortController().signal });
  expect(found?.id).toBe('b');
});
