import { expect, test } from '@playwright/test';
import { createGantryWorld, type GantryWorld, untilEnded } from '#test/gantry-process.ts';
import { type AppWindow, openTab, openWindow } from './app-window.ts';
import type { Pages } from './pages/page-objects.ts';
import { type ServedGantry, serveGantry } from './served-gantry.ts';

/** What only a browser has: links that work once, several tabs, a server that may go away. */
test.describe.configure({ mode: 'serial' });

let world: GantryWorld;
let served: ServedGantry;
let window: AppWindow;
let pages: Pages;

test.beforeAll(async ({ browser }) => {
  world = await createGantryWorld();
  served = await serveGantry(world);
  window = await openWindow(browser);
  pages = await window.enter(served.url);
  await (await pages.frame.openWorkspace(world.workspace.folder)).trust();
});
test.afterAll(async () => {
  await window?.close();
  await served?.stop();
  await world?.remove();
});
test.afterEach(() => {
  expect(window.complaints).toEqual([]);
});

test('a browser without the link gets a page that says what to do, and nothing else', async ({ browser }) => {
  const stranger = await openWindow(browser);
  // The page itself is the refusal: Chromium reports its status.
  stranger.expectComplaint(/status of 401|WebSocket connection/);
  const { page } = stranger;
  expect((await page.goto(served.origin))?.status()).toBe(401);
  await expect(page.getByRole('heading', { name: 'Gantry' })).toBeVisible();
  await expect(page.getByText('Open the link that gantry serve or gantry open printed')).toBeVisible();
  await page.goto(served.url);
  await expect(page.getByText('This link was used before, or it is too old.')).toBeVisible();
  const opened = await page.evaluate(
    (url) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('refused');
      }),
    `${served.origin.replace('http', 'ws')}/api/ws`,
  );
  expect(opened).toBe('refused');
  expect(stranger.complaints).toEqual([]);
  await stranger.close();
});

test('the cookie is out of reach of scripts and of other sites', async () => {
  const [cookie, ...more] = await window.context.cookies();
  expect(more).toEqual([]);
  expect(cookie).toMatchObject({ name: `gantry-${served.port}`, httpOnly: true, sameSite: 'Strict' });
  expect(await window.page.evaluate(() => document.cookie)).toBe('');
});

test('a second tab sees a run that the first one starts, as it happens', async () => {
  const other = await openTab(window, served.origin);
  const board = other.board();
  await expect(board.column('dev')).toBeVisible();
  // Both at once: a build may be over before the first tab has opened its run.
  const [run] = await Promise.all([
    pages.frame.build(),
    expect(board.runs().filter({ hasText: 'Build' })).toContainText('Running'),
  ]);
  await run.untilEnded('Succeeded');
  const id = await run.releaseId();
  await expect(board.runs().filter({ hasText: 'Build' })).toContainText('Succeeded');
  await expect(board.column('dev')).toContainText(`${id} is built and can be deployed.`);
});

test('a run that the command line starts appears live, and can be followed to its end', async () => {
  const board = await pages.frame.goToBoard();
  await expect(board.runs()).toHaveCount(1);
  const deploying = world.start('deploy', 'dev', '--yes');
  await expect(board.runs()).toHaveCount(2);
  await expect(board.status('dev')).toHaveText('Deploying');
  const run = await (await board.openRun(/Deploy to dev/)).untilEnded('Succeeded');
  await expect(run.log).toContainText('Started');
  expect(await untilEnded(deploying)).toBe(0);
  const after = await pages.frame.goToBoard();
  await expect(after.status('dev')).toHaveText('Healthy');
  expect(await after.imageId('dev')).toBe(await world.liveImage('dev'));
});

test('what was typed outlives a reload, and a hold stops the command line as well', async () => {
  const reason = 'The demo is on until four';
  const dialog = await pages.board().hold('dev');
  await dialog.reason.fill(reason);
  await dialog.close();
  await window.page.reload();
  const again = await pages.board().hold('dev');
  await expect(again.reason).toHaveValue(reason);
  const board = await again.hold();
  await expect(board.status('dev')).toHaveText('On hold');
  await expect(board.column('dev')).toContainText(reason);
  const { code, stderr } = await world.gantry('deploy', 'dev', '--yes');
  expect({ code, says: stderr.includes(reason) }).toEqual({ code: 3, says: true });
  await board.liftHold('dev');
  await expect(board.status('dev')).toHaveText('Healthy');
});

test('a broken description is said once, with where; mended, the board is back by itself', async () => {
  await pages.frame.goToBoard();
  await world.workspace.edit('gantry.yml', (text) => text.replace('confirm: typed', 'confirm: maybe'));
  await window.page.reload();
  const main = window.page.getByRole('main');
  await expect(main.getByRole('region', { name: 'Problems' }).getByRole('listitem')).toHaveText([
    /^gantry\.yml:\d+:\d+Problemenvironments\.prod\.confirm is "maybe"\./,
  ]);
  await expect(main.getByText(/trust|One thing is wrong/)).toBeHidden();
  await world.workspace.edit('gantry.yml', (text) => text.replace('confirm: maybe', 'confirm: typed'));
  await expect(pages.board().column('prod')).toBeVisible();
  await expect(main.getByRole('region', { name: 'Problems' })).toBeHidden();
});

test('when the server is gone the page says so, and what to do', async () => {
  window.expectComplaint(/WebSocket connection|status of 401/);
  const notice = window.page.getByRole('alert').filter({ hasText: 'Connection lost' });
  await served.kill();
  await expect(notice).toContainText('What is shown is from');
  await expect(notice).toContainText('start gantry serve again');
  await expect(pages.board().status('dev')).toHaveText('Healthy');
  await expect(pages.frame.buildButton).toHaveAttribute('aria-disabled', 'true');

  // A server that was started again knows no browser yet: the old page cannot come back by itself.
  served = await serveGantry(world, { port: served.port });
  await notice.getByRole('button', { name: 'Try now' }).click();
  await expect(notice).toBeVisible();
  await window.page.reload();
  await expect(window.page.getByText('This browser has not been let in.')).toBeVisible();
  await window.enter(served.url);
  await expect(pages.board().status('dev')).toHaveText('Healthy');
  await expect(notice).toBeHidden();
});
