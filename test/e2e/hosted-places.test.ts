import { expect, test } from '@playwright/test';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { type FakeMetadata, startFakeMetadata } from '#test/fakes/cloud-run/metadata.ts';
import { type FakeCloudRun, startFakeCloudRun } from '#test/fakes/cloud-run/server.ts';
import { serviceId } from '#test/fakes/render/account.ts';
import { type FakeRender, startFakeRender } from '#test/fakes/render/server.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { type AppWindow, openWindow } from './app-window.ts';
import type { Pages } from './pages/page-objects.ts';
import { type ServedGantry, serveGantry } from './served-gantry.ts';

/** A release travels from this machine's engine to Render and on to a private service on Cloud Run, and back, by clicks. */
test.describe.configure({ mode: 'serial' });

const apiKey = 'rnd_keyOfTheClicks';
const account = 'runner@acme.iam.gserviceaccount.com';
const accessToken = 'ya29.token-of-the-clicks';

let world: GantryWorld;
let registry: TestRegistry;
let render: FakeRender;
let cloudRun: FakeCloudRun;
let metadata: FakeMetadata;
let served: ServedGantry;
let window: AppWindow;
let pages: Pages;
const story = { good: '', next: '' };

const liveOnRender = () =>
  render.account.service.deploys.find(({ status }) => status === 'live')?.image.sha ?? '';
/** `shop-00002-abc 100`, by Cloud Run's own account. */
const traffic = () =>
  cloudRun.project
    .service('shop')
    .statuses.filter(({ percent = 0 }) => percent > 0)
    .map(({ revision, percent }) => `${revision} ${percent}`);

test.beforeAll(async ({ browser }) => {
  registry = await startRegistry();
  const repository = `${registry.host}/team/shop`;
  render = await startFakeRender({ apiKey, imagePath: `${repository}:latest` });
  render.account.service.autoDeploy = 'yes';
  cloudRun = await startFakeCloudRun({ project: 'acme', region: 'europe-west1', token: accessToken });
  cloudRun.project.addService('shop', [{ name: 'web', image: `${repository}@sha256:${'0'.repeat(64)}` }]);
  cloudRun.project.makePrivate('shop', [account]);
  metadata = await startFakeMetadata({ account, accessToken, identities: cloudRun.project.identities });
  world = await createGantryWorld(undefined, { RENDER_API_KEY: apiKey, ...metadata.variables });
  const staging = [
    `{ kind: render, service: ${serviceId}, repository: "${repository}", apiKey: secret://env/RENDER_API_KEY`,
    `poll: 50ms, baseUrl: "${render.baseUrl}", hookBase: "${render.hookBase}" }`,
  ].join(', ');
  const prod = [
    `{ kind: cloud-run, project: acme, region: europe-west1, service: shop, repository: "${repository}"`,
    `invoker: private, smoke: /healthz, canary: [10, 50], canaryPause: 500ms, baseUrl: "${cloudRun.baseUrl}" }`,
  ].join(', ');
  const compose = / {4}target: \{ kind: compose \}\n {4}health: .*\n/;
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(/^tests:\n(?: .*\n|\n)*/m, '')
      .replace(new RegExp(`( staging:\\n.*\\n)${compose.source}`), `$1    target: ${staging}\n`)
      .replace(
        new RegExp(`( prod:\\n.*\\n)${compose.source}`),
        `$1    target: ${prod}\n    health: { http: /healthz, interval: 100ms }\n`,
      ),
  );
  await world.done('build', '--trust');
  story.good = await world.newestRelease();
  await world.done('deploy', 'dev', '--yes');
  await world.done('promote', 'staging', '--yes');
  await world.done('promote', 'prod', '--confirm', 'prod');
  await world.workspace.changeALine();
  await world.done('build');
  story.next = await world.newestRelease();
  await world.done('deploy', 'dev', '--yes');
  served = await serveGantry(world);
  window = await openWindow(browser);
  pages = await window.enter(served.url);
  await expect(pages.board().column('prod')).toBeVisible();
});
test.afterAll(async () => {
  await window?.close();
  await served?.stop();
  await world?.remove();
  await Promise.all([registry, render, cloudRun, metadata].map((one) => one?.stop()));
});
test.afterEach(() => {
  expect(window.complaints).toEqual([]);
});

test('Render: what others may deploy is said, and what is live is what was promoted', async () => {
  const board = pages.board();
  const before = liveOnRender();
  const plan = await board.promote('dev', 'staging');
  await expect(plan.root).toContainText('Auto-deploy is on for shop-prod');
  await expect(plan.root).toContainText(`image: ${before}`);
  const run = await plan.start();
  await run.untilEnded('Succeeded');
  await expect(run.steps.filter({ hasText: 'Verify image' })).toContainText(
    `${liveOnRender().slice(0, 19)} is live`,
  );
  expect(liveOnRender()).not.toBe(before);
  await pages.frame.goToBoard();
  await expect(board.release('staging')).toHaveText(story.next);
  expect(await board.imageId('staging')).toBe(liveOnRender());
  await expect(board.column('staging')).toContainText('Auto-deploy is on for shop-prod');
});

test('Cloud Run: the canary’s steps are seen, and in the end it has all traffic', async () => {
  const board = pages.board();
  const [before] = traffic();
  const plan = await board.promote('staging', 'prod');
  for (const percent of [10, 50, 100]) await expect(plan.root).toContainText(`Traffic ${percent} %`);
  await plan.confirmation.fill('prod');
  const run = await plan.start();
  await expect(window.page.getByRole('region', { name: /^Health in Traffic (10|50) %$/ })).toBeVisible();
  await run.untilEnded('Succeeded');
  for (const [step, said] of [
    ['Traffic 10 %', '10 % to shop-00003-abc'],
    ['Traffic 50 %', '50 % to shop-00003-abc'],
    ['Traffic 100 %', '100 % to shop-00003-abc'],
  ] as const)
    await expect(run.steps.filter({ hasText: step })).toContainText(said);
  await run.steps.filter({ hasText: 'Smoke test' }).getByRole('button').first().click();
  await expect(run.health('Smoke test')).toContainText('200');
  await run.steps.filter({ hasText: 'Traffic 10 %' }).getByRole('button').first().click();
  await expect(run.health('Traffic 10 %')).toContainText('200');
  expect(traffic()).toEqual([expect.stringMatching(/ 100$/)]);
  expect(traffic()).not.toEqual([before]);
  expect(new Set(cloudRun.callers.map(({ status }) => status))).toEqual(new Set([200]));
  await pages.frame.goToBoard();
  await expect(board.release('prod')).toHaveText(story.next);
});

test('both go back by clicks: traffic to the revision of before, and the older digest', async () => {
  const board = pages.board();
  const back = await board.rollBack('prod');
  await expect(back.root).toContainText(story.good);
  await back.confirmation.fill('prod');
  const revisions = cloudRun.project.service('shop').revisions.length;
  await (await back.start()).untilEnded('Succeeded');
  expect(cloudRun.project.service('shop').revisions).toHaveLength(revisions);
  const older = liveOnRender();
  await pages.frame.goToBoard();
  await expect(board.release('prod')).toHaveText(story.good);
  await expect(board.column('prod')).toContainText('is pinned to shop-00002-abc');
  const plan = await board.rollBack('staging');
  await (await plan.start()).untilEnded('Succeeded');
  expect(liveOnRender()).not.toBe(older);
  await pages.frame.goToBoard();
  await expect(board.release('staging')).toHaveText(story.good);
});
