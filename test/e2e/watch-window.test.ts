import { expect, test } from '@playwright/test';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { type AppWindow, openWindow } from './app-window.ts';
import type { Pages } from './pages/page-objects.ts';
import { type ServedGantry, serveGantry } from './served-gantry.ts';

/** A release that comes up and falls ill a moment later: who notices, what happens, and what a person then sees. */
test.describe.configure({ mode: 'serial' });

let world: GantryWorld;
let served: ServedGantry;
let window: AppWindow;
let pages: Pages;
const story = { good: '', next: '', image: '' };

test.beforeAll(async ({ browser }) => {
  world = await createGantryWorld();
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(/^tests:\n(?: .*\n|\n)*/m, '')
      .replace(
        /health: .*\n( +)confirm: typed/,
        'health: { http: /healthz, interval: 50ms, failures: 2, watch: { for: 500ms, interval: 100ms } }\n$1gates: { order: false }\n$1confirm: typed',
      ),
  );
  await world.done('build', '--trust');
  story.good = await world.newestRelease();
  await world.done('deploy', 'prod', '--confirm', 'prod');
  story.image = (await world.liveImage('prod')) ?? '';
  await world.workspace.edit('gantry.yml', (text) => text.replace('for: 500ms', 'for: 30m'));
  await world.workspace.changeALine();
  await world.done('build');
  story.next = await world.newestRelease();
  served = await serveGantry(world);
  window = await openWindow(browser);
  pages = await window.enter(served.url);
  await expect(pages.board().column('prod')).toBeVisible();
});
test.afterAll(async () => {
  await window?.close();
  await served?.stop();
  await world?.remove();
});
test.afterEach(() => {
  expect(window.complaints).toEqual([]);
});

test('a failing health check in prod takes the release back by itself', async () => {
  const plan = await pages.board().deploy('prod');
  await expect(plan.root).toContainText(
    `If a step fails or health is lost while it is watched, prod rolls back to ${story.good} and is held until you lift it.`,
  );
  await plan.confirmation.fill('prod');
  const run = await plan.start();
  // While it is watched it can be left alone, and says for how long.
  await expect(run.health('Watch')).toContainText('left to watch');
  await expect(run.stopWatchingButton).toBeVisible();
  const label = `label=com.docker.compose.project=${world.workspace.name}-prod`;
  // It answers 404 on its health check from now on.
  await world.docker(
    'exec',
    await world.docker('ps', '--quiet', '--filter', label),
    'rm',
    '/app/var/healthz',
  );
  await run.untilEnded('Rolled back');
  await expect(run.steps.filter({ hasText: 'Watch' })).toContainText('prod answers 404 on /healthz');
  await expect(
    run.health('Watch').getByRole('img', { name: /^\/healthz: \d+ answers, 2 failed$/ }),
  ).toBeVisible();
  await expect(run.health('Watch')).toContainText(/: 404, 2 times/);
  expect(await world.liveImage('prod')).toBe(story.image);
  await expect(run.heldNotice).toContainText('prod is held until you lift it.');
  await expect(run.heldNotice.getByRole('button', { name: 'Lift hold…' })).toBeVisible();
});

test('the board shows the hold, why it is there, and how to lift it', async () => {
  const board = await pages.frame.goToBoard();
  await expect(board.status('prod')).toHaveText('On hold');
  await expect(board.release('prod')).toHaveText(story.good);
  const prod = board.column('prod');
  await expect(prod).toContainText(/Held .* by Gantry/);
  await expect(prod).toContainText(
    /Run 4 went back by itself: health was lost after .*: prod answers 404 on \/healthz/,
  );
  await expect(prod.getByRole('link', { name: 'Open run 4' })).toBeVisible();
  await expect(prod.getByRole('button', { name: 'Lift hold…' })).toBeVisible();
  await board.liftHold('prod');
  await expect(board.status('prod')).not.toHaveText('On hold');
});

test('whoever stops watching keeps the release', async () => {
  const plan = await pages.board().deploy('prod');
  await expect(plan.root).toContainText(story.next);
  await plan.confirmation.fill('prod');
  const run = await plan.start();
  await expect(run.health('Watch')).toContainText('29:5');
  const board = await pages.frame.goToBoard();
  await expect(board.column('prod')).toContainText(/Watched for 29:\d\d more/);
  await board
    .column('prod')
    .getByRole('button', { name: /^Stop watching run/ })
    .click();
  await expect(board.status('prod')).toHaveText('Healthy');
  await expect(board.release('prod')).toHaveText(story.next);
  await expect(board.runs().first()).toContainText('watching stopped by hand');
});
