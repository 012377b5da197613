import { describe, expect, test } from 'vitest';
import type { Target, Wish } from '#main/core/ports.ts';
import { createTargets } from '#main/targets/index.ts';
import { createSeveralTarget } from '#main/targets/several/index.ts';
import { together } from '#main/targets/several/seen.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { environmentNameSchema, releaseIdSchema } from '#shared/domain/ids.ts';
import { asWhole, type Observed, partOf } from '#shared/domain/observed.ts';
import { ioAt } from './io.ts';

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

  test('serves at an address in each place', () => {
    const at = (address: string) => ({ ...running('web'), address }) as Observed;
    const seen = together([
      ['eu', at('https://eu.example')],
      ['us', at('https://us.example')],
      ['ap', running('web')],
    ]);
    expect(partOf(seen, 'us')).toEqual(at('https://us.example'));
    expect(partOf(seen, 'ap')).toEqual(running('web'));
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

  const unreachable: Observed = { kind: 'unreachable', at: 1, why: 'no answer' };
  const hook: Observed = { kind: 'unobservable', at: 1, why: 'a hook' };

  test.each<[string, Observed]>([
    ['cannot be asked now', unreachable],
    ['can never be asked', hook],
  ])('is known of the others where one of them %s, and why not of that one', (_what, one) => {
    const seen = together([
      ['eu', one],
      ['us', running('web')],
      ['ap', { kind: 'empty', at: 1 }],
    ]);
    if (seen.kind !== 'running' || !('why' in one)) throw new Error(JSON.stringify(seen));
    expect(seen.services.map(({ name }) => name)).toEqual(['us/web', 'ap']);
    expect(seen.places).toEqual([
      { name: 'eu', kind: one.kind, why: one.why },
      { name: 'us', kind: 'running' },
      { name: 'ap', kind: 'empty' },
    ]);
    expect(partOf(seen, 'eu')).toEqual({ kind: one.kind, at: 2, why: one.why });
    expect(partOf(seen, 'us')).toEqual(running('web'));
    expect(partOf(seen, 'ap')).toEqual({ kind: 'empty', at: 2 });
    // Whoever needs to know all of it knows nothing.
    expect(asWhole(seen)).toEqual({ kind: one.kind, at: 2, why: `eu: ${one.why}` });
  });

  test('is all known where each of them answers', () => {
    const seen = together([['eu', running('web')]]);
    expect(asWhole(seen)).toBe(seen);
  });

  test.each<[string, Observed, Observed, Observed]>([
    [
      'cannot be asked now',
      unreachable,
      unreachable,
      { ...unreachable, why: 'eu: no answer; us: no answer' },
    ],
    ['can never be asked', hook, hook, { ...hook, why: 'eu: a hook; us: a hook' }],
    ['cannot be asked or never', hook, unreachable, { ...unreachable, why: 'eu: a hook; us: no answer' }],
  ])('is not known where each of them %s', (_what, eu, us, whole) => {
    expect(
      together([
        ['eu', eu],
        ['us', us],
      ]),
    ).toEqual(whole);
  });

  test('is known of those that answer when one of them throws or has not answered in time', async () => {
    const late = AbortSignal.timeout(40);
    const kind = (name: string, observe: Target['observe']): Target => ({
      ...createTargets().get('webhook'),
      kind: name,
      observe,
    });
    const kinds = [
      kind('well', async () => running('web')),
      kind('broken', async () => {
        throw new GantryError('secret-unresolved', 'There is no KEY.', 'Set it.');
      }),
      kind('hanging', () => new Promise(() => {})),
    ];
    const several = createSeveralTarget(kinds);
    const targets = Object.fromEntries(kinds.map((one) => [one.kind, { kind: one.kind }]));
    const seen = await several.observe({ kind: 'several', targets }, place, {
      ...ioAt(() => []),
      signal: late,
    });
    expect(seen).toMatchObject({
      kind: 'running',
      services: [{ name: 'well/web' }],
      places: [
        { name: 'well', kind: 'running' },
        { name: 'broken', kind: 'unreachable', why: 'There is no KEY.' },
        { name: 'hanging', kind: 'unreachable', why: 'it has not answered in time' },
      ],
    });
  });

  test('is not looked for any longer by whoever called it off', async () => {
    const off = new AbortController();
    const hanging: Target = { ...createTargets().get('webhook'), observe: () => new Promise(() => {}) };
    const several = createSeveralTarget([hanging]);
    const config = { kind: 'several', targets: { eu: { kind: 'webhook' } } } as const;
    const seen = several.observe(config, place, { ...ioAt(() => []), signal: off.signal });
    off.abort();
    await expect(seen).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('is nothing where none runs anything', () => {
    expect(together([['eu', { kind: 'empty', at: 1 }]])).toEqual({ kind: 'empty', at: 1 });
  });
});
