import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { serviceId } from '#test/fakes/render/account.ts';
import { type FakeRender, startFakeRender } from '#test/fakes/render/server.ts';
import { createGantryWorld, type GantryWorld, untilEnded } from '#test/gantry-process.ts';
import { killAt, recover, recoverArgv } from './kill-world.ts';
import { openStalledLedger, type StalledLedger } from './stalled-ledger.ts';

/** A place where what was asked for goes on, whatever becomes of us. */
let world: GantryWorld;
let registry: TestRegistry;
let byKey: FakeRender;
let byHook: FakeRender;
let ledger: StalledLedger;
let releases: readonly string[];

beforeAll(async () => {
  registry = await startRegistry();
  const repository = `${registry.host}/team/shop`;
  const account = { apiKey: 'rnd_key', imagePath: `${repository}:latest` };
  [byKey, byHook] = await Promise.all([startFakeRender(account), startFakeRender(account)]);
  world = await createGantryWorld(undefined, { RENDER_API_KEY: 'rnd_key', RENDER_HOOK: byHook.hook });
  const target = (of: FakeRender, by: string) =>
    `target: { kind: render, service: ${serviceId}, repository: "${repository}", ${by}, poll: 20ms, baseUrl: "${of.baseUrl}", hookBase: "${of.hookBase}" }\n    gates: { order: false }`;
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(/^tests:\n( .*\n|\n)*/m, '')
      .replace(
        /staging:\n(.*\n) {4}target: \{ kind: compose \}/,
        `staging:\n$1    ${target(byKey, 'apiKey: "secret://env/RENDER_API_KEY"')}`,
      )
      .replace(
        /prod:\n(.*\n) {4}target: \{ kind: compose \}/,
        `prod:\n$1    ${target(byHook, 'deployHook: "secret://env/RENDER_HOOK"')}`,
      )
      .replaceAll(/ {4}(health|confirm): .*\n/g, ''),
  );
  await world.done('build', '--trust');
  await world.workspace.changeALine();
  await world.done('build');
  releases = (await world.history()).map((run) => run.release ?? '');
  ledger = openStalledLedger(world.workspace.home);
}, 60_000);
afterAll(async () => {
  ledger?.close();
  await world?.remove();
  await Promise.all([registry?.stop(), byKey?.stop(), byHook?.stop()]);
});

const deploys = ({ account }: FakeRender) => account.service.deploys;
/** Another than the last: so that what runs tells which of them came. */
let turn = 0;
function deploy(environment: string): () => ChildProcess {
  turn += 1;
  const release = releases[turn % releases.length] ?? '';
  return () => world.start('deploy', environment, release, '--yes', '--confirm', environment);
}

describe('a deploy that goes on without the process that asked for it', () => {
  let before: number;
  beforeEach(() => {
    before = deploys(byKey).length;
    byKey.account.goThrough('queued', 'update_in_progress', 'live');
  });
  const made = () => deploys(byKey).length - before;

  test('is followed by its name, and closed as what it became', async () => {
    byKey.account.goThrough('queued');
    await killAt(ledger, { kind: 'step-progressed', step: 'deploy' }, deploy('staging'));
    const going = await recover(world);
    expect(going.history[0]).toMatchObject({ state: 'running', recovered: true });
    expect(going.board.environments[1]?.lease?.runId).toBe(going.history[0]?.id);
    const busy = await world.gantry('deploy', 'staging', '--yes');
    expect([busy.code, busy.stderr]).toEqual([4, expect.stringContaining('gantry cancel')]);
    deploys(byKey)[0]?.ahead.push('live');
    const { history, board } = await recover(world, true);
    expect(history[0]).toMatchObject({ state: 'succeeded', recovered: true });
    expect(board.environments[1]?.lease).toBeUndefined();
    expect(board.environments[1]?.state).toMatchObject({ release: history[0]?.release });
    expect(made()).toBe(1);
  });

  test('is looked for where the process died before it was told the name', async () => {
    await killAt(ledger, { kind: 'step-handed-over', step: 'deploy' }, deploy('staging'));
    const { history } = await recover(world, true);
    expect(history[0]).toMatchObject({ state: 'succeeded', recovered: true });
    expect(made()).toBe(1);
  });

  test('is no success where it failed there', async () => {
    byKey.account.goThrough('queued', 'update_failed');
    await killAt(ledger, { kind: 'step-progressed', step: 'deploy' }, deploy('staging'));
    const { history, board } = await recover(world, true);
    expect(history[0]).toMatchObject({ state: 'failed', recovered: true });
    expect(history[0]?.summary).toContain('update_failed');
    expect(board.environments[1]?.lease).toBeUndefined();
    expect(made()).toBe(1);
  });

  test('is cancelled by any process while it is followed, and says that it is', async () => {
    byKey.account.goThrough('queued');
    await killAt(ledger, { kind: 'step-progressed', step: 'deploy' }, deploy('staging'));
    const follower = spawn(process.execPath, [...recoverArgv(world), 'stay'], {
      env: world.env,
      stdio: 'ignore',
    });
    const state = () => ledger.events().findLast((event) => event.kind === 'recovery-started')?.kind;
    // A process starts, beside other tests.
    await expect.poll(state, { timeout: 10_000 }).toBe('recovery-started');
    const [run] = await world.history();
    await world.done('cancel', String(run?.id));
    expect(await untilEnded(follower)).toBe(0);
    const [ended] = await world.history();
    expect(ended).toMatchObject({ state: 'cancelled', recovered: true });
    expect(ended?.summary).toContain('is canceled');
    expect(deploys(byKey)[0]?.status).toBe('canceled');
    expect(made()).toBe(1);
  });

  test('that was never asked for is not asked for', async () => {
    await killAt(ledger, { kind: 'step-started', step: 'deploy' }, deploy('staging'));
    const { history } = await recover(world, true);
    expect(history[0]).toMatchObject({
      state: 'interrupted',
      summary: 'Gantry stopped before staging was changed',
    });
    expect(made()).toBe(0);
  });
});

describe('a hook, of which nobody can ask what came of it', () => {
  test('that may have been called is called unknown, and never again', async () => {
    await killAt(ledger, { kind: 'step-handed-over', step: 'trigger' }, deploy('prod'));
    const { history } = await recover(world, true);
    expect(history[0]).toMatchObject({ state: 'interrupted', recovered: true });
    expect(history[0]?.summary).toContain('“Trigger deploy hook”');
    expect(history[0]?.summary).toContain('is not known');
    expect(deploys(byHook)).toHaveLength(1);
    const refused = await world.gantry('retry', String(history[0]?.id), '--confirm', 'prod');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('must not be sent twice')]);
    expect(deploys(byHook)).toHaveLength(1);
  });

  test('that was called is triggered, and not verified', async () => {
    await killAt(ledger, { kind: 'step-ended', step: 'trigger' }, deploy('prod'));
    const { history } = await recover(world, true);
    expect(history[0]).toMatchObject({ state: 'unverified', recovered: true });
    expect(history[0]?.summary).toContain('not done: Name image in registry');
    expect(deploys(byHook)).toHaveLength(2);
  });
});
