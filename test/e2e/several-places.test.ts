import { expect, test } from '@playwright/test';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { type FakeCloudRun, startFakeCloudRun } from '#test/fakes/cloud-run/server.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { type AppWindow, openWindow } from './app-window.ts';
import type { Pages } from './pages/page-objects.ts';
import { type ServedGantry, serveGantry } from './served-gantry.ts';

/** One environment that is a service in two regions: a release reaches both by clicks, and both go back. */
test.describe.configure({ mode: 'serial' });

const token = 'ya29.token-of-both-regions';

let world: GantryWorld;
let registry: TestRegistry;
let eu: FakeCloudRun;
let us: FakeCloudRun;
let served: ServedGantry;
let window: AppWindow;
let pages: Pages;
const story = { good: '', next: '', image: '' };

/** By Cloud Run's own account. */
const live = ({ project }: FakeCloudRun) => {
  const { revisions, statuses } = project.service('shop');
  return revisions.find(({ name }) => name === statuses[0]?.revision)?.containers[0]?.image;
};

test.beforeAll(async ({ browser }) => {
  registry = await startRegistry();
  const repository = `${registry.host}/team/shop`;
  const start = async (region: string) => {
    const fake = await startFakeCloudRun({ project: 'acme', region, token });
    fake.project.addService('shop', [{ name: 'web', image: `${repository}@sha256:${'0'.repeat(64)}` }]);
    return fake;
  };
  [eu, us] = await Promise.all([start('europe-west1'), start('us-east1')]);
  world = await createGantryWorld(undefined, { RUN_TOKEN: token });
  const member = (region: string, { baseUrl }: FakeCloudRun) =>
    [
      `{ kind: cloud-run, project: acme, region: ${region}, service: shop, repository: "${repository}"`,
      `credentials: { accessToken: secret://env/RUN_TOKEN }, baseUrl: "${baseUrl}" }`,
    ].join(', ');
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(/^tests:\n(?: .*\n|\n)*/m, '')
      .replace(
        /( staging:\n.*\n) {4}target: \{ kind: compose \}\n {4}health: .*\n/,
        [
          '$1    target:\n      kind: several\n      targets:',
          `        eu: ${member('europe-west1', eu)}`,
          `        us: ${member('us-east1', us)}`,
          '    health: { http: /healthz, interval: 50ms, watch: { for: 500ms, interval: 50ms } }\n',
        ].join('\n'),
      ),
  );
  await world.done('build', '--trust');
  story.good = await world.newestRelease();
  await world.done('deploy', 'dev', '--yes');
  await world.done('promote', 'staging', '--yes');
  story.image = live(eu) ?? '';
  await world.workspace.changeALine();
  await world.done('build');
  story.next = await world.newestRelease();
  await world.done('deploy', 'dev', '--yes');
  served = await serveGantry(world);
  window = await openWindow(browser);
  pages = await window.enter(served.url);
  await expect(pages.board().column('staging')).toBeVisible();
});
test.afterAll(async () => {
  await window?.close();
  await served?.stop();
  await world?.remove();
  await Promise.all([registry, eu, us].map((one) => one?.stop()));
});
test.afterEach(() => {
  expect(window.complaints).toEqual([]);
});

const places = () =>
  pages.board().column('staging').getByRole('list', { name: 'Places of staging' }).getByRole('listitem');

test('a promotion goes to each place, and each is asked whether it is well', async () => {
  await expect(places()).toHaveText([/^eu ?Healthy$/, /^us ?Healthy$/]);
  const plan = await pages.board().promote('dev', 'staging');
  for (const place of ['eu', 'us']) {
    for (const row of [`${place}/image: ${story.next}`, `${place}: Traffic 100 %`])
      await expect(plan.root.getByRole('listitem').filter({ hasText: row })).toBeVisible();
  }
  const run = await plan.start();
  await run.untilEnded('Succeeded');
  for (const step of ['Check health', 'Watch']) {
    await run.steps.filter({ hasText: step }).getByRole('button').first().click();
    const checks = run.health(step).getByRole('list', { name: 'Checks' });
    for (const place of ['eu', 'us']) await expect(checks).toContainText(`${place} /healthz`);
  }
  expect(live(us)).not.toBe(story.image);
  expect(live(eu)).toBe(live(us));
  await pages.frame.goToBoard();
  await expect(pages.board().release('staging')).toHaveText(story.next);
  await expect(places()).toHaveText([/^eu ?Healthy$/, /^us ?Healthy$/]);
});

test('a roll back brings both back', async () => {
  const back = await pages.board().rollBack('staging');
  await expect(back.root).toContainText(story.good);
  for (const place of ['eu', 'us']) await expect(back.root).toContainText(`${place}: Traffic 100 %`);
  await (await back.start()).untilEnded('Succeeded');
  expect([live(eu), live(us)]).toEqual([story.image, story.image]);
  await pages.frame.goToBoard();
  await expect(pages.board().release('staging')).toHaveText(story.good);
});
