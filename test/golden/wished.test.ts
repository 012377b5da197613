import { expect, it } from 'vitest';
import { commandTarget } from '#main/targets/command/index.ts';
import { webhookTarget } from '#main/targets/webhook/index.ts';
import type { Observed } from '#shared/domain/observed.ts';
import { wishFor } from '#test/fakes/targets/wished-io.ts';
import { repository } from '#test/fakes/targets/wished-world.ts';

const seen: Observed = { kind: 'unobservable', at: 1, why: 'nothing to ask' };
const wish = wishFor();
const { remote, ...unpushedRelease } = wish.release;
const unpushed = {
  ...wish,
  release: { ...unpushedRelease, remote: { repository, ref: remote?.ref ?? '' } },
};
const url = 'https://deploy.example.com/hooks/s3cret';

it.each([
  ['triggered', wish, { url, body: { image: '{{image}}' } }],
  ['reference', wish, { url: 'secret://env/HOOK', repository }],
  ['before-the-first-push', unpushed, { url, repository, observe: { url, json: 'digest' } }],
  [
    'idempotent-and-observed',
    wish,
    { url, repository, method: 'PUT', idempotent: true, expect: { status: [204] }, observe: { url, match: 'r-.*' } },
  ],
])('plans of the webhook target: %s', async (name, wished, written) => {
  const config = webhookTarget.config.parse({ kind: 'webhook', ...written });
  const plan = {
    steps: webhookTarget.plan(wished, seen, config),
    settingChanges: webhookTarget.settingChanges(wished, seen, config),
  };
  await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(`plans/webhook/${name}.json`);
});

it.each([
  ['triggered', wish, {}],
  ['before-the-first-push', unpushed, { repository }],
  [
    'idempotent-and-observed',
    wish,
    {
      repository,
      env: { TOKEN: 'secret://env/TOKEN' },
      exitCodes: [0, 2],
      idempotent: true,
      observe: { run: ['shop-live'] },
    },
  ],
])('plans of the command target: %s', async (name, wished, written) => {
  const config = commandTarget.config.parse({ kind: 'command', run: ['shop-deploy', '{{image}}'], ...written });
  const plan = {
    steps: commandTarget.plan(wished, seen, config),
    settingChanges: commandTarget.settingChanges(wished, seen, config),
  };
  await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(`plans/command/${name}.json`);
});
