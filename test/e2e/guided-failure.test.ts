import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { expect, test } from '@playwright/test';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { type AppWindow, openWindow } from './app-window.ts';
import type { Pages } from './pages/page-objects.ts';
import { type ServedGantry, serveGantry } from './served-gantry.ts';

/** A deploy that fails in a step and stays there: what a person is offered, and what comes of it. */
test.describe.configure({ mode: 'serial' });

let world: GantryWorld;
let served: ServedGantry;
let window: AppWindow;
let pages: Pages;
let taken: Server;
const story = { good: '', next: '', image: '' };

const takePort = async () => {
  taken = createServer().listen(world.workspace.ports.prod, '0.0.0.0');
  await once(taken, 'listening');
};

test.beforeAll(async ({ browser }) => {
  world = await createGantryWorld();
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(/^tests:\n(?: .*\n|\n)*/m, '')
      .replace(
        /health: .*\n( +)confirm: typed/,
        'onFailure: stay\n$1gates: { order: false }\n$1confirm: typed',
      ),
  );
  await world.done('build', '--trust');
  story.good = await world.newestRelease();
  await world.done('deploy', 'prod', '--confirm', 'prod');
  story.image = (await world.liveImage('prod')) ?? '';
  await world.workspace.changeALine();
  await world.done('build');
  story.next = await world.newestRelease();
  // The port is another's when prod comes back, which no plan can know.
  await world.docker('compose', '--project-name', `${world.workspace.name}-prod`, 'stop');
  await takePort();
  served = await serveGantry(world);
  window = await openWindow(browser);
  pages = await window.enter(served.url);
  await expect(pages.board().column('prod')).toBeVisible();
});
test.afterAll(async () => {
  await window?.close();
  await served?.stop();
  taken?.close();
  await world?.remove();
});
test.afterEach(() => {
  expect(window.complaints).toEqual([]);
});

test('the step that failed offers a retry, the way back, and to give up', async () => {
  const plan = await pages.board().deploy('prod');
  await plan.confirmation.fill('prod');
  const run = await plan.start();
  await run.untilEnded('Failed');
  await expect(run.choices).toHaveText([
    /^Retry from this step…RSame release and env, step 1 stands$/,
    new RegExp(`^Roll back prod…B${story.good} and its env come back$`),
    /^Give upGThe run stays failed, prod as it is$/,
  ]);
  // Said once: the head offers neither of them again.
  await expect(window.page.getByRole('button', { name: /^(Retry|Roll back)/ })).toHaveCount(2);
});

test('by keyboard: from the failed step into the dialog and back to where one was', async () => {
  const { page } = window;
  const run = pages.run();
  const failed = run.steps.filter({ hasText: 'Start services' }).getByRole('button').first();
  await failed.focus();
  await page.keyboard.press('r');
  const { root, confirmation } = run.retryDialog();
  await expect(confirmation).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(root).toBeHidden();
  await expect(failed).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(run.choices.first()).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.type('b r g');
  await expect(confirmation).toHaveValue('b r g');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(run.choices.first()).toBeFocused();
  await page.keyboard.press('b');
  const back = await pages.planDialog().untilReady();
  await expect(back.root).toContainText(story.good);
  await back.close();
  await expect(run.choices.first()).toBeFocused();
});

test('a retry from an earlier step brings the release once the cause is gone', async () => {
  const failed = pages.run();
  const id = await failed.id();
  taken.close();
  await failed.choices.filter({ hasText: 'Retry' }).click();
  const dialog = await failed.retryDialog().beginWith('Find image');
  await dialog.confirmation.fill('prod');
  const run = await dialog.start();
  await run.untilEnded('Succeeded');
  await expect(run.title).toHaveText(`Deploy ${story.next} to prod`);
  await expect(run.steps.filter({ hasText: 'Find image' })).toHaveCount(1);
  await expect(window.page.getByRole('link', { name: `run ${id}`, exact: true })).toBeVisible();
  expect(await world.liveImage('prod')).not.toBe(story.image);
  const board = await pages.frame.goToBoard();
  await expect(board.release('prod')).toHaveText(story.next);
});

test('what is given up says by whom, and offers nothing any more', async () => {
  const { page } = window;
  await world.docker('compose', '--project-name', `${world.workspace.name}-prod`, 'stop');
  await takePort();
  const plan = await pages.board().deploy('prod');
  await plan.confirmation.fill('prod');
  const run = await plan.start();
  await run.untilEnded('Failed');
  await run.steps.filter({ hasText: 'Start services' }).getByRole('button').first().focus();
  await page.keyboard.press('g');
  await expect(run.choices).toHaveCount(0);
  await expect(run.givenUp).toHaveText(/^\d\d:\d\d(:\d\d)? by \S/);
  await expect(page.getByRole('button', { name: /^(Retry|Roll back)/ })).toHaveCount(0);
  await expect(run.state).toContainText('Failed');
  const [failed] = await world.history();
  expect(failed?.givenUp?.by.shell).toBe('server');
  await page.reload();
  await expect(run.givenUp).toHaveText(/ by \S/);
  await expect(run.choices).toHaveCount(0);
});
