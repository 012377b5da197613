import { expect, test } from 'vitest';
import { withPlaces } from '#main/core/compare-images.ts';
import { sampleRelease } from './samples.ts';

test('an image is where it was pushed to: what the registry confirmed comes before what an engine said of it', () => {
  const [{ image }] = sampleRelease('a').images;
  const built = { 'ghcr.io/acme/shop': 'sha256:old', shop: 'sha256:local' };
  const known = { ...image, identity: { ...image.identity, manifestDigests: built } };
  const push = (repository: string, digest: string) => ({ repository, digest, tag: 'v1', at: 1 });
  const places = [push('ghcr.io/acme/shop', 'sha256:new'), push('127.0.0.1:5000/shop', 'sha256:new')];
  expect(withPlaces(known, places).identity.manifestDigests).toEqual({
    'ghcr.io/acme/shop': 'sha256:new',
    shop: 'sha256:local',
    '127.0.0.1:5000/shop': 'sha256:new',
  });
});
