import type { Page } from '@playwright/test';

/** Marks, in the page itself, when Build was clicked and when the first line of output was drawn after it. */
export async function markFirstLine(page: Page): Promise<void> {
  await page.evaluate(() => {
    let isWaiting = false;
    document.addEventListener(
      'click',
      (event) => {
        const button = event.target instanceof Element ? event.target.closest('button') : null;
        if (button?.textContent !== 'Build') return;
        isWaiting = true;
        performance.clearMarks();
        performance.mark('click');
      },
      true,
    );
    const look = () => {
      if (!isWaiting || !document.querySelector('section[aria-label="Log"] ol li code')) return;
      // The old run's lines stand until the new one's view is there.
      if (document.querySelector('h1')?.textContent?.trim() !== 'Build') return;
      isWaiting = false;
      requestAnimationFrame(() => performance.mark('line'));
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  });
}

/** When both happened, in milliseconds since 1970. */
export function readFirstLine(page: Page): Promise<{ readonly click: number; readonly line: number }> {
  return page.evaluate(() => {
    const at = (name: string) =>
      performance.timeOrigin + (performance.getEntriesByName(name)[0]?.startTime ?? 0);
    return { click: at('click'), line: at('line') };
  });
}
