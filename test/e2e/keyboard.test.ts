import { expect, type Page, test } from '@playwright/test';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { type AppWindow, openWindow } from './app-window.ts';
import type { Pages } from './pages/page-objects.ts';
import { type ServedGantry, serveGantry } from './served-gantry.ts';

/** Without a mouse, and without eyes: order, focus, names. */
test.describe.configure({ mode: 'serial' });

let world: GantryWorld;
let served: ServedGantry;
let window: AppWindow;
let page: Page;
let pages: Pages;

test.beforeAll(async ({ browser }) => {
  world = await createGantryWorld();
  await world.done('build', '--trust');
  await world.done('deploy', 'dev', '--yes');
  served = await serveGantry(world);
  window = await openWindow(browser, { viewport: { width: 1440, height: 900 } });
  page = window.page;
  pages = await window.enter(served.url);
  await expect(pages.board().status('dev')).toHaveText('Healthy');
});
test.afterAll(async () => {
  await window?.close();
  await served?.stop();
  await world?.remove();
});
test.afterEach(() => {
  expect(window.complaints).toEqual([]);
});

/** Where the focus stands: the landmark or column, and what it is on. */
function focused(): Promise<{ readonly place: string; readonly name: string; readonly ring: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return { place: 'nowhere', name: '', ring: false };
    const column = element.closest('[data-column]');
    const labelled = column?.getAttribute('aria-labelledby');
    const place = labelled
      ? document.getElementById(labelled)?.textContent
      : (column?.getAttribute('aria-label') ?? element.closest('header, nav, main, footer')?.localName);
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return {
      place: place ?? '',
      name: element.getAttribute('aria-label') ?? element.textContent ?? '',
      ring: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
    };
  });
}

test('Tab goes in reading order: title bar, dev, gap, staging, gap, prod, runs', async () => {
  const places: string[] = [];
  const withoutRing: string[] = [];
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const { place, name, ring } = await focused();
    if (place === 'nowhere') break;
    if (places.at(-1) !== place) places.push(place);
    if (!ring) withoutRing.push(`${place}: ${name}`);
  }
  expect(places).toEqual([
    'header',
    'nav',
    'header',
    'dev',
    'Between dev and staging',
    'staging',
    'Between staging and prod',
    'prod',
    'main',
  ]);
  expect(withoutRing).toEqual([]);
});

test('arrow keys go across the columns', async () => {
  const board = pages.board();
  await board.column('dev').getByRole('button').first().focus();
  await page.keyboard.press('ArrowRight');
  expect((await focused()).place).toBe('Between dev and staging');
  await page.keyboard.press('ArrowRight');
  expect((await focused()).place).toBe('staging');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  expect((await focused()).place).toBe('dev');
});

test('a dialog keeps the focus inside, and gives it back when it closes', async () => {
  const opener = pages
    .board()
    .between('dev', 'staging')
    .getByRole('button', { name: /^Promote/ });
  await opener.focus();
  await page.keyboard.press('Enter');
  const plan = await pages.planDialog().untilReady();
  await expect(plan.startButton).toBeFocused();
  const seen = new Set<string>();
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press(presses < 12 ? 'Tab' : 'Shift+Tab');
    expect(await plan.root.evaluate((root) => root.contains(document.activeElement))).toBe(true);
    seen.add((await focused()).name);
  }
  expect([...seen].some((name) => name.startsWith('Plan again'))).toBe(true);
  await plan.close();
  await expect(opener).toBeFocused();
});

test('so do the palette and a menu', async () => {
  const opener = pages.board().column('dev').getByRole('button', { name: 'More actions for dev' });
  await opener.focus();
  const palette = await pages.frame.openPalette();
  await palette.type('no such command');
  await expect(page.getByText('Nothing matches “no such command”.')).toBeVisible();
  await palette.close();
  await expect(opener).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem').first()).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(opener).toBeFocused();
});

test('every action of the board is in the palette as well', async () => {
  const palette = await pages.frame.openPalette();
  for (const words of [
    'Build',
    'Deploy to dev…',
    'Promote dev to staging…',
    'Hold dev…',
    'Compare dev with',
  ]) {
    await expect(palette.options.filter({ hasText: words }).first()).toBeAttached();
  }
  await palette.close();
});

test('a run is opened, its log searched and left again without a mouse', async () => {
  const palette = await pages.frame.openPalette();
  await palette.type('run 1');
  await palette.enter();
  const run = pages.run();
  await expect(run.state).toHaveText('Succeeded');
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Search the log' })).toBeFocused();
  await page.keyboard.type('healthz');
  await expect(page.getByRole('status').filter({ hasText: 'of 2' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('searchbox', { name: 'Search the log' })).toHaveValue('');
  await page.goBack();
  await expect(pages.board().column('dev')).toBeVisible();
});

test('whatever can be operated has a name, on every view and in every dialog', async () => {
  const views: readonly (readonly [address: string, heading: string | RegExp])[] = [
    ['#/', 'dev'],
    ['#/runs', 'Runs'],
    ['#/runs/1', /^Build r-/],
    ['#/runs/2', /^Deploy r-\w+ to dev/],
    ['#/history', /^Deploy to dev/],
    ['#/compare?left=dev&right=staging', 'Env keys'],
    ['#/releases', /^r-/],
    ['#/releases?prune', 'Remove old images'],
    ['#/?adopt', 'Adopt an image'],
    ['#/?plan=promote:dev:staging', 'Promote to staging'],
    ['#/?hold=dev', 'Hold dev'],
  ];
  for (const [address, heading] of views) {
    await page.goto(`${served.origin}/${address}`);
    await expect(page.getByRole('heading', { name: heading }).first()).toBeVisible();
    const tree = await page.locator('body').ariaSnapshot();
    const nameless = tree
      .split('\n')
      .filter((line) =>
        /^\s*- (button|link|textbox|searchbox|combobox|checkbox|radio|menuitem|img)( \[.*\])?:?$/.test(line),
      );
    expect.soft(nameless, address).toEqual([]);
  }
});
