import { expect, type Page } from '@playwright/test';
import type { Pages, PruneDialog, ReleasesPage, RunPage } from './page-objects.ts';

export function createReleasesPage(page: Page, pages: Pages): ReleasesPage {
  const main = page.getByRole('main');
  const rows = main.getByRole('list', { name: 'Releases' }).locator(':scope > li');
  const detail = main.getByRole('complementary', { name: /^Release r-/ });
  const row = (release: string) => rows.filter({ hasText: release });
  const started = async (): Promise<RunPage> => {
    await expect(page).toHaveURL(/#\/runs\/\d+/);
    return pages.run();
  };
  const releases: ReleasesPage = {
    rows,
    row,
    detail,
    async choose(release) {
      await row(release).getByRole('link').click();
      await expect(main.getByRole('complementary', { name: `Release ${release}` })).toBeVisible();
      return releases;
    },
    async act(release, action) {
      await releases.choose(release);
      await detail.getByRole('button', { name: `More actions for ${release}` }).click();
      await page.getByRole('menuitem', { name: action }).click();
    },
    async push(release, { names = '', shows }) {
      await releases.act(release, 'Push…');
      const dialog = page.getByRole('dialog', { name: `Push ${release}` });
      await expect(dialog.getByLabel('Repository')).toHaveValue(shows);
      await dialog.getByLabel('Further names').fill(names);
      await dialog.getByRole('button', { name: 'Push', exact: true }).click();
      return started();
    },
    async compare(one, other) {
      for (const release of [one, other]) {
        await row(release).getByRole('link').focus();
        await page.keyboard.press('Space');
        await expect(row(release).getByRole('checkbox')).toBeChecked();
      }
      await main.getByRole('button', { name: 'Compare', exact: true }).click();
      await expect(page).toHaveURL(/#\/compare/);
      return pages.compare();
    },
    async adopt(ref) {
      await main.getByRole('button', { name: 'Adopt an image…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Adopt an image' });
      await dialog.getByLabel('Image').fill(ref);
      await dialog.getByRole('button', { name: 'Adopt', exact: true }).click();
      return started();
    },
    async removeOld() {
      await main.getByRole('button', { name: 'Remove old images…' }).click();
      return createPruneDialog(page, started);
    },
  };
  return releases;
}

function createPruneDialog(page: Page, started: () => Promise<RunPage>): PruneDialog {
  const root = page.getByRole('dialog', { name: 'Remove old images' });
  return {
    root,
    goes: root.getByRole('region', { name: 'Goes' }),
    stays: root.getByRole('region', { name: 'Stays' }),
    async apply() {
      await root.getByRole('button', { name: /^Remove the images of/ }).click();
      return started();
    },
  };
}
