import { expect, it } from 'vitest';
import { renderTarget } from '#main/targets/render/index.ts';
import type { Observed } from '#shared/domain/observed.ts';
import { wishFor } from '#test/fakes/render/steps.ts';

const empty: Observed = { kind: 'empty', at: 1 };
const running: Observed = {
  kind: 'running',
  at: 1,
  services: [
    {
      name: 'shop-prod',
      imageId: `sha256:${'b'.repeat(64)}`,
      imageRef: `ghcr.io/acme/shop@sha256:${'b'.repeat(64)}`,
      health: 'healthy',
      state: 'live',
      revision: 'dep-1',
      ports: [],
    },
  ],
  settings: {},
};
const unobservable: Observed = { kind: 'unobservable', at: 1, why: 'no key' };

const wish = wishFor();
const { digest: _, ...unpushed } = wish.release.remote ?? { repository: '', ref: '' };
const key = { apiKey: 'secret://env/RENDER_API_KEY' };
const hook = { deployHook: 'secret://env/RENDER_HOOK' };

it.each([
  ['first-deploy', wish, empty, key],
  ['next-release', wish, running, key],
  ['before-the-first-push', { ...wish, release: { ...wish.release, remote: unpushed } }, empty, key],
  ['no-env', { ...wish, envKeys: [] }, empty, { ...key, poll: '5s', timeout: '1h' }],
  ['hook-alone', wish, unobservable, hook],
  ['key-before-hook', wish, empty, { ...key, ...hook }],
  ['unreachable', wish, { kind: 'unreachable', at: 1, why: 'no network' } satisfies Observed, key],
])('plans of the render target: %s', async (name, wished, seen, written) => {
  const config = renderTarget.config.parse({
    kind: 'render',
    service: 'srv-ck4ic9bv2fjs73a9sqvg',
    repository: 'ghcr.io/acme/shop',
    ...written,
  });
  const plan = {
    steps: renderTarget.plan(wished, seen, config),
    settingChanges: renderTarget.settingChanges(wished, seen, config),
  };
  await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(`plans/render/${name}.json`);
});
