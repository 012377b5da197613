import { expect, type Page } from '@playwright/test';
import type { BoardPage, HoldDialog, Pages } from './page-objects.ts';

export function createBoardPage(page: Page, pages: Pages): BoardPage {
  const main = page.getByRole('main');
  const column = (environment: string) => main.getByRole('region', { name: environment, exact: true });
  const between = (left: string, right: string) =>
    main.getByRole('region', { name: `Between ${left} and ${right}` });
  const trustNotice = main.getByRole('region', { name: 'Trust' });
  const trustButton = trustNotice.getByRole('button', { name: 'Trust this workspace' });

  /** A lesser action stands behind the dots. */
  const act = async (environment: string, action: string): Promise<void> => {
    const here = column(environment);
    // The Now row may offer the same; the last row's is always there.
    const button = here.getByRole('button', { name: action, exact: true }).last();
    await expect(here.getByRole('button').last()).toBeVisible();
    if (await button.isVisible()) await button.click();
    else {
      await here.getByRole('button', { name: `More actions for ${environment}` }).click();
      await page.getByRole('menuitem', { name: action }).click();
    }
  };
  const planBy = async (environment: string, action: string) => {
    await act(environment, action);
    return pages.planDialog().untilReady();
  };

  const board: BoardPage = {
    trustNotice,
    trustButton,
    column,
    // The name of the column, then how it stands.
    status: (environment) => column(environment).locator('h2 + *'),
    // The rows are head, now, release.
    release: (environment) =>
      column(environment)
        .locator(':scope > :nth-child(3)')
        .getByText(/^r-[0-9a-f]+$/),
    async imageId(environment) {
      const digest = column(environment).locator('code[title^="sha256:"]');
      return (await digest.count()) === 0 ? undefined : ((await digest.getAttribute('title')) ?? undefined);
    },
    between,
    runs: () => main.getByRole('list', { name: 'Runs' }).getByRole('listitem'),
    async trust() {
      await trustButton.click();
      await expect(trustNotice).toBeHidden();
      return board;
    },
    async deployLater(environment) {
      await act(environment, 'Deploy…');
      return pages.planDialog().untilWaiting();
    },
    deploy: (environment) => planBy(environment, 'Deploy…'),
    rollBack: (environment) => planBy(environment, 'Roll back…'),
    async promote(from, to) {
      await between(from, to)
        .getByRole('button', { name: `Promote ${from} to ${to}…` })
        .click();
      return pages.planDialog().untilReady();
    },
    async hold(environment) {
      await act(environment, 'Hold…');
      return createHoldDialog(page, environment, board);
    },
    async liftHold(environment) {
      await column(environment).getByRole('button', { name: 'Lift hold…' }).click();
      const dialog = page.getByRole('dialog', { name: `Lift the hold on ${environment}` });
      await dialog.getByRole('button', { name: 'Lift hold' }).click();
      await expect(dialog).toBeHidden();
      return board;
    },
    async openRun(words) {
      await main.getByRole('list', { name: 'Runs' }).getByRole('link', { name: words }).first().click();
      return pages.run();
    },
    async compare(left, right) {
      await between(left, right)
        .getByRole('button', { name: `Compare ${left} with ${right}` })
        .click();
      return pages.compare();
    },
  };
  return board;
}

function createHoldDialog(page: Page, environment: string, board: BoardPage): HoldDialog {
  const dialog = page.getByRole('dialog', { name: `Hold ${environment}` });
  return {
    reason: dialog.getByLabel('Reason'),
    async hold() {
      await dialog.getByRole('button', { name: `Hold ${environment}` }).click();
      await expect(dialog).toBeHidden();
      return board;
    },
    async close() {
      await page.keyboard.press('Escape');
      await expect(dialog).toBeHidden();
    },
  };
}
