import type { Page } from '@playwright/test';
import type { ComparePage } from './page-objects.ts';

export function createComparePage(page: Page): ComparePage {
  const main = page.getByRole('main');
  return {
    sides: main.getByRole('button', { name: /^(Left|Right) side: / }),
    part: (name) => main.getByRole('region', { name, exact: true }),
  };
}
