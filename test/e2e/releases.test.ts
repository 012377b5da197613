import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { baseImage } from '#test/engine/base-image.ts';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { type AppWindow, openWindow } from './app-window.ts';
import type { Pages } from './pages/page-objects.ts';
import { type ServedGantry, serveGantry } from './served-gantry.ts';

/** Where releases and their images are, and how they get somewhere else: an engine, a registry, an environment that is a tag. */
test.describe.configure({ mode: 'serial' });

let world: GantryWorld;
let registry: TestRegistry;
let served: ServedGantry;
let window: AppWindow;
let pages: Pages;
/** In the order in which they were built. */
const built: string[] = [];
const at = (index: number): string => built[index] ?? '';
const repository = (): string => `${registry.host}/chatbot`;

test.beforeAll(async ({ browser }) => {
  [world, registry] = await Promise.all([createGantryWorld(), startRegistry()]);
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(
        /staging:\n(.*\n) {4}target: \{ kind: compose \}\n {4}health: .*\n/,
        `staging:\n$1    target: { kind: registry, repository: "${repository()}" }\n`,
      )
      .concat(`\nregistry:\n  repository: ${repository()}\nretention:\n  keep: 1\n`),
  );
  for (const word of ['one', 'two', 'three']) {
    await world.workspace.edit('rules/replies.txt', (text) => `${text}${word} = ${word}\n`);
    await world.done('build', '--trust');
    built.push(await world.newestRelease());
  }
  await world.done('deploy', 'dev', '--yes');
  served = await serveGantry(world);
  window = await openWindow(browser);
  pages = await window.enter(served.url);
  // Known from the command line: the window opens with it.
  await expect(pages.board().column('dev')).toBeVisible();
});
test.afterAll(async () => {
  await window?.close();
  await served?.stop();
  await world?.remove();
  await registry?.stop();
});
test.afterEach(() => {
  expect(window.complaints).toEqual([]);
});

test('releases are listed newest first, with where each runs', async () => {
  const releases = await pages.frame.goToReleases();
  await expect(releases.rows).toHaveCount(3);
  await expect(releases.rows.first()).toContainText(at(2));
  await expect(releases.row(at(2))).toContainText('runs in dev');
  await expect(releases.row(at(0))).toContainText('On this engine');
  await expect(releases.row(at(0))).not.toContainText('runs in');
});

test('one is pushed under a further name, and its run and the list say where it is now', async () => {
  const run = await pages.releases().push(at(1), { shows: repository(), names: 'candidate' });
  await run.untilEnded('Succeeded');
  await expect(window.page.getByRole('region', { name: 'Images and names' })).toContainText(
    `${repository()}:candidate`,
  );
  const releases = await pages.frame.goToReleases();
  await expect(releases.row(at(1))).toContainText('Here and pushed');
  await releases.choose(at(1));
  await expect(releases.detail).toContainText(`${repository()}:${at(1)}`);
});

test('the newest is promoted to the environment that is a tag', async () => {
  const releases = await pages.releases().choose(at(2));
  await releases.detail.getByRole('button', { name: 'Promote to staging…' }).click();
  const plan = await pages.planDialog().untilReady();
  await expect(plan.root.getByRole('list', { name: 'Way of the image' })).toContainText(
    `Pushed from this engine to ${repository()}:${at(2)}`,
  );
  await (await plan.start()).untilEnded('Succeeded');
  const board = await pages.frame.goToBoard();
  await expect(board.status('staging')).toHaveText('In place');
  await expect(board.column('staging')).toContainText(`${repository()}:staging`);
  await expect(board.column('staging')).toContainText('nothing runs here');
});

test('two are marked by keyboard and compared down to the file that changed', async () => {
  // With both in the registry, and nothing known of them, what they share is not read at first.
  await world.done('push', at(1));
  await rm(join(world.workspace.home, 'cache'), { recursive: true });
  const compare = await (await pages.frame.goToReleases()).compare(at(2), at(1));
  await expect(compare.sides.first()).toContainText(at(1));
  const image = compare.part('Image');
  const files = image.getByRole('region', { name: 'Files' });
  const totals = image.getByRole('region', { name: 'Base and size' });
  await expect(files).toContainText('changed', { timeout: 30_000 });
  await files.getByRole('button').first().click();
  await expect(files).toContainText('/app/replies.tsv');
  await expect(totals).toContainText('Unpacked', { timeout: 30_000 });
});

test('a pin keeps an image, and what nothing needs is removed as the preview says', async () => {
  const releases = await pages.frame.goToReleases();
  await releases.act(at(1), /^Pin/);
  await expect(releases.row(at(1))).toContainText('pinned by');
  const dialog = await releases.removeOld();
  await expect(dialog.goes).toContainText(at(0));
  await expect(dialog.goes).not.toContainText(at(1));
  await expect(dialog.stays.getByRole('listitem').filter({ hasText: at(1) })).toContainText('pinned by');
  await expect(dialog.stays.getByRole('listitem').filter({ hasText: at(2) })).toContainText('dev runs it');
  const run = await dialog.apply();
  await run.untilEnded('Succeeded');
  await expect(window.page.getByRole('region', { name: 'Images and names' })).toContainText(at(0));
  const after = await pages.frame.goToReleases();
  await expect(after.row(at(0))).toContainText('Image gone');
  await after.choose(at(0));
  await expect(after.detail.getByRole('button', { name: /^Build again from/ })).toBeVisible();
});

test('an image that was built elsewhere is adopted, and can be deployed like any other', async () => {
  const run = await (await pages.frame.goToReleases()).adopt(baseImage);
  await run.untilEnded('Succeeded');
  const releases = await pages.frame.goToReleases();
  await expect(releases.rows).toHaveCount(4);
  const adopted = await world.newestRelease();
  await releases.choose(adopted);
  await expect(releases.detail).toContainText(baseImage);
  await expect(releases.detail.getByRole('button', { name: 'Deploy to dev…' })).toBeVisible();
});
