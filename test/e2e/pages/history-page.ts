import { expect, type Page } from '@playwright/test';
import type { HistoryPage, Pages } from './page-objects.ts';

export function createHistoryPage(page: Page, pages: Pages): HistoryPage {
  const main = page.getByRole('main');
  const runs = main.getByRole('list', { name: 'Runs' }).getByRole('link');
  const preview = main.getByRole('complementary', { name: /^Run \d+$/ });
  const history: HistoryPage = {
    runs,
    preview,
    async choose(words) {
      await runs.filter({ hasText: words }).first().click();
      return history;
    },
    async openChosen() {
      await preview.getByRole('link', { name: 'Open run' }).click();
      await expect(page).toHaveURL(/#\/runs\/\d+/);
      return pages.run();
    },
    async compareChosen() {
      await preview.getByRole('link', { name: 'Compare' }).click();
      await expect(page).toHaveURL(/#\/compare/);
      return pages.compare();
    },
  };
  return history;
}
