import { expect, type Page } from '@playwright/test';
import type { Pages, RetryDialog, RunPage } from './page-objects.ts';

/** Enough for a deploy that goes back after a health check that never passes. */
const longestRunMs = 60_000;

export function createRunPage(page: Page, pages: Pages): RunPage {
  const main = page.getByRole('main');
  const title = main.getByRole('heading', { level: 1 });
  const state = main
    .locator('dt', { hasText: /^State$/ })
    .locator('..')
    .getByRole('definition');
  const cancelButton = main.getByRole('button', { name: /^Cancel (build|run)$/ });
  const run: RunPage = {
    title,
    state,
    steps: main.getByRole('complementary', { name: 'Steps' }).getByRole('listitem'),
    log: main.getByRole('region', { name: 'Log' }).last(),
    givenUp: main
      .locator('dt', { hasText: /^Given up$/ })
      .locator('..')
      .getByRole('definition'),
    cancelButton,
    brokenCache: main.getByRole('region', { name: 'What broke the cache' }),
    release: main.getByRole('region', { name: 'Release' }),
    health: (step) => main.getByRole('region', { name: `Health in ${step}` }),
    heldNotice: main.getByText(/ is held until you lift it\./).locator('..'),
    stopWatchingButton: main.getByRole('button', { name: 'Stop watching' }),
    choices: main.getByRole('group', { name: 'What to do now' }).getByRole('button'),
    retryDialog: () => createRetryDialog(page, pages),
    report: (step) => main.getByRole('region', { name: `Report of ${step}` }),
    id: async () => Number(/#\/runs\/(\d+)/.exec(page.url())?.[1]),
    async gitTag(name) {
      await run.release.getByRole('button', { name: 'Git tag…' }).click();
      const dialog = page.getByRole('dialog', { name: /^Git tag/ });
      const field = dialog.getByLabel('Name');
      await expect(field).toHaveValue(/^v/);
      if (name !== undefined) await field.fill(name);
      await dialog.getByRole('button', { name: 'Set tag' }).click();
      return dialog;
    },
    async releaseId() {
      return (await title.getByText(/^r-[0-9a-f]+$/).textContent()) ?? '';
    },
    async untilEnded(wished) {
      await expect(state).not.toContainText('Running', { timeout: longestRunMs });
      await expect(state).toContainText(wished);
      return run;
    },
    async deployTo(environment) {
      await main.getByRole('button', { name: `Deploy to ${environment}…` }).click();
      return pages.planDialog().untilReady();
    },
    async cancel() {
      await cancelButton.click();
      return run;
    },
  };
  return run;
}

function createRetryDialog(page: Page, pages: Pages): RetryDialog {
  const root = page.getByRole('dialog', { name: /^Retry run / });
  const dialog: RetryDialog = {
    root,
    confirmation: root.getByLabel(/^Type .+ to confirm$/),
    async beginWith(step) {
      await root.getByRole('radio', { name: step }).check();
      return dialog;
    },
    async start() {
      const address = page.url();
      await root.getByRole('button', { name: /^Retry in / }).click();
      await expect(root).toBeHidden();
      await expect(page).not.toHaveURL(address.replace(/\?.*$/, ''));
      return pages.run();
    },
  };
  return dialog;
}
