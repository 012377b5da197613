import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGantryWorld, type GantryWorld, untilEnded, untilPrinted } from '#test/gantry-process.ts';
import { expectHonest } from './honest.ts';
import { commandOf, kill, killAt, liveIn, processesOf, recover, recoverArgv, until } from './kill-world.ts';
import { type Moment, openStalledLedger, type StalledLedger } from './stalled-ledger.ts';

let world: GantryWorld;
let ledger: StalledLedger;
/** Two releases, so that every deploy of the one changes what the other left. */
let releases: readonly [string, string];
/** How many commands the start step runs; `docker compose up` is the last. */
let commandsInStart: number;

beforeAll(async () => {
  world = await createGantryWorld();
  await world.done('build', '--trust');
  await world.workspace.changeALine();
  await world.done('build');
  const built = (await world.history()).map((run) => run.release ?? '');
  releases = [built[1] ?? '', built[0] ?? ''];
  ledger = openStalledLedger(world.workspace.home);
  await world.done('deploy', 'dev', releases[0], '--yes');
  commandsInStart = ledger
    .events()
    .filter((event) => event.kind === 'child-started' && event.step === 'start').length;
  await world.done('promote', 'staging', '--yes');
  await world.done('deploy', 'dev', releases[1], '--yes');
});
afterAll(async () => {
  ledger?.close();
  await world?.remove();
});

async function otherThanNow(environment: string): Promise<string> {
  const [live] = await liveIn(world, environment);
  return live?.release === releases[0] ? releases[1] : releases[0];
}

const unchanged = /^Gantry stopped before \w+ was changed$/;
const halfWay = /^Gantry stopped half-way: \w+ runs (?:nothing|web r-\w+ \(\w+\))/;
const arrived = /^Gantry stopped, but \w+ was found running r-\w+ and healthy$/;

type KillPoint = readonly [when: string, moment: Moment, summary: RegExp];

const atStart = (kind: 'step-started' | 'step-ended', step: string): Moment => ({ kind, step });
const points: readonly KillPoint[] = [
  ['having found the image', atStart('step-ended', 'find-image'), unchanged],
  ['before the services start', atStart('step-started', 'start'), unchanged],
  ['as compose’s first command begins', { kind: 'child-started', step: 'start' }, halfWay],
  ['when compose is done', atStart('step-ended', 'start'), halfWay],
  ['before the health wait', atStart('step-started', 'wait'), halfWay],
  ['during the health wait', { kind: 'step-progressed', step: 'wait' }, halfWay],
  // Its answer over HTTP was seen, but the process died before it could say so.
  ['when it is healthy', atStart('step-ended', 'wait'), halfWay],
  ['before the image is verified', atStart('step-started', 'verify'), arrived],
  ['when the image is verified', atStart('step-ended', 'verify'), arrived],
  ['after its last step', { kind: 'run-ended' }, arrived],
];

/** The others are left to the campaign: `npm run test:fault`. */
const chosenPoints = (...indexes: readonly number[]) => points.filter((_, index) => indexes.includes(index));

describe('a deploy that is killed', () => {
  test.each(chosenPoints(0, 1, 2, 3, 5, 6, 8))('%s', async (_when, moment, summary) => {
    const release = await otherThanNow('dev');
    const deploy = ['deploy', 'dev', release, '--yes'] as const;
    await killAt(ledger, moment, () => world.start(...deploy));
    const run = await expectHonest(world, 'dev', await recover(world));
    expect(run).toMatchObject({ kind: 'deploy', release });
    expect(run.summary).toMatch(summary);
    await world.done(...deploy);
    expect(await liveIn(world, 'dev')).toMatchObject([{ release, health: 'healthy' }]);
  });

  test('as `docker compose up` begins and is not known yet: it gets no input, so it changes nothing', async () => {
    const release = await otherThanNow('dev');
    const before = await liveIn(world, 'dev');
    const moment: Moment = { kind: 'child-started', step: 'start', after: commandsInStart - 1 };
    await killAt(ledger, moment, () => world.start('deploy', 'dev', release, '--yes'));
    await until('compose to end by itself', () => (processesOf(world).length === 0 ? true : undefined));
    expect((await expectHonest(world, 'dev', await recover(world))).state).toBe('interrupted');
    expect(await liveIn(world, 'dev')).toEqual(before);
    await world.done('deploy', 'dev', release, '--yes');
  });

  test('while `docker compose up` runs: it is ended, and the run says what it left', async () => {
    const release = await otherThanNow('dev');
    const child = world.start('deploy', 'dev', release, '--yes');
    child.stdout?.resume();
    const pid = await until('docker compose up to be recorded', () =>
      ledger
        .events()
        .flatMap((event) => (event.kind === 'child-started' ? [event.child.pid] : []))
        .find((started) => / up /.test(commandOf(started))),
    );
    await kill(child);
    expect(commandOf(pid)).toContain(' up ');
    const run = await expectHonest(world, 'dev', await recover(world));
    expect(run.state).toBe('interrupted');
    expect(run.summary).toMatch(halfWay);
    await world.done('deploy', 'dev', release, '--yes');
  });

  test('and brought a new env only: the right image with the old env is no success', async () => {
    const release = (await liveIn(world, 'dev'))[0]?.release ?? '';
    await world.workspace.edit('.env.dev', (text) => `${text}EXTRA=1\n`);
    await world.workspace.edit('gantry.yml', (text) => text.replace('optional: [', 'optional: [EXTRA, '));
    const deploy = ['deploy', 'dev', release, '--yes', '--trust'] as const;
    await killAt(ledger, { kind: 'child-started', step: 'start' }, () => world.start(...deploy));
    expect((await expectHonest(world, 'dev', await recover(world))).state).toBe('interrupted');
    await killAt(ledger, { kind: 'run-ended' }, () => world.start(...deploy));
    expect((await expectHonest(world, 'dev', await recover(world))).state).toBe('succeeded');
  });

  test('after its last step, while the container dies too', async () => {
    const release = await otherThanNow('dev');
    const deploy = ['deploy', 'dev', release, '--yes'] as const;
    await killAt(ledger, { kind: 'run-ended' }, () => world.start(...deploy));
    await world.docker('compose', '--project-name', `${world.workspace.name}-dev`, 'kill');
    const run = await expectHonest(world, 'dev', await recover(world));
    expect(run.summary).toBe(`Gantry stopped half-way: dev runs web ${release} (stopped)`);
    await world.done(...deploy);
  });

  test('on its way back from a failure', async () => {
    const release = await otherThanNow('dev');
    const before = await liveIn(world, 'dev');
    // Where the program looks for itself: it ends at once.
    await world.workspace.edit('.env.dev', (text) => `${text}APP=/nowhere\n`);
    const deploy = ['deploy', 'dev', release, '--yes'] as const;
    try {
      await killAt(ledger, { kind: 'step-started', step: 'back-start' }, () => world.start(...deploy));
      const midway = await expectHonest(world, 'dev', await recover(world));
      expect(midway.summary).toMatch(
        /^Gantry stopped half-way: dev runs web r-\w+ \((?:stopped|unhealthy)\)/,
      );
      await killAt(ledger, { kind: 'run-ended' }, () => world.start(...deploy));
      const back = await expectHonest(world, 'dev', await recover(world));
      expect(back.state).toBe('interrupted');
      expect((await liveIn(world, 'dev'))[0]).toEqual(before[0]);
    } finally {
      // Also for the tests after it, where this one fails.
      await world.workspace.edit('.env.dev', (text) => text.replace('APP=/nowhere\n', ''));
    }
    await world.done(...deploy);
  });

  test('and whose recovery is killed as well', async () => {
    const release = await otherThanNow('dev');
    const deploy = ['deploy', 'dev', release, '--yes'] as const;
    await killAt(ledger, { kind: 'step-ended', step: 'start' }, () => world.start(...deploy));
    await killAt(ledger, { kind: 'run-ended' }, () =>
      spawn(process.execPath, recoverArgv(world), { env: world.env, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    await expectHonest(world, 'dev', await recover(world));
    await world.done(...deploy);
  });
});

describe('a process that only stands still', () => {
  test('keeps its run, its lease and its children', async () => {
    const release = await otherThanNow('dev');
    const child = world.start('deploy', 'dev', release, '--yes');
    await untilPrinted(child, 'Wait until healthy: started');
    child.kill('SIGSTOP');
    const { board, history } = await recover(world);
    child.kill('SIGCONT');
    expect(history[0]).toMatchObject({ state: 'running', recovered: false });
    expect(board.environments[0]?.lease).toMatchObject({ runId: history[0]?.id });
    expect(await untilEnded(child)).toBe(0);
    expect((await world.history())[0]).toMatchObject({ state: 'succeeded', recovered: false });
  });
});

describe('a promotion that is killed', () => {
  test.each(chosenPoints(2, 9))('%s', async (_when, moment, summary) => {
    const release = await otherThanNow('staging');
    await world.done('deploy', 'dev', release, '--yes');
    const promote = ['promote', 'staging', '--yes'] as const;
    await killAt(ledger, moment, () => world.start(...promote));
    const run = await expectHonest(world, 'staging', await recover(world));
    expect(run).toMatchObject({ kind: 'promote', release, from: 'dev' });
    expect(run.summary).toMatch(summary);
    await world.done(...promote);
    expect(await liveIn(world, 'staging')).toMatchObject([{ release, health: 'healthy' }]);
  });
});

describe('a rollback that is killed', () => {
  test('after its last step succeeded, and holds the environment as it would have', async () => {
    await killAt(ledger, { kind: 'run-ended' }, () => world.start('rollback', 'staging', '--yes'));
    const found = await recover(world);
    expect(await expectHonest(world, 'staging', found)).toMatchObject({
      kind: 'rollback',
      state: 'succeeded',
    });
    expect(found.board.environments[1]?.hold).toBeDefined();
    await world.done('lift', 'staging');
  });
});
