import { expect, it } from 'vitest';
import { createTargets } from '#main/targets/index.ts';
import type { Observed } from '#shared/domain/observed.ts';
import { wishFor } from '#test/fakes/targets/wished-io.ts';
import { repository } from '#test/fakes/targets/wished-world.ts';

const target = createTargets().get('several');
const url = 'https://deploy.example.com/hook';

const observed = { kind: 'webhook', url, repository, observe: { url, json: 'digest' } };
const unseen = { kind: 'command', run: ['shop-deploy', '{{image}}'], repository };
const render = { kind: 'render', service: 'srv-test', apiKey: 'secret://env/RENDER_API_KEY', repository };
const empty: Observed = { kind: 'empty', at: 1 };

it.each<[string, Observed, object]>([
  ['first-deploy', empty, { eu: observed, us: unseen }],
  ['unreachable', { kind: 'unreachable', at: 1, why: 'no network' }, { eu: observed, us: unseen }],
  ['of-two-that-are-observed', empty, { eu: render, us: observed }],
])('plans of several targets: %s', async (name, seen, targets) => {
  const config = target.config.parse({ kind: 'several', targets });
  const plan = {
    steps: target.plan(wishFor(), seen, config),
    settingChanges: target.settingChanges(wishFor(), seen, config),
  };
  await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(`plans/several/${name}.json`);
});
