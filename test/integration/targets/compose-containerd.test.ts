import { expect, it } from 'vitest';
import { baseImage } from '#test/engine/base-image.ts';
import { ownEngine } from '#test/engine/for-tests.ts';
import { createComposeFixture } from './compose-fixture.ts';

it('an engine with the containerd image store, where ids are digests of manifests, is verified just the same', async (test) => {
  const engine = await ownEngine(test, { store: 'containerd' });
  try {
    const at = createComposeFixture({ env: engine.env, baseImage });
    at.write({ 'compose.yml': 'services: { web: { build: ., init: true, ports: ["127.0.0.1::8080"] } }' });
    const [first, second] = [await at.release('one'), await at.release('two')];
    for (const release of [first, second, first]) {
      for (const environment of ['dev', 'prod']) {
        const done = await at.deploy(release, { environment });
        expect(done.end).toMatchObject({
          outcome: 'succeeded',
          detail: `web verified as ${release.imageId.slice(7, 19)}`,
        });
        expect(await at.observe({ environment })).toMatchObject({ services: [{ imageId: release.imageId }] });
      }
    }
    await at.dispose();
  } finally {
    await engine.stop();
  }
});
