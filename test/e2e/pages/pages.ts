import type { Page } from '@playwright/test';
import { createAppFrame } from './app-frame.ts';
import { createBoardPage } from './board-page.ts';
import { createComparePage } from './compare-page.ts';
import { createHistoryPage } from './history-page.ts';
import type { Pages } from './page-objects.ts';
import { createPlanDialog } from './plan-dialog.ts';
import { createReleasesPage } from './releases-page.ts';
import { createRunPage } from './run-page.ts';

/** The pages of one window. */
export function createPages(page: Page): Pages {
  const pages: Pages = {
    get frame() {
      return createAppFrame(page, pages);
    },
    board: () => createBoardPage(page, pages),
    run: () => createRunPage(page, pages),
    history: () => createHistoryPage(page, pages),
    compare: () => createComparePage(page),
    releases: () => createReleasesPage(page, pages),
    planDialog: () => createPlanDialog(page, pages),
  };
  return pages;
}
