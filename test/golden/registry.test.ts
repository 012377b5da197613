import { expect, it } from 'vitest';
import { registryTarget } from '#main/targets/registry/index.ts';
import type { Observed } from '#shared/domain/observed.ts';
import { wishFor } from '#test/fakes/targets/wished-io.ts';
import { repository } from '#test/fakes/targets/wished-world.ts';

const empty: Observed = { kind: 'empty', at: 1 };
const other = `sha256:${'b'.repeat(64)}`;
const running: Observed = {
  kind: 'running',
  at: 1,
  services: [
    {
      name: 'tag',
      imageId: other,
      imageRef: `${repository}@${other}`,
      health: 'healthy',
      state: 'named',
      ports: [],
    },
  ],
  settings: {},
};
const wish = wishFor();
const { digest: _, ...unpushed } = wish.release.remote ?? { repository, ref: '' };

it.each([
  ['first-deploy', wish, empty, {}],
  ['next-release', wish, running, { tag: 'live' }],
  ['before-the-first-push', { ...wish, release: { ...wish.release, remote: unpushed } }, empty, {}],
  ['unreachable', wish, { kind: 'unreachable', at: 1, why: 'no network' } satisfies Observed, {}],
])('plans of the registry target: %s', async (name, wished, seen, written) => {
  const config = registryTarget.config.parse({ kind: 'registry', repository, ...written });
  const plan = {
    steps: registryTarget.plan(wished, seen, config),
    settingChanges: registryTarget.settingChanges(wished, seen, config),
  };
  await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(`plans/registry/${name}.json`);
});
