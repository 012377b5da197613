import { expect, it } from 'vitest';
import { createTargets } from '#main/targets/index.ts';
import type { Observed } from '#shared/domain/observed.ts';
import { wishFor } from '#test/fakes/targets/wished-io.ts';
import { repository } from '#test/fakes/targets/wished-world.ts';

const target = createTargets().get('several');
const url = 'https://deploy.example.com/hook';

it.each<[string, Observed]>([
  ['first-deploy', { kind: 'empty', at: 1 }],
  ['unreachable', { kind: 'unreachable', at: 1, why: 'no network' }],
])('plans of several targets: %s', async (name, seen) => {
  const config = target.config.parse({
    kind: 'several',
    targets: {
      eu: { kind: 'webhook', url, repository, observe: { url, json: 'digest' } },
      us: { kind: 'command', run: ['shop-deploy', '{{image}}'], repository },
    },
  });
  const plan = {
    steps: target.plan(wishFor(), seen, config),
    settingChanges: target.settingChanges(wishFor(), seen, config),
  };
  await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(`plans/several/${name}.json`);
});
