import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { RunSummary } from '#shared/domain/run.ts';
import { builtGantry } from '#test/built-parts.ts';
import type { ProvisionedEngine } from '#test/engine/engine.ts';
import { ownEngine, type TestEngine, testEngine } from '#test/engine/for-tests.ts';
import { run } from '#test/engine/process.ts';
import { createGantryWorld, type GantryWorld, untilEnded, untilPrinted } from '#test/gantry-process.ts';
import { commandOf, liveIn, until } from './kill-world.ts';
import { openStalledLedger, type StalledLedger } from './stalled-ledger.ts';

type Skip = (why: string) => never;
type Own = {
  readonly engine: ProvisionedEngine;
  readonly world: GantryWorld;
  readonly ledger: StalledLedger;
  /** Two, the older first. */
  readonly releases: readonly [string, string];
};

let engine: ProvisionedEngine | undefined;
let own: Promise<Own> | undefined;

/** An engine that may be killed, with two releases on it; the older one runs in dev. */
async function onOwnEngine(skip: Skip): Promise<Own> {
  engine ??= await ownEngine({ skip });
  own ??= prepare(engine);
  return own;
}

async function prepare(provisioned: ProvisionedEngine): Promise<Own> {
  const world = await createGantryWorld(provisioned);
  await world.done('build', '--trust');
  await world.workspace.changeALine();
  await world.done('build');
  const [second, first] = (await world.history()).map((run) => run.release ?? '');
  await world.done('deploy', 'dev', first ?? '', '--yes');
  const ledger = openStalledLedger(world.workspace.home);
  return { engine: provisioned, world, ledger, releases: [first ?? '', second ?? ''] };
}

afterAll(async () => {
  const made = await own?.catch(() => undefined);
  made?.ledger.close();
  await engine?.stop();
  await made?.world.workspace.remove();
});

function expectOneError(stderr: string): void {
  expect(stderr.match(/^error: /gm)).toHaveLength(1);
  expect(stderr).toMatch(/^hint: +\S/m);
}

/** The run has ended by itself, not by a later Gantry, and the environment is free. */
async function expectErrored(world: GantryWorld): Promise<RunSummary> {
  const board = await world.board();
  const [run] = await world.history();
  expect(run).toMatchObject({ state: 'errored', recovered: false });
  for (const { lease, currentRun } of board.environments)
    expect([lease, currentRun]).toEqual([undefined, undefined]);
  if (run === undefined) throw new Error('the history is empty');
  return run;
}

describe('the engine', () => {
  test('stopped: nothing is started, and what needs no engine still answers', async ({ skip }) => {
    const { engine: docker, world } = await onOwnEngine(skip);
    const before = await world.history();
    await docker.stopDaemon();
    try {
      for (const command of [['build'], ['deploy', 'dev', '--yes'], ['promote', 'staging', '--yes']]) {
        const refused = await world.gantry(...command);
        expect([command[0], refused.code]).toEqual([command[0], 5]);
        expectOneError(refused.stderr);
      }
      expect(await world.history()).toEqual(before);
      const { observed, release } = await world.environment('dev');
      expect(observed.kind).toBe('unreachable');
      expect(release?.id).toBe(before[0]?.release);
    } finally {
      await docker.startDaemon();
    }
  });

  test('killed during a build: the run ends within 5 s and says so', async ({ skip }) => {
    const { engine: docker, world } = await onOwnEngine(skip);
    await world.workspace.edit('Dockerfile', (text) =>
      text.replace('    sh build.sh', '    sleep 60; sh build.sh'),
    );
    const child = world.start('build', '--trust');
    await untilPrinted(child, 'Build image: started');
    await until('the build to sleep', async () => ((await runningSleep()) ? true : undefined));
    const ended = untilEnded(child);
    const at = performance.now();
    try {
      await docker.stopDaemon('SIGKILL');
      expect(await ended).toBe(1);
      expect(performance.now() - at).toBeLessThan(5_000);
      expect((await expectErrored(world)).summary).toMatch(/^The engine at .* does not answer/);
    } finally {
      await docker.startDaemon();
      await world.workspace.edit('Dockerfile', (text) => text.replace('sleep 60; ', ''));
    }
    await world.done('build', '--trust');
    expect((await world.leftovers()).filter((name) => name.includes(':gantry-run-'))).toEqual([]);
  });

  test('killed while `docker compose up` runs: errored, free, and the truth is told once it is back', async ({
    skip,
  }) => {
    const { engine: docker, world, ledger, releases } = await onOwnEngine(skip);
    const child = world.start('deploy', 'dev', releases[1], '--yes');
    child.stdout?.resume();
    await until('docker compose up', () =>
      ledger
        .events()
        .flatMap((event) => (event.kind === 'child-started' ? [event.child.pid] : []))
        .find((pid) => / up /.test(commandOf(pid))),
    );
    await expectUnknownThenTruth(docker, world, child, () => docker.stopDaemon('SIGKILL'));
  });

  test('killed during the health wait', async ({ skip }) => {
    const { engine: docker, world, releases } = await onOwnEngine(skip);
    const child = await slowlyHealthy(world, releases[1]);
    await expectUnknownThenTruth(docker, world, child, () => docker.stopDaemon('SIGKILL'));
  });

  test('restarted during the health wait: no success, and the next deploy goes through', async ({ skip }) => {
    const { engine: docker, world, releases } = await onOwnEngine(skip);
    const child = await slowlyHealthy(world, releases[1]);
    const ended = untilEnded(child);
    await docker.restart();
    expect(await ended).toBe(1);
    const [run] = await world.history();
    expect(run?.state).toMatch(/^(?:errored|failed|rolled-back)$/);
    const { lease, currentRun } = await world.environment('dev');
    expect([lease, currentRun]).toEqual([undefined, undefined]);
    await world.done('deploy', 'dev', releases[1], '--yes');
  });
});

async function slowlyHealthy(world: GantryWorld, release: string) {
  // Nothing answers there.
  await world.workspace.edit('gantry.yml', (text) =>
    text.replace('http: /healthz, deadline: 1m', 'http: /nowhere, deadline: 5s'),
  );
  const child = world.start('deploy', 'dev', release, '--yes', '--trust');
  await untilPrinted(child, 'Wait until healthy: started');
  await world.workspace.edit('gantry.yml', (text) =>
    text.replace('http: /nowhere, deadline: 5s', 'http: /healthz, deadline: 1m'),
  );
  return child;
}

async function expectUnknownThenTruth(
  docker: ProvisionedEngine,
  world: GantryWorld,
  child: ReturnType<GantryWorld['start']>,
  strike: () => Promise<void>,
): Promise<void> {
  const ended = untilEnded(child);
  try {
    await strike();
    expect(await ended).toBe(1);
    expect((await expectErrored(world)).summary).toMatch(/does not answer|did not answer/);
    expect((await world.environment('dev')).observed.kind).toBe('unreachable');
  } finally {
    await docker.startDaemon();
  }
  const { observed } = await world.environment('dev');
  const live = await liveIn(world, 'dev');
  const said = observed.kind === 'running' ? observed.services.map((service) => service.imageId) : [];
  expect(said).toEqual(live.map(({ imageId }) => imageId));
  const [run] = await world.history();
  await world.done('deploy', 'dev', run?.release ?? '', '--yes', '--trust');
  expect(await liveIn(world, 'dev')).toMatchObject([{ release: run?.release, health: 'healthy' }]);
}

/** A step of a build is no container that docker lists: it is looked for among the machine's processes. */
async function runningSleep(): Promise<boolean> {
  return (await run('pgrep', ['-f', '^sleep 60$'])).code === 0;
}

describe('what a deploy needs beside the engine', () => {
  async function refusedWith(change: (engine: TestEngine) => Promise<Record<string, string>>): Promise<void> {
    const world = await createGantryWorld();
    const shared = testEngine();
    try {
      await world.done('build', '--trust');
      const lacking = createLacking(world, await change(shared));
      const refused = await lacking('deploy', 'dev', '--yes');
      expect(refused.stderr).toMatch(/^error: .*(?:compose|docker)/im);
      expectOneError(refused.stderr);
      expect(refused.code).toBe(5);
      expect(await world.history()).toHaveLength(1);
      expect((await world.environment('dev')).lease).toBeUndefined();
    } finally {
      await world.remove();
    }
  }

  function createLacking(world: GantryWorld, env: Record<string, string>) {
    return (...args: readonly string[]) =>
      run(process.execPath, [builtGantry, '-C', world.workspace.folder, ...args], {
        env: { ...world.env, ...env },
      });
  }

  test('no docker command on the path', async () => {
    await refusedWith(async ({ env }) => ({
      PATH: (env.PATH ?? process.env.PATH ?? '')
        .split(delimiter)
        .filter((folder) => !existsSync(join(folder, 'docker')))
        .join(delimiter),
    }));
  });

  test('no compose plugin', async ({ skip }) => {
    if (testEngine().kind !== 'provisioned') skip('a person’s docker finds its plugin wherever it is');
    const folder = await mkdtemp(join(tmpdir(), 'gantry-no-plugin-'));
    try {
      await refusedWith(async () => ({ DOCKER_CONFIG: folder }));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
