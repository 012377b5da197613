import { describe, expect, it } from 'vitest';
import { imageActionSchema } from '#main/core/availability/action.ts';
import type { AvailabilityFacts } from '#main/core/availability/facts.ts';
import { planAvailability } from '#main/core/availability/plan.ts';
import { tagFields, tagName } from '#main/core/availability/tag-names.ts';
import { sampleImageId, sampleRelease } from './samples.ts';

const release = sampleRelease('a');
const digest = `sha256:${'d'.repeat(64)}`;
const other = `sha256:${'e'.repeat(64)}`;
const own = 'ghcr.io/acme/shop:r-aaaaaa';
const destination = { repository: 'ghcr.io/acme/shop', ref: own, tags: [] };
const there = (at = digest) => ({ digest: at, mediaType: 'm', size: 7, platforms: [] });

function facts(changes: Partial<AvailabilityFacts> = {}): AvailabilityFacts {
  return {
    environment: 'prod',
    release: release.id,
    image: {
      imageId: sampleImageId('a'),
      configDigest: sampleImageId('a'),
      size: 1_000,
      ref: 'shop:r-aaaaaa',
      platforms: ['linux/amd64'],
    },
    needs: 'registry',
    isOnEngine: true,
    sources: [],
    ...changes,
  };
}

const blocks = (plan: ReturnType<typeof planAvailability>) =>
  plan.warnings.filter(({ level }) => level === 'block').map(({ what }) => what);

describe('where an image has to be', () => {
  it('on this engine, where it is: nothing to do, and no registry has a part in it', () => {
    const plan = planAvailability(facts({ needs: 'engine' }));
    expect(plan).toEqual({ availability: [], tags: [], warnings: [], before: [], after: [] });
  });

  it('never pushed: it is pushed, and its digest is not known yet', () => {
    const plan = planAvailability(facts({ destination }));
    expect(plan.availability).toEqual([
      { kind: 'push', ref: own, imageId: sampleImageId('a'), bytes: 1_000 },
    ]);
    expect(plan.remote).toEqual({ repository: destination.repository, ref: own });
    expect(plan.before.map(({ id, repeatable, changes }) => ({ id, repeatable, changes }))).toEqual([
      { id: 'image-registry', repeatable: true, changes: false },
    ]);
    for (const step of plan.before)
      expect(imageActionSchema.parse(step.action)).toMatchObject({ core: 'available' });
  });

  it('there already by digest, or by what is in it', () => {
    const source = { repository: 'ghcr.io/other', digest, size: 7 };
    const byDigest = planAvailability(
      facts({ destination: { ...destination, now: there() }, sources: [source] }),
    );
    expect(byDigest.availability).toEqual([{ kind: 'there', ref: own, digest }]);
    const now = { ...there(other), configDigest: sampleImageId('a') };
    const byConfig = planAvailability(facts({ destination: { ...destination, now } }));
    expect(byConfig.availability).toEqual([{ kind: 'there', ref: own, digest: other }]);
  });

  it('in another repository: carried by digest, inside the registry where there is one', () => {
    const sources = [
      { repository: 'docker.io/acme/shop', digest: other, size: 9 },
      { repository: 'ghcr.io/acme/staging', digest, size: 7 },
    ];
    const plan = planAvailability(facts({ destination, sources }));
    expect(plan.availability).toEqual([
      {
        kind: 'promote',
        ref: own,
        digest,
        from: `ghcr.io/acme/staging@${digest}`,
        isSameRegistry: true,
        bytes: 7,
      },
    ]);
    const [far] = planAvailability(facts({ destination, sources: sources.slice(0, 1) })).availability;
    expect(far).toMatchObject({ kind: 'promote', isSameRegistry: false, bytes: 9 });
  });

  it('another image under the release’s own name blocks', () => {
    const plan = planAvailability(facts({ destination: { ...destination, now: there(other) } }));
    expect(blocks(plan)).toEqual([`${own} is another image`]);
  });

  it('gone from the engine: fetched from where it was put, else it is gone', () => {
    const sources = [{ repository: 'ghcr.io/acme/shop', digest, size: 7 }];
    const plan = planAvailability(facts({ needs: 'engine', isOnEngine: false, sources }));
    expect(plan.availability).toEqual([
      {
        kind: 'pull',
        from: `ghcr.io/acme/shop@${digest}`,
        imageId: sampleImageId('a'),
        ref: 'shop:r-aaaaaa',
        bytes: 7,
      },
    ]);
    expect(() => planAvailability(facts({ needs: 'engine', isOnEngine: false }))).toThrow(
      expect.objectContaining({ code: 'image-gone' }),
    );
    expect(() => planAvailability(facts({ destination, isOnEngine: false }))).toThrow(
      expect.objectContaining({ code: 'image-gone' }),
    );
  });

  it('a target that pulls needs a repository', () => {
    expect(() => planAvailability(facts())).toThrow(expect.objectContaining({ code: 'config-invalid' }));
  });

  it.each([
    ['linux/arm64', ['linux/amd64'], 1],
    ['linux/amd64', ['linux/amd64', 'linux/arm64'], 0],
    ['linux/arm64', ['linux/arm64/v8'], 0],
    ['linux/arm64/v8', ['linux/arm64'], 0],
  ])('a place that runs %s and an image for %s', (platform, platforms, count) => {
    const { image } = facts();
    const plan = planAvailability(facts({ needs: 'engine', platform, image: { ...image, platforms } }));
    expect(blocks(plan)).toHaveLength(count);
    if (count > 0) expect(plan.warnings[0]?.detail).toContain('build.platforms: [linux/arm64]');
  });
});

describe('an environment on an engine of its own', () => {
  const name = 'ssh://shop';
  const missing = { bytes: 300, layers: 1, present: 2 };
  const on = (engine: Partial<NonNullable<AvailabilityFacts['engine']>>, more = {}) =>
    planAvailability(
      facts({ needs: 'engine', engine: { name, canPull: false, missing, ...engine }, ...more }),
    );
  const source = { repository: 'ghcr.io/acme/staging', digest, size: 7 };
  const load = {
    kind: 'load',
    engine: name,
    imageId: sampleImageId('a'),
    ref: 'shop:r-aaaaaa',
    bytes: 300,
    layers: 1,
    present: 2,
  };

  it('that has the image: nothing to do, and it is known by the id that it has there', () => {
    const plan = on({ imageId: other }, { isOnEngine: false });
    expect(plan).toMatchObject({ availability: [], before: [], imageId: other });
  });

  it('that lacks it: loaded from here, with the bytes of the layers that are missing', () => {
    const plan = on({});
    expect(plan.availability).toEqual([load]);
    expect(plan.before.map(({ id, repeatable, changes }) => ({ id, repeatable, changes }))).toEqual([
      { id: 'image-load', repeatable: true, changes: false },
    ]);
    expect(plan).not.toHaveProperty('imageId');
  });

  it('with a repository that it reaches: fetched by it, also what a step before has just pushed', () => {
    const pull = { kind: 'pull', engine: name };
    expect(on({ canPull: true }, { destination }).availability).toMatchObject([
      { kind: 'push' },
      { ...pull, from: own },
    ]);
    const there = { ...destination, now: { digest, mediaType: 'm', size: 7, platforms: [] } };
    expect(on({ canPull: true }, { destination: there, sources: [source] }).availability).toMatchObject([
      { kind: 'there' },
      { ...pull, from: `${destination.repository}@${digest}` },
    ]);
    expect(on({ canPull: true }, { destination, sources: [source] }).availability).toMatchObject([
      { kind: 'promote' },
      { ...pull, from: `${destination.repository}@${digest}` },
    ]);
    // It does not reach it: pushed all the same, because the environment asks for it, and loaded.
    expect(on({}, { destination }).availability).toMatchObject([{ kind: 'push' }, load]);
  });

  it('where only a registry has it: by the engine itself, else by way of this one', () => {
    const gone = { isOnEngine: false, sources: [source] };
    const from = `${source.repository}@${digest}`;
    expect(on({ canPull: true }, gone).availability).toMatchObject([{ kind: 'pull', engine: name, from }]);
    const [fetched, loaded] = on({}, gone).availability;
    expect(fetched).toMatchObject({ kind: 'pull', from });
    expect(fetched).not.toHaveProperty('engine');
    expect(loaded).toMatchObject({ kind: 'load', engine: name });
    const ids = on({}, gone).before.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('nowhere: gone, unless the engine that may have it could not be asked', () => {
    const gone = { isOnEngine: false };
    expect(() => on({}, gone)).toThrow(expect.objectContaining({ code: 'image-gone' }));
    expect(() => on({}, { ...gone, whyNotAsked: 'It is down.' })).toThrow(
      expect.objectContaining({
        code: 'engine-unreachable',
        message: expect.stringContaining('It is down.'),
      }),
    );
  });
});

describe('further names', () => {
  const sources = [{ repository: destination.repository, digest, size: 7 }];
  const named = (tags: NonNullable<AvailabilityFacts['destination']>['tags']) =>
    planAvailability(facts({ destination: { ...destination, now: there(), tags }, sources }));

  it('move last, and say where they pointed', () => {
    const plan = named([{ ref: 'ghcr.io/acme/shop:prod', isMoving: true, now: other }]);
    expect(plan.tags).toEqual([
      { ref: 'ghcr.io/acme/shop:prod', isMoving: true, before: other, after: digest },
    ]);
    expect(plan.after.map(({ id, changes }) => ({ id, changes }))).toEqual([
      { id: 'image-tags', changes: true },
    ]);
    expect(blocks(plan)).toEqual([]);
  });

  it('that are right already need no step', () => {
    expect(named([{ ref: 'ghcr.io/acme/shop:prod', isMoving: true, now: digest }]).after).toEqual([]);
  });

  it('that must not move block where they would, and not where they are right', () => {
    const ref = 'ghcr.io/acme/shop:1.0.0';
    expect(blocks(named([{ ref, isMoving: false, now: other }]))).toEqual([
      `${ref} names another image and must not move`,
    ]);
    expect(blocks(named([{ ref, isMoving: false, now: digest }]))).toEqual([]);
    expect(blocks(named([{ ref, isMoving: false }]))).toEqual([]);
  });

  it('that must not move also block a first push, whose digest nobody knows', () => {
    const tags = [{ ref: 'ghcr.io/acme/shop:1.0.0', isMoving: false, now: other }];
    expect(blocks(planAvailability(facts({ destination: { ...destination, tags } })))).toHaveLength(1);
  });
});

describe('tag templates', () => {
  const commit = { sha: 'a30f1c2d3e4f', subject: 's', author: 'a', at: 1 };
  const built = sampleRelease('b', {
    version: '1.2.0',
    source: { commit, branch: 'feature/x y', uncommittedFiles: 1 },
    builtAt: Date.UTC(2026, 10, 21),
  });
  const fields = tagFields(built, 'prod');

  it.each([
    ['{{version}}', '1.2.0'],
    ['{{ commit }}', 'a30f1c2-dirty'],
    ['{{branch}}-{{date}}', 'feature-x-y-2026-11-21'],
    ['{{environment}}', 'prod'],
    ['{{release}}', 'r-bbbbbb'],
    ['latest', 'latest'],
  ])('%s', (template, name) => {
    expect(tagName(template, fields)).toBe(name);
  });

  it('a field without a value makes no name', () => {
    expect(tagName('{{commit}}', tagFields(sampleRelease('c')))).toBeUndefined();
  });

  it('an unknown field, and what is no tag, are refused with what would be right', () => {
    const refusal = (template: string) => {
      try {
        tagName(template, fields);
      } catch (error) {
        return error;
      }
      throw new Error('it was taken');
    };
    expect(refusal('{{versoin}}')).toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('{{versoin}}'),
    });
    expect(refusal('+{{version}} rc')).toMatchObject({ hint: expect.stringContaining('"1.2.0-rc"') });
  });
});
