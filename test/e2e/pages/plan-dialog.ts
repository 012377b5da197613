import { expect, type Page } from '@playwright/test';
import type { Pages, PlanDialog } from './page-objects.ts';

export function createPlanDialog(page: Page, pages: Pages): PlanDialog {
  const root = page.getByRole('dialog', { name: /^(Deploy to|Promote to|Roll back) / });
  const foot = root.getByRole('contentinfo');
  // The way on is always the last.
  const startButton = foot.getByRole('button').last();
  const confirmation = root.getByLabel(/^Type .+ to confirm$/);
  const started = async () => {
    await expect(root).toBeHidden();
    await expect(page).toHaveURL(/#\/runs\/\d+/);
    return pages.run();
  };
  const dialog: PlanDialog = {
    root,
    foot,
    startButton,
    confirmation,
    note: root.getByLabel('Why, for whoever reads the history'),
    holder: root.getByRole('region', { name: /is leased$/ }),
    async untilWaiting() {
      await expect(foot).toContainText('Waiting');
      return dialog;
    },
    async untilReady() {
      await expect(foot).toContainText('Ready');
      return dialog;
    },
    async start() {
      await startButton.click();
      return started();
    },
    async startByEnter() {
      await confirmation.press('Enter');
      return started();
    },
    async close() {
      await page.keyboard.press('Escape');
      await expect(root).toBeHidden();
    },
  };
  return dialog;
}
