import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { type ProvisionedEngine, provisionEngine } from '#test/engine/engine.ts';
import { definedOnly } from '#test/engine/reachable.ts';
import { type AppWindow, openWindow } from './app-window.ts';
import type { Pages, PlanDialog } from './pages/page-objects.ts';
import { addLine, createScreenshotWorkspace, type ScreenshotWorkspace } from './screenshot-workspace.ts';
import { type ServedGantry, serveGantry } from './served-gantry.ts';

/**
 * `GANTRY_SCREENSHOTS=1 npm run test:e2e` writes the pictures in docs/screenshots, each of a real run, and runs nothing
 * else. Without the variable this file is left out.
 */
const folder = resolve(import.meta.dirname, '../../docs/screenshots');
const wide = { width: 1440, height: 900 };
const narrow = { width: 800, height: 700 };

test.setTimeout(300_000);

let engine: ProvisionedEngine;
let workspace: ScreenshotWorkspace;
let served: ServedGantry;
let window: AppWindow;

test.beforeAll(async ({ browser }) => {
  await mkdir(folder, { recursive: true });
  engine = await provisionEngine();
  workspace = await createScreenshotWorkspace();
  const env = { ...definedOnly(process.env), ...engine.env, GANTRY_HOME: workspace.home };
  served = await serveGantry({ env, workspace }, { as: workspace.asMo });
  // Notifications are granted, so that no picture has the question about them.
  window = await openWindow(browser, { viewport: wide, permissions: ['notifications'] });
});
test.afterAll(async () => {
  await window?.close();
  await served?.stop();
  await workspace?.remove();
  await engine?.stop();
});

/** In light and dark, in the size that the window has. */
async function picture(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
    // Grounds fade from one theme to the other.
    await page.waitForTimeout(400);
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
  }
}

/** No ring, no hover: as the page looks to somebody who only reads it. */
async function letGo(page: Page): Promise<void> {
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
}

async function carry(pages: Pages, plan: PlanDialog): Promise<void> {
  await (await plan.start()).untilEnded('Succeeded');
  await pages.frame.goToBoard();
}

async function changeThreeTimes({ edit, commit, tag }: ScreenshotWorkspace): Promise<void> {
  const replies = 'rules/replies.txt';
  await edit(replies, (text) => text.replace('Fair winds!', 'Fair winds, and come back soon!'));
  await commit('fix: say goodbye more warmly', 'mo', 21 * 60);
  await edit(replies, (text) =>
    text.replace('thanks thank', 'tide tides ebb = The tide table hangs at the pier.\nthanks thank'),
  );
  await commit('feat: know about the tides', 'jl', 190);
  await edit('src/www/index.html', (text) =>
    text.replace('placeholder="hello"', 'placeholder="Ask about the tides"'),
  );
  await commit('feat: suggest a question to those who come new', 'mo', 24);
  await edit('.env.prod', (text) =>
    text.replace('Welcome aboard', 'Welcome aboard. Ask me about the tides').replace('=1000', '=2000'),
  );
  await commit('chore: prod greets with the tides', 'mo', 20);
  await tag('v1.1.0');
}

test('pictures of every view, from a real story', async () => {
  const { page } = window;
  const pages = await window.enter(served.url);
  let board = await (await pages.frame.openWorkspace(workspace.folder)).trust();
  await (await pages.frame.build()).untilEnded('Succeeded');
  await carry(pages, await pages.run().deployTo('dev'));
  await carry(pages, await board.promote('dev', 'staging'));
  const first = await board.promote('staging', 'prod');
  await first.confirmation.fill('prod');
  await carry(pages, first);

  await changeThreeTimes(workspace);
  const build = await pages.frame.build();
  await expect(build.log).toContainText('checking lib');
  await picture(page, 'build');
  await build.untilEnded('Succeeded');
  await carry(pages, await build.deployTo('dev'));
  await carry(pages, await board.promote('dev', 'staging'));
  await addLine(workspace, 'rules/replies.txt', 'fog mist = Sound the horn.');
  const palette = await pages.frame.openPalette();
  await palette.type('observe');
  await palette.enter();
  board = pages.board();
  await expect(board.column('dev')).toContainText('1 changed file');
  await letGo(page);
  await picture(page, 'board');
  await page.setViewportSize(narrow);
  await picture(page, 'board-800');
  await (await board.promote('staging', 'prod')).untilReady();
  await picture(page, 'promote-800');
  await pages.planDialog().close();

  await page.setViewportSize(wide);
  const second = await board.promote('staging', 'prod');
  await second.confirmation.pressSequentially('pro');
  await picture(page, 'promote');
  await second.confirmation.fill('prod');
  const watched = await second.start();
  await expect(watched.health('Watch')).toContainText('0:06 left to watch', { timeout: 60_000 });
  await picture(page, 'watch');
  await watched.untilEnded('Succeeded');
  await pages.frame.goToBoard();

  const refuses = "echo 'chatbot cannot start: TIDE_URL is not set' >&2; exit 1";
  await workspace.edit('src/start', (text) =>
    text.replace('reply_to hello', `if [ "$APP_ENV" = dev ]; then ${refuses}; fi\nreply_to hello`),
  );
  await workspace.commit('feat: read the tide table', 'jl', 3);
  await workspace.tag('v1.2.0');
  const broken = await (await pages.frame.build()).untilEnded('Succeeded');
  await (await (await broken.deployTo('dev')).start()).untilEnded('Rolled back');
  await picture(page, 'failed-run');

  board = await pages.frame.goToBoard();
  const back = await board.rollBack('prod');
  await back.note.fill('Half of the guests ask for tides that the table does not have');
  await back.confirmation.fill('prod');
  await carry(pages, back);
  await (await pages.frame.goToHistory()).choose(/Roll back prod/);
  await letGo(page);
  await expect(pages.history().preview).toContainText('Going back to this');
  await picture(page, 'history');

  board = await pages.frame.goToBoard();
  await (await board.compare('staging', 'prod')).part('Image').waitFor();
  await picture(page, 'compare');
});
