import { expect, type Page } from '@playwright/test';
import type { AppFrame, Pages, Palette, RunPage } from './page-objects.ts';

export function createAppFrame(page: Page, pages: Pages): AppFrame {
  const views = page.getByRole('navigation', { name: 'Views' });
  const buildButton = page.getByRole('button', { name: 'Build', exact: true });
  return {
    statusBar: page.getByRole('contentinfo').last(),
    toasts: page.getByRole('region', { name: /^Notifications/ }).getByRole('listitem'),
    buildButton,
    async openWorkspace(folder) {
      await page.getByLabel('Folder on this machine').fill(folder);
      await page.getByRole('button', { name: 'Open folder' }).click();
      const board = pages.board();
      await expect(board.column('dev')).toBeVisible();
      return board;
    },
    async goToBoard() {
      await views.getByRole('link', { name: 'Board' }).click();
      const board = pages.board();
      await expect(board.column('dev')).toBeVisible();
      return board;
    },
    async goToHistory() {
      await views.getByRole('link', { name: 'History' }).click();
      const history = pages.history();
      await expect(history.runs.first()).toBeVisible();
      return history;
    },
    async goToReleases() {
      await views.getByRole('link', { name: 'Releases' }).click();
      const releases = pages.releases();
      await expect(releases.rows.first()).toBeVisible();
      return releases;
    },
    build: () => opensAnotherRun(page, pages, () => buildButton.click()),
    watchSwitch: page.getByRole('switch', { name: 'Watch' }),
    buildBy: (option) =>
      opensAnotherRun(page, pages, async () => {
        await page.getByRole('button', { name: 'Build options' }).click();
        await page.getByRole('menuitem', { name: option, exact: true }).click();
      }),
    async openPalette() {
      await page.keyboard.press('Control+k');
      const palette = createPalette(page, pages);
      await expect(palette.field).toBeFocused();
      return palette;
    },
  };
}

/** Another than the one that may be open: its state would be taken for that of the new one. */
async function opensAnotherRun(page: Page, pages: Pages, act: () => Promise<void>): Promise<RunPage> {
  const before = runIn(page.url());
  await act();
  await expect.poll(() => runIn(page.url())).not.toBe(before);
  await expect(page).toHaveURL(/#\/runs\/\d+/);
  return pages.run();
}

const runIn = (url: string): string | undefined => /#\/runs\/(\d+)/.exec(url)?.[1];

function createPalette(page: Page, pages: Pages): Palette {
  const dialog = page.getByRole('dialog', { name: 'Search or run a command' });
  const enter = () => page.keyboard.press('Enter');
  return {
    field: dialog.getByRole('combobox'),
    options: dialog.getByRole('option'),
    chosen: dialog.getByRole('option', { selected: true }),
    type: (words) => page.keyboard.type(words),
    enter,
    async enterPlan() {
      await enter();
      return pages.planDialog().untilReady();
    },
    async close() {
      await page.keyboard.press('Escape');
      await expect(dialog).toBeHidden();
    },
  };
}
