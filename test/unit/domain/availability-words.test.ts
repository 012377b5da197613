import { describe, expect, it } from 'vitest';
import { availabilityWords, tagWords } from '#shared/domain/availability-words.ts';

const digest = `sha256:${'d'.repeat(64)}`;
const ref = 'ghcr.io/acme/shop:r-aaaaaa';

describe('how an image comes to its place', () => {
  it('says what travels, and nothing where nothing does', () => {
    expect(availabilityWords({ kind: 'there', ref, digest })).toEqual({
      text: `in the registry already, as ${ref}`,
    });
    const from = `quay.io/acme/shop@${digest}`;
    const promote = { kind: 'promote', ref, digest, from, bytes: 7 } as const;
    expect(availabilityWords({ ...promote, isSameRegistry: true })).toEqual({
      text: `carried by digest inside the registry, to ${ref}`,
    });
    expect(availabilityWords({ ...promote, isSameRegistry: false })).toEqual({
      text: `copied by digest from quay.io/acme/shop to ${ref}`,
      bytes: 7,
    });
    expect(availabilityWords({ kind: 'push', ref, imageId: digest, bytes: 9 })).toMatchObject({ bytes: 9 });
  });

  it('names the engine that it comes to, and what that has already', () => {
    const engine = 'ssh://shop';
    const image = { imageId: digest, ref, bytes: 9 };
    expect(availabilityWords({ kind: 'pull', from: ref, ...image }).text).toContain('to this engine');
    expect(availabilityWords({ kind: 'pull', engine, from: ref, ...image }).text).toContain('to ssh://shop');
    const load = { kind: 'load', engine, layers: 1, ...image } as const;
    expect(availabilityWords({ ...load, present: 0 })).toEqual({
      text: 'loaded from this engine into ssh://shop',
      bytes: 9,
    });
    expect(availabilityWords({ ...load, present: 3 }).text).toContain('which has 3 of its layers already');
  });
});

describe('names that change', () => {
  const other = `sha256:${'e'.repeat(64)}`;
  it.each([
    [{ before: other, after: digest }, `${ref} moves from eeeeeeeeeeee to dddddddddddd`],
    [{ after: digest }, `${ref} is new: dddddddddddd`],
    [{ before: other }, `${ref} moves from eeeeeeeeeeee to the digest that the push gives`],
    [{ before: digest, after: digest }, undefined],
  ])('%o', (change, text) => {
    expect(tagWords({ ref, isMoving: true, ...change })).toBe(text);
  });
});
