import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';

let world: GantryWorld;
let taken: Server;

beforeAll(async () => {
  world = await createGantryWorld();
  await world.workspace.edit('gantry.yml', (text) =>
    text.replace(/^tests:\n( .*\n|\n)*/m, '').replace(/^( +)(health: .*)$/m, '$1$2\n$1onFailure: stay'),
  );
  await world.done('build', '--trust');
  taken = createServer().listen(world.workspace.ports.dev, '0.0.0.0');
  await once(taken, 'listening');
}, 60_000);
afterAll(async () => {
  taken?.close();
  await world?.remove();
});

const newest = async () => {
  const [run] = await world.history();
  if (run === undefined) throw new Error('there is no run');
  return run;
};

// One story, told in order: each test stands on those before it.
describe('a deploy that failed', () => {
  test('says what can be done, in words and as data', async () => {
    const { code, stdout } = await world.gantry('deploy', 'dev', '--yes', '--json');
    expect(code).toBe(1);
    const ids = ['start', 'find-image'];
    const { choices } = JSON.parse(stdout);
    expect(choices).toMatchObject([
      { kind: 'retry', from: { step: 'start' }, points: ids.map((step) => ({ step })) },
      { kind: 'leave' },
    ]);
  });

  test('is given up once and for good, by whom and when', async () => {
    const { stdout } = await world.done('give-up', '2');
    expect(stdout).toBe('Run 2 is given up. It stays failed, and dev as it is.\n');
    const { givenUp, state, summary } = await newest();
    expect(state).toBe('failed');
    expect(givenUp).toEqual({ by: { name: expect.any(String), shell: 'cli' }, at: expect.any(Number) });
    const who = givenUp?.by.name ?? '';
    expect((await world.done('history')).stdout).toContain(`given up by ${who}; ${summary.slice(0, 20)}`);
    expect((await world.done('status')).stdout).toContain(`run 2 failed, given up by ${who}: `);
    // What the environment is, is not changed by it.
    const { state: left, failedRun, hold } = await world.environment('dev');
    expect([left, failedRun?.givenUp, hold]).toEqual([undefined, givenUp, undefined]);

    const again = await world.done('give-up', '2', '--json');
    expect(JSON.parse(again.stdout)).toEqual({ runId: 2, accepted: false });
    expect((await newest()).givenUp).toEqual(givenUp);
    const retried = await world.gantry('retry', '2', '--yes');
    expect([retried.code, retried.stderr]).toEqual([2, expect.stringContaining(`was given up by ${who}`)]);
    const built = await world.gantry('give-up', '1');
    expect([built.code, built.stderr]).toEqual([2, expect.stringContaining('nothing to give up')]);
  });

  test('says in words how to go on', async () => {
    const again = await world.gantry('deploy', 'dev', '--yes');
    expect(again.stdout).toMatch(/^next: {2}gantry retry 3 {4}goes on from “Start services”$/m);
  });

  test('is not gone on with unless somebody says yes, nor from a step that comes later', async () => {
    const unasked = await world.gantry('retry', '3');
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('Add --yes')]);
    const later = await world.gantry('retry', '3', '--from', 'verify', '--yes');
    expect([later.code, later.stderr]).toEqual([2, expect.stringContaining('It can from start, find-image')]);
    expect(await newest()).toMatchObject({ id: 3 });
  });

  test('goes on from its step, with the env that it was planned with', async () => {
    taken.close();
    const failed = await newest();
    await world.workspace.edit('.env.dev', (text) => text.replace(/^GREETING=.*$/m, 'GREETING=another'));
    await world.done('retry', '3', '--yes', '--note', 'the port is free');
    expect(await newest()).toMatchObject({
      id: 4,
      kind: 'deploy',
      state: 'succeeded',
      retryOf: 3,
      release: failed.release,
      envSnapshot: failed.envSnapshot,
      note: 'the port is free',
      stepsTotal: 3,
    });
    const { state, drift } = await world.environment('dev');
    expect(state).toMatchObject({ release: failed.release, envSnapshot: failed.envSnapshot, runId: 4 });
    expect(drift).toBeUndefined();
  });

  test('is not gone on with once anything else ended there, and neither is what went well', async () => {
    const moved = await world.gantry('retry', '3', '--yes');
    expect([moved.code, moved.stderr]).toEqual([6, expect.stringContaining('Run 4 was in dev since')]);
    const well = await world.gantry('retry', '4', '--yes');
    expect([well.code, well.stderr]).toEqual([2, expect.stringContaining('Run 4 ended succeeded')]);
    const build = await world.gantry('retry', '1', '--yes');
    expect([build.code, build.stderr]).toEqual([2, expect.stringContaining('gantry build')]);
    expect(await newest()).toMatchObject({ id: 4 });
    await world.done('deploy', 'dev', '--yes');
    const earlier = await world.gantry('retry', '4', '--yes');
    expect([earlier.code, earlier.stderr]).toEqual([2, expect.stringContaining('Run 4 ended succeeded')]);
  });
});
