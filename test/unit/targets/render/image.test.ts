import { describe, expect, it } from 'vitest';
import type { Io, Registry } from '#main/core/ports.ts';
import { deployedDigest, digestIn, placeOfImage } from '#main/targets/render/image.ts';
import { only } from '#test/fakes/only.ts';

const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(64));

describe('the place of an image', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx'],
    ['nginx:1.26', 'docker.io/library/nginx'],
    ['library/nginx', 'docker.io/library/nginx'],
    ['docker.io/library/nginx:latest', 'docker.io/library/nginx'],
    ['docker.io/nginx', 'docker.io/library/nginx'],
    ['index.docker.io/acme/shop', 'docker.io/acme/shop'],
    ['acme/shop', 'docker.io/acme/shop'],
    ['ghcr.io/acme/shop:1', 'ghcr.io/acme/shop'],
    ['localhost:5000/shop', 'localhost:5000/shop'],
    [`localhost:5000/a/shop:1@sha256:${a}`, 'localhost:5000/a/shop'],
  ])('%s is %s', (ref, place) => expect(placeOfImage(ref)).toBe(place));
});

describe('a digest', () => {
  it.each([
    [`sha256:${a}`, `sha256:${a}`],
    [a, `sha256:${a}`],
    [`ghcr.io/acme/shop@sha256:${a}`, `sha256:${a}`],
    ['ghcr.io/acme/shop:latest', undefined],
    [`x${a}`, undefined],
    ['', undefined],
    [null, undefined],
  ])('in %s', (text, digest) => expect(digestIn(text)).toBe(digest));
});

describe('what a deploy runs', () => {
  const asked: string[] = [];
  const io = only<Io>({
    signal: new AbortController().signal,
    insecureRegistries: [],
    registry: only<Registry>({
      async manifests(repository, digests) {
        asked.push(`${repository} ${digests}`);
        return digests.map((digest) => ({ digest, tags: [], parts: [`sha256:${b}`] }));
      },
    }),
  });
  const shop = (digest = a) => `ghcr.io/acme/shop:1@sha256:${digest}`;

  it.each([
    ['both the same', { ref: shop(), sha: `sha256:${a}` }, a],
    ['a tag that was resolved', { ref: 'ghcr.io/acme/shop:1', sha: a }, a],
    ['a digest, and nothing resolved', { ref: shop() }, a],
    ['a manifest inside the index', { ref: shop(), sha: b }, a],
    ['something else', { ref: shop(), sha: c }, c],
  ])('%s', async (_, image, digest) => {
    expect(await deployedDigest({ id: 'dep-1', image }, io)).toBe(`sha256:${digest}`);
  });

  it('of a git repository is unknown', async () => {
    expect(await deployedDigest({ id: 'dep-1' }, io)).toBeUndefined();
    expect(new Set(asked)).toEqual(new Set([`ghcr.io/acme/shop sha256:${a}`]));
  });
});
