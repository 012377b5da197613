import { expect, it } from 'vitest';
import type { Wish } from '#main/core/ports.ts';
import { cloudRunTarget } from '#main/targets/cloud-run/index.ts';
import { environmentNameSchema, releaseIdSchema } from '#shared/domain/ids.ts';
import type { Observed } from '#shared/domain/observed.ts';

const repository = 'europe-west1-docker.pkg.dev/acme/shop/web';
const digest = `sha256:${'a'.repeat(64)}`;
const before = `sha256:${'b'.repeat(64)}`;

const wish: Wish = {
  workspace: 'shop',
  environment: environmentNameSchema.parse('prod'),
  release: {
    id: releaseIdSchema.parse('r-1a2b3c'),
    version: '1.4.0',
    imageId: `sha256:${'4c29'.repeat(16)}`,
    ref: 'shop:gantry-r-1a2b3c',
    image: 'shop',
    remote: { repository, ref: `${repository}:r-1a2b3c`, digest },
  },
  envKeys: ['PORT'],
  envFingerprint: 'e'.repeat(64),
  envFiles: ['.env.prod'],
  health: { http: '/healthz', interval: 500, deadline: 60_000 },
};
const unpushed: Wish = {
  ...wish,
  release: { ...wish.release, remote: { repository, ref: `${repository}:r-1a2b3c` } },
};

type Running = Extract<Observed, { kind: 'running' }>;
const running = (imageId: string, revision: string, kept: Running['kept']): Running => ({
  kind: 'running',
  at: 1,
  services: [
    {
      name: 'shop',
      imageId,
      imageRef: `${repository}@${imageId}`,
      revision,
      health: 'healthy',
      state: '100 % of traffic, ready',
      ports: [],
    },
  ],
  settings: { image: `${repository}@${imageId}`, traffic: '100 % to the latest revision' },
  ...(kept === undefined ? {} : { kept }),
});
const old = { revision: 'shop-00001-abc', imageId: before, isReady: true };
const oldWished = { revision: 'shop-00001-abc', imageId: digest, isReady: true };
const live = { revision: 'shop-00002-def', imageId: before, isReady: true };
const newer = { revision: 'shop-00003-ghi', imageId: digest, isReady: true };

const careful = { canary: [10, 50], canaryPause: '2m', smoke: '/ready', container: 'web', tag: 'next' };

it.each([
  ['next-release', wish, running(before, 'shop-00002-def', [live, old]), {}],
  ['every-setting', wish, running(before, 'shop-00002-def', [live, old]), careful],
  ['before-the-first-push', unpushed, running(before, 'shop-00002-def', [live]), {}],
  ['empty', wish, { kind: 'empty', at: 1 } satisfies Observed, {}],
  ['unreachable', wish, { kind: 'unreachable', at: 1, why: 'no network' } satisfies Observed, {}],
  ['serves-already', wish, running(digest, 'shop-00002-def', [{ ...live, imageId: digest }]), careful],
  ['back-to-an-earlier-revision', wish, running(before, 'shop-00002-def', [live, oldWished]), careful],
  // It failed its canary, or was never given one: the whole way.
  ['a-newer-revision-without-traffic', wish, running(before, 'shop-00002-def', [newer, live]), careful],
  [
    'an-earlier-revision-that-is-not-ready',
    wish,
    running(before, 'shop-00002-def', [live, { ...oldWished, isReady: false }]),
    {},
  ],
])('plans of the Cloud Run target: %s', async (name, wished, seen, written) => {
  const config = cloudRunTarget.config.parse({
    kind: 'cloud-run',
    project: 'acme',
    region: 'europe-west1',
    service: 'shop',
    repository,
    ...written,
  });
  const plan = {
    steps: cloudRunTarget.plan(wished, seen, config),
    settingChanges: cloudRunTarget.settingChanges(wished, seen, config),
  };
  await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(`plans/cloud-run/${name}.json`);
});
