import { expect, test } from '@playwright/test';
import { environments } from '#test/chatbot-workspace.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { type AppWindow, openWindow } from './app-window.ts';
import type { BoardPage, Pages } from './pages/page-objects.ts';
import { type ServedGantry, serveGantry } from './served-gantry.ts';

/** The story, told by clicks and keys; one chapter a test, each where the one before has left the app. */
test.describe.configure({ mode: 'serial' });

let world: GantryWorld;
let served: ServedGantry;
let window: AppWindow;
let pages: Pages;
const story = { first: '', second: '' };
const image: { first?: string | undefined; second?: string | undefined } = {};

test.beforeAll(async ({ browser }) => {
  world = await createGantryWorld();
  served = await serveGantry(world);
  window = await openWindow(browser);
  pages = await window.enter(served.url);
});
test.afterAll(async () => {
  await window?.close();
  await served?.stop();
  await world?.remove();
});
test.afterEach(() => {
  expect(window.complaints).toEqual([]);
});

type Images = Readonly<Record<(typeof environments)[number], string | undefined>>;

/** What the board shows must be what docker says, and both what is wished. */
async function expectImages(board: BoardPage, wished: Images): Promise<void> {
  for (const environment of environments) {
    const live = await world.liveImage(environment);
    expect.soft(live, `docker's image in ${environment}`).toBe(wished[environment]);
    await expect
      .soft(async () => expect(await board.imageId(environment)).toBe(live))
      .toPass({ timeout: 10_000 });
  }
  expect(test.info().errors).toEqual([]);
}

/** Follows a run to its end and comes back to the board. */
async function finish(run: ReturnType<Pages['run']>, state = 'Succeeded'): Promise<BoardPage> {
  await run.untilEnded(state);
  return pages.frame.goToBoard();
}

test('a workspace that nobody has trusted is read-only, until it is trusted', async () => {
  const board = await pages.frame.openWorkspace(world.workspace.folder);
  await expect(board.trustNotice).toContainText('sh test/unit.sh');
  await expect(pages.frame.buildButton).toHaveAttribute('aria-disabled', 'true');
  for (const environment of environments) await expect(board.status(environment)).toHaveText('Empty');
  await board.trust();
  await expect(pages.frame.buildButton).not.toHaveAttribute('aria-disabled', 'true');
});

test('the first release is built, with its steps and its log as they happen', async () => {
  const run = await pages.frame.build();
  // Whatever the machine's speed: steps that are still to come are listed from the start.
  await expect(run.steps).toHaveText([
    /Read source/,
    /Build image/,
    /Test reply rules/,
    /Test selftest/,
    /Record release/,
  ]);
  await run.untilEnded('Succeeded');
  await expect(run.steps.filter({ hasText: 'Succeeded' })).toHaveCount(5);
  await expect(run.log).toContainText('ok GET /healthz is ok');
  story.first = await run.releaseId();
  expect(story.first).toMatch(/^r-[0-9a-f]{6}/);
});

test('it is deployed to dev as its plan says', async () => {
  const plan = await pages.run().deployTo('dev');
  await expect(plan.root).toContainText(story.first);
  await expect(plan.root).toContainText('Nothing ran here before.');
  const run = await plan.start();
  await expect(run.steps).toHaveText([/Find image/, /Start services/, /Wait until healthy/, /Verify image/]);
  const board = await finish(run);
  await expect(board.release('dev')).toHaveText(story.first);
  await expect(board.status('dev')).toHaveText('Healthy');
  image.first = await world.liveImage('dev');
  await expectImages(board, { dev: image.first, staging: undefined, prod: undefined });
});

test('the same image is promoted to staging', async () => {
  const plan = await pages.board().promote('dev', 'staging');
  await expect(plan.root).toContainText('same bytes');
  await expect(plan.confirmation).toBeHidden();
  const board = await finish(await plan.start());
  await expectImages(board, { dev: image.first, staging: image.first, prod: undefined });
});

test('and to prod, by keyboard alone, once prod is typed', async () => {
  const palette = await pages.frame.openPalette();
  await palette.type('promote prod');
  await expect(palette.chosen).toContainText('Promote staging to prod…');
  const plan = await palette.enterPlan();
  await expect(plan.confirmation).toBeFocused();
  await expect(plan.startButton).toHaveAttribute('aria-disabled', 'true');
  await window.page.keyboard.type('pro');
  await window.page.keyboard.press('Enter');
  await expect(plan.root).toBeVisible();
  await window.page.keyboard.type('d');
  await expect(plan.startButton).not.toHaveAttribute('aria-disabled', 'true');
  const board = await finish(await plan.startByEnter());
  const first = image.first;
  await expectImages(board, { dev: first, staging: first, prod: first });
});

test('a deploy is cancelled while it runs, and what ran before runs on', async () => {
  // A program that never answers keeps the deploy waiting until somebody stops it.
  const stuck = 'if [ "$APP_ENV" = dev ]; then sleep 600; fi\n';
  await world.workspace.edit('src/start', (text) => text.replace('exec httpd', `${stuck}exec httpd`));
  const built = await (await pages.frame.build()).untilEnded('Succeeded');
  const run = await (await built.deployTo('dev')).start();
  await expect(run.steps.filter({ hasText: 'Wait until healthy' })).toContainText('Running');
  await run.cancel();
  const board = await finish(run, 'Cancelled');
  await expect(board.release('dev')).toHaveText(story.first);
  const first = image.first;
  await expectImages(board, { dev: first, staging: first, prod: first });
  await world.workspace.edit('src/start', (text) => text.replace(stuck, ''));
});

test('a line is changed, and the second release is built', async () => {
  await world.workspace.changeALine();
  const run = await (await pages.frame.build()).untilEnded('Succeeded');
  story.second = await run.releaseId();
  expect(story.second).not.toBe(story.first);
  const board = await pages.frame.goToBoard();
  const first = image.first;
  await expectImages(board, { dev: first, staging: first, prod: first });
});

test('the second release is carried all the way, too', async () => {
  let board = await finish(await (await pages.board().deploy('dev')).start());
  await expect(board.release('dev')).toHaveText(story.second);
  image.second = await world.liveImage('dev');
  const { first, second } = image;
  expect(second).not.toBe(first);
  await expectImages(board, { dev: second, staging: first, prod: first });
  await expect(board.between('dev', 'staging')).toContainText('1 commit');
  board = await finish(await (await board.promote('dev', 'staging')).start());
  await expectImages(board, { dev: second, staging: second, prod: first });
  const toProd = await board.promote('staging', 'prod');
  await expect(toProd.root).toContainText('fix: say goodbye more warmly');
  const inside = toProd.root.getByRole('region', { name: 'Image' });
  await expect(inside.getByRole('list', { name: 'New layers' })).toContainText('COPY');
  await expect(inside).toContainText('files: 2 changed');
  await toProd.confirmation.fill('prod');
  board = await finish(await toProd.start());
  await expectImages(board, { dev: second, staging: second, prod: second });
});

test('prod is rolled back to the first, with a note, and held', async () => {
  const plan = await pages.board().rollBack('prod');
  await expect(plan.root).toContainText(story.first);
  await plan.note.fill('Goodbyes are too long');
  await plan.confirmation.fill('prod');
  const board = await finish(await plan.start());
  await expectImages(board, { dev: image.second, staging: image.second, prod: image.first });
  await expect(board.status('prod')).toHaveText('On hold');
  const history = await pages.frame.goToHistory();
  await expect(history.runs.first()).toContainText('Roll back prod');
  await expect(history.runs.first()).toContainText('Goodbyes are too long');
});

test('nothing goes to prod until the hold is lifted', async () => {
  let board = await pages.frame.goToBoard();
  await expect(board.between('staging', 'prod').getByRole('button', { name: /^Promote/ })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  board = await board.liftHold('prod');
  await expect(board.status('prod')).toHaveText('Healthy');
  await (await board.promote('staging', 'prod')).close();
});
