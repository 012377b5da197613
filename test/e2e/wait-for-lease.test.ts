import type { ChildProcess } from 'node:child_process';
import { expect, test } from '@playwright/test';
import { createGantryWorld, type GantryWorld, untilEnded } from '#test/gantry-process.ts';
import { type AppWindow, openWindow } from './app-window.ts';
import type { Pages } from './pages/page-objects.ts';
import { type ServedGantry, serveGantry } from './served-gantry.ts';

/** Another process has the environment: who wants to change it can wait for that, and decides only then. */
test.describe.configure({ mode: 'serial' });

let world: GantryWorld;
let served: ServedGantry;
let window: AppWindow;
let pages: Pages;
let holder: ChildProcess;

/** A deploy by the command line that keeps its lease for as long as it watches. */
const hold = (...agreed: readonly string[]) => {
  holder = world.start('deploy', 'dev', ...agreed);
};
const runs = async () => (await world.history()).map(({ id, kind, state }) => `${id} ${kind} ${state}`);

test.beforeAll(async ({ browser }) => {
  world = await createGantryWorld();
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(/^tests:\n(?: .*\n|\n)*/m, '')
      .replace(
        'health: { http: /healthz, deadline: 1m }',
        'health: { http: /healthz, interval: 50ms, watch: { for: 30m, interval: 100ms } }',
      ),
  );
  await world.done('build', '--trust');
  served = await serveGantry(world);
  window = await openWindow(browser);
  pages = await window.enter(served.url);
  await expect(pages.board().column('dev')).toBeVisible();
  hold('--yes');
  await expect(pages.board().column('dev')).toContainText(/Watched for \d/, { timeout: 30_000 });
});
test.afterAll(async () => {
  await window?.close();
  holder?.kill('SIGKILL');
  await served?.stop();
  await world?.remove();
});
test.afterEach(() => {
  expect(window.complaints).toEqual([]);
});

test('the dialog opens while another process deploys, and says who has the environment', async () => {
  const plan = await pages.board().deployLater('dev');
  await expect(plan.foot).toContainText('for the end of run 2');
  await expect(plan.holder).toContainText(`(cli, process ${holder.pid})`);
  await expect(plan.holder).toContainText('Watching its release, 29:');
  await expect(plan.holder).toContainText(/waited 0:0[1-9]/);
  await expect(plan.holder.getByRole('link', { name: 'Open run 2' })).toHaveAttribute('href', '#/runs/2');
  await expect(plan.startButton).toHaveAttribute('aria-disabled', 'true');
});

test('by keyboard: it begins in the dialog, and Escape ends the waiting and nothing else', async () => {
  const { page } = window;
  const plan = pages.planDialog();
  await plan.close();
  const opener = pages.board().column('dev').getByRole('button', { name: 'Deploy…' });
  await expect(opener).toBeFocused();
  await page.keyboard.press('Enter');
  await plan.untilWaiting();
  await expect(plan.root).toBeFocused();
  for (const name of ['Close', 'Open run 2', /^Cancel/]) {
    await page.keyboard.press('Tab');
    await expect(plan.root.getByRole(name === 'Open run 2' ? 'link' : 'button', { name })).toBeFocused();
  }
  await page.keyboard.press('Enter');
  await expect(plan.root).toBeHidden();
  await expect(opener).toBeFocused();
  expect(await runs()).toEqual(['2 deploy running', '1 build succeeded']);
});

test('once it is free the plan comes by itself, and waits for a person', async () => {
  const plan = await pages.board().deployLater('dev');
  await world.done('cancel', '2');
  await plan.untilReady();
  expect(await untilEnded(holder)).toBe(0);
  await expect(plan.root).toContainText(/Plan [0-9a-f]{8}/);
  // Nobody knew when it would come: a key that is pressed just then starts nothing.
  await expect(plan.root).toBeFocused();
  await window.page.keyboard.press('Enter');
  await expect(plan.startButton).toHaveText(/^Deploy r-\w+ to dev$/);
  expect(await runs()).toEqual(['2 deploy succeeded', '1 build succeeded']);
});

test('held again, it waits again; then a person confirms and starts what is shown', async () => {
  await pages.planDialog().close();
  await world.workspace.edit('gantry.yml', (text) =>
    text.replace('envFile: .env.dev', 'envFile: .env.dev\n    confirm: typed'),
  );
  const plan = await pages.board().deploy('dev');
  await plan.confirmation.fill('dev');
  hold('--confirm', 'dev');
  await plan.untilWaiting();
  await expect(plan.holder).toContainText(`(cli, process ${holder.pid})`);
  await expect(plan.holder).toContainText('Watching its release', { timeout: 30_000 });
  await world.done('cancel', '3');
  await plan.untilReady();
  // What was typed before the wait was about the plan of before.
  await expect(plan.confirmation).toHaveValue('');
  await expect(plan.confirmation).toBeFocused();
  await plan.confirmation.fill('dev');
  const run = await plan.start();
  expect(await run.id()).toBe(4);
  await run.stopWatchingButton.click();
  await run.untilEnded('Succeeded');
  expect((await runs()).slice(0, 2)).toEqual(['4 deploy succeeded', '3 deploy succeeded']);
});
