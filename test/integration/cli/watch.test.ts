import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { type GatedBuild, gateBuilds } from '#test/gated-build.ts';
import { type Started, watch } from './built-gantry.ts';

let world: GantryWorld;
let gate: GatedBuild;
let loop: Started;
/** Everything that was said up to the newest thing waited for. */
let seen = 0;

beforeAll(async () => {
  world = await createGantryWorld();
  gate = await gateBuilds(world);
  gate.open();
  await world.done('trust');
  loop = watch(world.start('build', '--watch'));
});
afterAll(async () => {
  gate.open();
  loop.child.kill('SIGKILL');
  await loop.ended;
  await world.remove();
});

/** Waits for something new that matches. */
async function next(wanted: RegExp): Promise<string> {
  let match: RegExpExecArray | null = null;
  await expect
    .poll(
      async () => {
        const text = (await loop.said('')).slice(seen);
        match = wanted.exec(text);
        if (match !== null) seen += match.index + match[0].length;
        return match?.[0];
      },
      { timeout: 30_000, interval: 50 },
    )
    .toBeDefined();
  return match?.[0] ?? '';
}

const inWorkspace = (file: string) => join(world.workspace.folder, file);
const newest = async () => (await world.history())[0];

it('builds, tests and deploys at once, and again on a change', async () => {
  await next(/as it is now\n {2}build {3}succeeded .*\n {2}deploy {2}succeeded .*\n {2}dev runs r-\w+\n/);
  const before = await world.liveImage('dev');
  await world.workspace.changeALine();
  const round = await next(/healthy [\d.]+ s after the change: dev runs r-\w+\n/);
  expect(await world.liveImage('dev')).not.toBe(before);
  expect((await world.environment('dev')).release?.id).toBe(/r-\w+/.exec(round)?.[0]);
});

it('builds nothing for what git does, what it ignores and what is the same', async () => {
  const { id } = (await newest()) ?? {};
  await appendFile(inWorkspace('.git/info/exclude'), '*.log\n');
  await writeFile(inWorkspace('debug.log'), 'x');
  await world.workspace.edit('VERSION', (text) => `${text}x`);
  await world.workspace.edit('VERSION', (text) => text.slice(0, -1));
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect((await newest())?.id).toBe(id);
});

it('goes on after a failure, which it shows', async () => {
  await appendFile(inWorkspace('test/unit.sh'), '\necho this is wrong; exit 3\n');
  await next(/test\/unit\.sh changed\n {2}build {3}failed .*Test reply rules failed with exit code 3\n/);
  await next(/\| this is wrong\n/);
  await world.workspace.edit('test/unit.sh', (text) =>
    text.replace('\necho this is wrong; exit 3\n', '\n# mended\n'),
  );
  await next(/ {2}healthy [\d.]+ s after the change: dev runs r-/);
});

it('gives up a build that is stale, and builds what is there', async () => {
  gate.close();
  await appendFile(inWorkspace('rules/replies.txt'), '# one\n');
  await expect.poll(() => gate.isAtGate(), { timeout: 20_000 }).toBe(true);
  await appendFile(inWorkspace('rules/replies.txt'), '# two\n');
  await next(/build {3}given up .* something changed meanwhile\n/);
  gate.open();
  await next(/rules\/replies\.txt changed\n {2}build {3}succeeded .*\n {2}deploy {2}succeeded/);
  const [deploy, build, stale] = await world.history();
  expect([deploy, build, stale]).toMatchObject([
    { kind: 'deploy', state: 'succeeded' },
    { kind: 'build', state: 'succeeded' },
    { kind: 'build', state: 'cancelled' },
  ]);
});

it('does not deploy where something speaks against it, and says what', async () => {
  await world.done('hold', 'dev', 'audit');
  await appendFile(inWorkspace('rules/replies.txt'), '# three\n');
  await next(/ {2}! dev is on hold\. .*audit/);
  await world.done('lift', 'dev');
});

it('ends with Ctrl-C: its run is cancelled, and nothing is left', async () => {
  gate.close();
  await appendFile(inWorkspace('rules/replies.txt'), '# four\n');
  await expect.poll(() => gate.isAtGate(), { timeout: 20_000 }).toBe(true);
  loop.child.kill('SIGINT');
  const { code, stdout } = await loop.ended;
  expect(code).toBe(130);
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/ {2}build {3}cancelled/);
  expect(await newest()).toMatchObject({ kind: 'build', state: 'cancelled' });
  expect((await world.board()).build).toBeUndefined();
});

it('ends when nobody reads any more', async () => {
  gate.open();
  const unread = watch(world.start('build', '--watch', '--no-deploy'));
  await unread.said('build   succeeded');
  unread.child.stdout?.destroy();
  await appendFile(inWorkspace('rules/replies.txt'), '# five\n');
  await expect.poll(() => unread.child.exitCode, { timeout: 20_000 }).toBe(130);
});

it('does not deploy by itself where a name wants to be typed', async () => {
  const { code, stderr } = await world.gantry('build', '--watch', '--deploy', 'prod');
  expect(code).toBe(2);
  expect(stderr).toContain('prod wants its name typed before each deploy');
});
