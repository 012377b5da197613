import { type Browser, type BrowserContext, expect, type Page } from '@playwright/test';
import type { Pages } from './pages/page-objects.ts';
import { createPages } from './pages/pages.ts';

/** A browser of its own (cookies, storage) with one page in it, and what the page complained about. */
export type AppWindow = {
  readonly page: Page;
  readonly pages: Pages;
  readonly context: BrowserContext;
  /** Comes in through the one-time link, with the first workspace still to be opened. */
  enter(url: string): Promise<Pages>;
  /** Console errors, uncaught errors and refusals of the content security policy; none is in order. */
  readonly complaints: readonly string[];
  /** From now on a complaint like this is part of the test. */
  expectComplaint(like: RegExp): void;
  close(): Promise<void>;
};

/**
 * Creating a Docker network changes this machine's interfaces, and Chromium then breaks off what it is loading. It says
 * nothing about Gantry; the page is loaded once more.
 */
const networkChanged = /net::ERR_NETWORK_CHANGED/;

export async function openWindow(
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<AppWindow> {
  const context = await browser.newContext(options);
  const complaints: string[] = [];
  const expected: RegExp[] = [networkChanged];
  const complain = (text: string) => {
    if (!expected.some((like) => like.test(text))) complaints.push(text);
  };
  context.on('console', (message) => {
    if (message.type() === 'error') complain(`${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => complain(String(error.error())));
  await context.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`${event.violatedDirective} refuses ${event.blockedURI}`),
    ),
  );
  const page = await context.newPage();
  const pages = createPages(page);
  return {
    page,
    pages,
    context,
    complaints,
    expectComplaint: (like) => expected.push(like),
    async enter(url) {
      await load(page, url);
      return pages;
    },
    close: () => context.close(),
  };
}

/** The link works once, so what is loaded again is where it led to. */
async function load(page: Page, url: string): Promise<void> {
  await page.goto(url).catch((error: unknown) => {
    if (!networkChanged.test(String(error))) throw error;
  });
  const appears = page.getByRole('navigation', { name: 'Views' });
  try {
    await expect(appears).toBeAttached({ timeout: 5_000 });
  } catch {
    await page.goto(new URL('/', url).href);
    await expect(appears).toBeAttached();
  }
}

/** Opens another page in the same browser: it shares the cookie, as a second tab does. */
export async function openTab(window: AppWindow, url: string): Promise<Pages> {
  const page = await window.context.newPage();
  await load(page, url);
  return createPages(page);
}
