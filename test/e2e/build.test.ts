import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import * as z from 'zod';
import { run as runProgram } from '#test/engine/process.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { type AppWindow, openWindow } from './app-window.ts';
import { markFirstLine, readFirstLine } from './first-line.ts';
import type { Pages } from './pages/page-objects.ts';
import { type ServedGantry, serveGantry } from './served-gantry.ts';

/** The loop that people repeat fifty times a day: build, see why it took so long, see what failed, build again. */
test.describe.configure({ mode: 'serial' });

let world: GantryWorld;
let served: ServedGantry;
let window: AppWindow;
let pages: Pages;

test.beforeAll(async ({ browser }) => {
  world = await createGantryWorld();
  await world.workspace.edit('gantry.yml', (text) =>
    text.replace(
      'tests:\n',
      'tags: { release: ["{{version}}", "{{commit}}", newest] }\ntests:\n  - { name: report, where: host, run: [sh, report.sh], junit: report.xml }\n',
    ),
  );
  await write('.gitignore', 'report.xml\n');
  await write('report.sh', passing);
  await commit('test: a report for machines');
  served = await serveGantry(world);
  window = await openWindow(browser);
  pages = await window.enter(served.url);
  await (await pages.frame.openWorkspace(world.workspace.folder)).trust();
});
test.afterAll(async () => {
  await window?.close();
  await served?.stop();
  await world?.remove();
});
test.afterEach(() => {
  expect(window.complaints).toEqual([]);
});

const suite = (cases: string) => `<testsuite name="rules">${cases}</testsuite>`;
const passed = '<testcase classname="rules" name="greets"/><testcase classname="rules" name="says goodbye"/>';
const failed =
  '<testcase classname="rules" name="greets"/><testcase classname="rules" name="says goodbye">' +
  '<failure message="expected Fair winds, got nothing"/></testcase>';
const passing = `echo '${suite(passed)}' > report.xml\n`;
const failing = `echo '${suite(failed)}' > report.xml; exit 1\n`;

const inWorkspace = (file: string) => join(world.workspace.folder, file);
const write = (file: string, text: string) => writeFile(inWorkspace(file), text);

const shortId = (id: string) => id.replace('sha256:', '').slice(0, 12);

async function git(...args: readonly string[]): Promise<string> {
  const author = ['-c', 'user.name=Mo', '-c', 'user.email=mo@example.com'];
  const { code, stdout, stderr } = await runProgram('git', [...author, ...args], {
    cwd: world.workspace.folder,
    env: { PATH: process.env.PATH ?? '' },
  });
  if (code !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
  return stdout.trim();
}

async function commit(message: string): Promise<void> {
  await git('add', '--all');
  await git('commit', '--quiet', '--message', message);
}

test('a build ends with its release: tags, tests with their counts, and what came in', async () => {
  const run = await (await pages.frame.build()).untilEnded('Succeeded');
  await expect(run.brokenCache).toBeHidden();
  await expect(run.release).toContainText(await run.releaseId());
  await expect(run.release).toContainText('report2 passed');
  await expect(run.release.getByRole('region', { name: 'Notes' })).toContainText('a report for machines');
});

test('a git tag is set when it is asked for, and a taken name is refused in place', async () => {
  const run = pages.run();
  const taken = await run.gitTag('v1.0.0');
  await expect(taken.getByRole('alert')).toContainText('git-failed');
  await window.page.keyboard.press('Escape');
  const dialog = await run.gitTag('v1.0.1-e2e');
  await expect(dialog.getByRole('status').first()).toContainText('v1.0.1-e2e stands on');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  expect(await git('rev-list', '-n', '1', 'v1.0.1-e2e')).toBe(await git('rev-parse', 'HEAD'));
});

test('the next build says what broke the cache: the step, and the file', async () => {
  await appendFile(inWorkspace('rules/replies.txt'), 'fog mist = Sound the horn.\n');
  const first = await world.docker('inspect', '--format', '{{.Id}}', `${world.workspace.name}:newest`);
  const run = await (await pages.frame.build()).untilEnded('Succeeded');
  await expect(run.brokenCache).toContainText('rules COPY rules/ rules/');
  await expect(run.brokenCache).toContainText('rules/replies.txt changed');
  await expect(run.steps.filter({ hasText: 'Build image' })).toContainText(/Sent 1 file/);
  // Where a name pointed before it moved stands beside it.
  const tags = run.release.getByRole('listitem');
  await expect(tags.filter({ hasText: `${world.workspace.name}:newest` })).toContainText(
    `was sha256:${shortId(first)}`,
  );
  await expect(tags.filter({ hasText: '-dirty' }).first()).not.toContainText('was');
});

test('a long instruction that broke the cache ends before the edge of the steps', async () => {
  await world.workspace.edit('Dockerfile', (text) => text.replace('/chatbot /out', '/chatbot /out && sync'));
  const run = await (await pages.frame.build()).untilEnded('Succeeded');
  await expect(run.brokenCache).toContainText('rules RUN --mount=type=cache');
  const pane = window.page.getByRole('complementary', { name: 'Steps' });
  const behind = await pane.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
  expect(behind, 'pixels of text behind the edge').toBe(0);
});

test('a failed test is named with its message, and there is no release', async () => {
  await write('report.sh', failing);
  const run = await (await pages.frame.build()).untilEnded('Failed');
  await expect(run.report('Test report')).toContainText('1 of 2 failed');
  await expect(run.report('Test report').getByRole('listitem')).toHaveText([
    /says goodbye.*expected Fair winds, got nothing/,
  ]);
  await expect(run.title).toHaveText('Build');
  await write('report.sh', passing);
});

test('while one builds, another queues; a third takes the place of both', async () => {
  await write('report.sh', `sleep 30\n${passing}`);
  const first = await pages.frame.build();
  const slow = await first.id();
  await expect(first.steps.filter({ hasText: 'Test report' })).toContainText('Running');
  const second = await pages.frame.buildBy('Queue another');
  const queued = await second.id();
  await expect(second.state).toHaveText(`Queuedbehind run ${slow}`);
  await expect(pages.frame.statusBar).toContainText('1 queued');
  await write('report.sh', passing);
  const third = await pages.frame.buildBy('Replace all');
  await third.untilEnded('Succeeded');
  const board = await pages.frame.goToBoard();
  for (const id of [slow, queued]) {
    await expect(board.runs().filter({ hasText: new RegExp(`^Cancelled${id}Build`) })).toHaveCount(1);
  }
});

test('watched, a change reaches dev by itself; the switch outlives a reload', async () => {
  const board = await pages.frame.goToBoard();
  const { watchSwitch, statusBar } = pages.frame;
  await expect(watchSwitch).not.toBeChecked();
  await watchSwitch.press('Space');
  await expect(watchSwitch).toBeChecked();
  await expect(statusBar).toContainText('waiting for changes', { timeout: 30_000 });
  const before = await world.liveImage('dev');
  expect(before).toBeDefined();

  await window.page.reload();
  await expect(watchSwitch).toBeChecked();
  await appendFile(inWorkspace('rules/replies.txt'), 'lighthouse = It turns all night.\n');
  await expect.poll(() => world.liveImage('dev'), { timeout: 30_000 }).not.toBe(before);
  await expect(statusBar).toContainText(/waiting for changes.*dev runs r-/, { timeout: 30_000 });
  await expect(async () => {
    expect(await board.imageId('dev')).toBe(await world.liveImage('dev'));
  }).toPass({ timeout: 10_000 });
});

test('watched, a change that fails its tests does not get there, and says why', async () => {
  const live = await world.liveImage('dev');
  await write('report.sh', failing);
  const dev = pages.board().column('dev');
  await expect(dev).toContainText('The last change did not get here', { timeout: 30_000 });
  await expect(dev).toContainText('1 of 2 tests failed');
  await dev.getByRole('link', { name: /^Open run/ }).click();
  await expect(pages.run().report('Test report')).toContainText('says goodbye');
  expect(await world.liveImage('dev')).toBe(live);
});

test('stopped from the palette, it starts nothing more', async () => {
  const palette = await pages.frame.openPalette();
  await palette.type('stop watching');
  await palette.enter();
  await expect(pages.frame.watchSwitch).not.toBeChecked();
  const board = await pages.frame.goToBoard();
  const runs = await board.runs().count();
  await write('report.sh', passing);
  await window.page.waitForTimeout(1_500);
  await expect(board.runs()).toHaveCount(runs);
});

test('what a build writes is on screen a moment later', async () => {
  await markFirstLine(window.page);
  const measured: { readonly sinceClick: number; readonly sinceWritten: number }[] = [];
  for (const word of ['spray', 'swell', 'squall', 'calm', 'surf']) {
    await pages.frame.goToBoard();
    await appendFile(inWorkspace('rules/replies.txt'), `${word} = Reef the sails.\n`);
    const run = await (await pages.frame.build()).untilEnded('Succeeded');
    const { click, line } = await readFirstLine(window.page);
    const log = logSchema.parse(
      JSON.parse((await world.done('logs', String(await run.id()), '--json')).stdout),
    );
    measured.push({ sinceClick: line - click, sinceWritten: line - (log.lines[0]?.at ?? 0) });
  }
  const sinceClick = median(measured.map((each) => each.sinceClick));
  const sinceWritten = median(measured.map((each) => each.sinceWritten));
  // How long the engine takes to its first line is its own affair. The bound leaves room for a machine that is busy.
  console.log(
    `first line on screen ${sinceClick} ms after the click, ${sinceWritten} ms after it was written (medians of 5)`,
  );
  expect(sinceWritten).toBeLessThan(1_000);
});

const logSchema = z.object({ lines: z.array(z.object({ at: z.number() })) });

function median(numbers: readonly number[]): number {
  return Math.round(numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? 0);
}
