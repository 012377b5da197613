import { describe, expect, test } from 'vitest';
import type { Wish } from '#main/core/ports.ts';
import { createTargets } from '#main/targets/index.ts';
import { partOf, together } from '#main/targets/several/seen.ts';
import { environmentNameSchema, releaseIdSchema } from '#shared/domain/ids.ts';
import type { Observed } from '#shared/domain/observed.ts';

const target = createTargets().get('several');
const compose = (more: object = {}) => ({ kind: 'compose', ...more });
const render = (more: object = {}) => ({
  kind: 'render',
  service: 'srv-test0000000000000001',
  repository: 'ghcr.io/acme/shop',
  apiKey: 'secret://env/KEY',
  ...more,
});
const config = (targets: Readonly<Record<string, object>>) =>
  target.config.parse({ kind: 'several', targets });
const place = { workspace: 'shop', environment: environmentNameSchema.parse('prod'), image: 'shop' };

const wish: Wish = {
  workspace: 'shop',
  environment: place.environment,
  release: {
    id: releaseIdSchema.parse('r-1aaaaa'),
    version: '1.0.0',
    imageId: 'sha256:1',
    ref: 'shop:r-1aaaaa',
    image: 'shop',
  },
  envKeys: [],
  envFingerprint: 'f',
  envFiles: [],
  health: { interval: 10, deadline: 1_000 },
};

const running = (name: string, imageId = 'sha256:1'): Observed => ({
  kind: 'running',
  at: 2,
  services: [{ name, imageId, imageRef: 'shop:r-1aaaaa', health: 'healthy', state: 'up', ports: [] }],
  settings: { replicas: '1' },
});

describe('several targets of one environment', () => {
  test('are planned one after the other, each step with whose it is', () => {
    const steps = target.plan(wish, { kind: 'empty', at: 1 }, config({ eu: compose(), us: compose() }));
    const half = steps.length / 2;
    expect(steps.map((step) => step.part)).toEqual([...Array(half).fill('eu'), ...Array(half).fill('us')]);
    expect(steps[1]).toMatchObject({ id: 'eu-start', title: 'eu: Start services' });
    expect(steps[half + 1]).toMatchObject({ id: 'us-start', title: 'us: Start services' });
    // Names that are made of the environment's are of one member only.
    expect(JSON.stringify(steps.slice(0, half))).toContain('shop-prod-eu');
    expect(JSON.stringify(steps.slice(half))).not.toContain('shop-prod-eu');
  });

  test.each<[string, Readonly<Record<string, object>>, RegExp]>([
    ['none', {}, /at least one/],
    [
      'two that look for the image elsewhere',
      { eu: compose(), us: render() },
      /where the image is looked for/,
    ],
    [
      'two repositories',
      { eu: render(), us: render({ repository: 'ghcr.io/acme/other' }) },
      /the repository/,
    ],
    ['two engines', { eu: compose(), us: compose({ engine: { host: 'tcp://us:2376' } }) }, /the engine/],
    ['several inside several', { eu: { kind: 'several', targets: {} } }, /discriminator|Invalid/i],
    [
      'a tag in a registry',
      { eu: { kind: 'registry', repository: 'ghcr.io/acme/shop' } },
      /discriminator|Invalid/i,
    ],
    ['settings that a member does not know', { eu: compose({ fiel: 'x' }) }, /fiel/],
  ])('are refused: %s', (_what, targets, why) => {
    const parsed = target.config.safeParse({ kind: 'several', targets });
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).toMatch(why);
  });

  test('say where they all are', () => {
    const { label } = target.describe(config({ eu: compose(), us: compose() }), place);
    expect(label).toMatch(/^eu: .*shop-prod-eu.*, us: .*shop-prod-us/);
  });

  test('go by the rules of their members', () => {
    expect(target.imageRules?.(config({ eu: compose() }))).toMatchObject({ compares: 'image-id' });
    expect(target.imageRules?.(config({ eu: render() }))).toMatchObject({ compares: 'digest' });
    expect(target.repository?.(config({ eu: render(), us: render() }))).toBe('ghcr.io/acme/shop');
  });
});

describe('what they run together', () => {
  test('names each service with its member, and is what each saw again', () => {
    const seen = together([
      ['eu', running('web')],
      ['us', running('web', 'sha256:2')],
    ]);
    expect(seen).toMatchObject({
      kind: 'running',
      services: [{ name: 'eu/web' }, { name: 'us/web', imageId: 'sha256:2' }],
      settings: { 'eu/replicas': '1', 'us/replicas': '1' },
    });
    expect(partOf(seen, 'us')).toEqual(running('web', 'sha256:2'));
  });

  test('is not overlooked where one of them runs nothing', () => {
    const seen = together([
      ['eu', running('web')],
      ['us', { kind: 'empty', at: 1 }],
    ]);
    expect(seen).toMatchObject({
      services: [{ name: 'eu/web' }, { name: 'us', health: 'stopped', state: 'runs nothing' }],
    });
    expect(partOf(seen, 'us')).toEqual({ kind: 'empty', at: 2 });
  });

  test.each<[string, Observed, Observed['kind']]>([
    ['cannot be asked now', { kind: 'unreachable', at: 1, why: 'no answer' }, 'unreachable'],
    ['can never be asked', { kind: 'unobservable', at: 1, why: 'a hook' }, 'unobservable'],
  ])('is not known where one of them %s', (_what, one, kind) => {
    const seen = together([
      ['eu', running('web')],
      ['us', one],
    ]);
    expect(seen).toMatchObject({ kind, why: expect.stringMatching(/^us: /) });
  });

  test('is nothing where none runs anything', () => {
    expect(together([['eu', { kind: 'empty', at: 1 }]])).toEqual({ kind: 'empty', at: 1 });
  });
});
