import { expect, test } from '@playwright/test';
import type { ProvisionedEngine } from '#test/engine/engine.ts';
import { ownEngine } from '#test/engine/for-tests.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { type AppWindow, openWindow } from './app-window.ts';
import type { Pages } from './pages/page-objects.ts';
import { type ServedGantry, serveGantry } from './served-gantry.ts';

/** The engine is stopped: what the ledger knows is still read, and what needs the engine says why it does not go. */
test.describe.configure({ mode: 'serial' });

let engine: ProvisionedEngine;
let world: GantryWorld;
let served: ServedGantry;
let window: AppWindow;
let pages: Pages;
let images: { readonly dev: string | undefined; readonly staging: string | undefined };

/** Playwright's own skip, which does not return. */
function skipAll(why: string): never {
  // biome-ignore lint/suspicious/noSkippedTests: only where no engine can be provisioned; the reason is printed with it
  test.skip(true, why);
  throw new Error(why);
}

test.beforeAll(async ({ browser }) => {
  engine = await ownEngine({ skip: skipAll });
  world = await createGantryWorld(engine);
  await world.done('build', '--trust');
  await world.done('deploy', 'dev', '--yes');
  await world.done('promote', 'staging', '--yes');
  await world.workspace.changeALine();
  await world.done('build');
  await world.done('deploy', 'dev', '--yes');
  images = { dev: await world.liveImage('dev'), staging: await world.liveImage('staging') };
  served = await serveGantry(world);
  window = await openWindow(browser);
  pages = await window.enter(served.url);
});
test.afterAll(async () => {
  await window?.close();
  await served?.stop();
  await world?.workspace.remove();
  await engine?.stop();
});
test.afterEach(() => {
  expect(window.complaints).toEqual([]);
});

test('the board keeps what it saw last, and says from when', async () => {
  const board = pages.board();
  await expect(board.status('dev')).toHaveText('Healthy');
  await expect(board.status('staging')).toHaveText('Healthy');
  await engine.stopDaemon();
  const palette = await pages.frame.openPalette();
  await palette.type('observe');
  await palette.enter();
  for (const environment of ['dev', 'staging'] as const) {
    await expect(board.status(environment)).toHaveText('Unreachable');
    await expect(board.column(environment)).toContainText(/Facts below are from \d\d:\d\d/);
    expect(await board.imageId(environment)).toBe(images[environment]);
  }
  await expect(pages.frame.statusBar).toContainText('Docker is not answering');
});

test('Build and Promote refuse, with the reason and what to do', async () => {
  const board = pages.board();
  await expect(window.page.getByText('Builds and compose targets wait.')).toBeVisible();
  for (const button of [
    pages.frame.buildButton,
    board.between('dev', 'staging').getByRole('button', { name: /^Promote/ }),
  ]) {
    await expect(button).toHaveAttribute('aria-disabled', 'true');
    await expect(button).toHaveAccessibleDescription('Docker is not answering');
    await button.click({ force: true });
  }
  await expect(window.page).not.toHaveURL(/plan=|runs/);
  // Whoever comes by an address of the dialog gets the same answer in it.
  await window.page.goto(`${served.origin}/#/?plan=promote:dev:staging`);
  const plan = pages.planDialog();
  await expect(plan.foot).toContainText('No plan');
  await expect(plan.root).toContainText('staging cannot be observed');
  await expect(plan.root).toContainText('gantry doctor');
  await plan.close();
});

test('the history lists every run, and a run’s log reads', async () => {
  const history = await pages.frame.goToHistory();
  await expect(history.runs).toHaveCount(5);
  await history.choose(/Build.*1\.0\.0/);
  const run = await history.openChosen();
  await expect(run.state).toHaveText('Succeeded');
  await expect(run.steps).toHaveCount(5);
  await expect(run.log).toContainText('ok GET /healthz is ok');
});

test('two old releases are compared', async () => {
  const history = await pages.frame.goToHistory();
  await history.choose(/Deploy to dev.*1\.0\.1/);
  await expect(history.preview).toContainText('fix: say goodbye more warmly');
  const compare = await history.compareChosen();
  await expect(compare.sides).toHaveCount(2);
  await expect(compare.part('Commits')).toContainText('fix: say goodbye more warmly');
  await expect(compare.part('Image')).toContainText('1.0.1');
});

test('and once the engine is back, all goes on', async () => {
  await engine.startDaemon();
  const board = await pages.frame.goToBoard();
  await window.page.getByRole('button', { name: 'Try again' }).first().click();
  await expect(pages.frame.buildButton).not.toHaveAttribute('aria-disabled', 'true');
  await expect(board.status('dev')).not.toHaveText('Unreachable');
});
