import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunSummary } from '#shared/domain/run.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { expectHonest } from './honest.ts';
import { commandOf, type Found, kill, killAt, processesOf, recover, until } from './kill-world.ts';
import { type Moment, openStalledLedger, type StalledLedger } from './stalled-ledger.ts';

let world: GantryWorld;
let ledger: StalledLedger;

beforeAll(async () => {
  world = await createGantryWorld();
  await world.done('build', '--trust');
  ledger = openStalledLedger(world.workspace.home);
});
afterAll(async () => {
  ledger?.close();
  await world?.remove();
});

describe('a build that is killed', () => {
  const build = ['build', '--trust'] as const;

  /** Built or not, it says so, and the next one succeeds. */
  async function expectClosed(found: Found): Promise<RunSummary> {
    const run = await expectHonest(world, 'prod', { ...found, board: withoutFailure(found) });
    expect(run).toMatchObject({ kind: 'build', state: 'interrupted' });
    const made = found.releases.find(({ builtBy }) => builtBy === run.id);
    expect(run.summary).toBe(
      `Gantry stopped during the build; ${made === undefined ? 'no release was made' : `${made.id} had been recorded`}`,
    );
    expect(run.release).toBe(made?.id);
    return run;
  }
  // A build is in no environment, so that no column tells of it.
  const withoutFailure = (found: Found): Found['board'] => ({
    ...found.board,
    environments: found.board.environments.map((place) => ({ ...place, failedRun: found.history[0] })),
  });

  test.each<readonly [string, Moment | 'release']>([
    ['during the build', { kind: 'vertex-changed', after: 3 }],
    ['when the image is built', { kind: 'step-ended', step: 'build' }],
    ['between its tests', { kind: 'step-started', step: 'test-2' }],
    ['before the release is recorded', { kind: 'step-started', step: 'record' }],
    ['as the release is recorded', 'release'],
    ['right after the release was recorded', { kind: 'release-recorded' }],
    ['after its last step', { kind: 'run-ended' }],
  ])('%s', async (_when, moment) => {
    await world.workspace.edit('rules/replies.txt', (text) => `${text}# ${moment}${Math.random()}\n`);
    await killAt(ledger, moment, () => world.start(...build));
    await expectClosed(await recover(world));
    await world.done(...build);
  });

  describe('with a matrix', () => {
    const withMatrix =
      (change: (text: string) => string, back: (text: string) => string) =>
      async (work: () => Promise<void>) => {
        await world.workspace.edit('Dockerfile', change);
        await world.workspace.edit('gantry.yml', (text) =>
          text.replace('  args:\n', '  matrix: { SECONDS: [303, 304] }\n  args:\n'),
        );
        await work();
        await world.workspace.edit('Dockerfile', back);
      };
    const withoutMatrix = () =>
      world.workspace.edit('gantry.yml', (text) => text.replace(/^ {2}matrix: .*\n/m, ''));
    const argument = 'ARG SECONDS\nENV SECONDS=$SECONDS\nCMD [';
    const named = withMatrix(
      (text) => text.replace('CMD [', argument),
      (text) => text.replace(argument, 'CMD ['),
    );
    const sleeping = 'ARG SECONDS\nRUN sleep $SECONDS\nCMD [';
    const slow = withMatrix(
      (text) => text.replace('CMD [', sleeping),
      (text) => text.replace(sleeping, 'CMD ['),
    );

    test('no cell keeps a name, though gantry.yml names none of them any more', async () => {
      await named(async () => {
        await killAt(ledger, { kind: 'step-ended', step: 'build' }, () => world.start(...build));
        const names = await world.docker('images', '--format', '{{.Tag}}', world.workspace.name);
        expect(names.match(/^gantry-run-\d+-seconds30[34]$/gm)).toHaveLength(2);
        await withoutMatrix();
        await expectClosed(await recover(world));
      });
      await world.done(...build);
    });

    test('no cell goes on being built', async () => {
      await slow(async () => {
        const child = world.start(...build);
        child.stdout?.resume();
        await until('both cells', () => (sleepers().length === 2 ? true : undefined));
        await kill(child);
        await until('the engine to stop', () => (sleepers().length === 0 ? true : undefined));
        await withoutMatrix();
        await expectClosed(await recover(world));
      });
      await world.done(...build);
    });

    const sleepers = () =>
      readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && /^sleep 30[34]$/.test(commandOf(pid)));
  });

  test('during a test on the host: the test and what it started are ended', async () => {
    await world.workspace.edit('test/unit.sh', (text) => text.replace('set -u\n', 'set -u\nsleep 301\n'));
    const child = world.start(...build);
    child.stdout?.resume();
    await until('the test', () => processesOf(world).find((text) => text.includes('sleep 301')));
    await until('the test to be recorded', () =>
      ledger.events().find((event) => event.kind === 'child-started'),
    );
    await kill(child);
    expect(processesOf(world).filter((text) => text.includes('sleep 301'))).toHaveLength(1);
    await expectClosed(await recover(world));
    await world.workspace.edit('test/unit.sh', (text) => text.replace('sleep 301\n', ''));
    await world.done(...build);
  });

  test('during a test in the image: its container is removed', async () => {
    await world.workspace.edit('src/selftest', (text) => text.replace('set -u\n', 'set -u\nsleep 302\n'));
    const child = world.start(...build);
    child.stdout?.resume();
    const running = () =>
      world.docker('ps', '--quiet', '--filter', 'label=dev.gantry.run', '--filter', workspaceLabel());
    const container = await until('the container', async () => (await running()) || undefined);
    await kill(child);
    expect(await running()).toBe(container);
    await expectClosed(await recover(world));
    await world.workspace.edit('src/selftest', (text) => text.replace('sleep 302\n', ''));
    await world.done(...build);
  });
  const workspaceLabel = () => `label=dev.gantry.workspace=${world.workspace.name}`;
});
