import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { type Started, startBuilt } from './built-gantry.ts';

let world: GantryWorld;
const started: Started[] = [];
const deploy = ['deploy', 'dev', '--yes'];
const waiting = '- Wait until healthy: started';

beforeAll(async () => {
  world = await createGantryWorld();
  // Never healthy, and nothing to go back to: a deploy waits for as long as a test wants.
  await world.workspace.edit('compose.yml', (text) =>
    text.replace('[CMD, /app/healthcheck]', '[CMD, "false"]'),
  );
  await world.done('build', '--trust');
});
afterAll(async () => {
  // Only those of a test that failed are still there.
  for (const { child } of started) child.kill('SIGKILL');
  await world.remove();
});

function start(args: readonly string[]): Started {
  const gantry = startBuilt(world, args);
  started.push(gantry);
  return gantry;
}

async function newest() {
  const [run] = await world.history();
  if (run === undefined) throw new Error('nothing has run');
  return run;
}

async function expectFree(): Promise<void> {
  const { lease, currentRun } = await world.environment('dev');
  expect({ lease, currentRun }).toEqual({ lease: undefined, currentRun: undefined });
}

it('Ctrl-C cancels the run, waits for its end and says so', async () => {
  const { child, ended, said } = start(deploy);
  await said(waiting);
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(130);
  expect(stderr).toContain('cancelling… (Ctrl-C again leaves at once)');
  expect(stdout).toMatch(/^run \d+ cancelled in /m);
  expect((await newest()).state).toBe('cancelled');
  await expectFree();
});

it('a second Ctrl-C leaves at once, and the next Gantry closes the run honestly', async () => {
  const { child, ended, said } = start(deploy);
  await said(waiting);
  // Both at the same moment, when it goes on: the second must not wait for anything.
  child.kill('SIGSTOP');
  child.kill('SIGINT');
  child.kill('SIGTERM');
  child.kill('SIGCONT');
  const { code, stderr } = await ended;
  expect(code).toBe(130);
  expect(stderr).toMatch(/Run \d+ is left as it is; a Gantry that starts later finds out/);
  // Only once its heartbeat is old may another process take it over.
  await expect.poll(async () => (await newest()).recovered, { timeout: 45_000, interval: 1_000 }).toBe(true);
  expect(['running', 'succeeded']).not.toContain((await newest()).state);
  await expectFree();
});

it('gantry cancel ends a run of another process', async () => {
  const { ended, said } = start(deploy);
  await said(waiting);
  const { id } = await newest();
  const cancel = () => startBuilt(world, ['cancel', String(id), '--json']).ended;
  expect(JSON.parse((await cancel()).stdout)).toEqual({ runId: id, accepted: true });
  expect((await ended).code).toBe(130);
  expect(JSON.parse((await cancel()).stdout)).toEqual({ runId: id, accepted: false });
});

it('gantry logs -f follows another process’s run and ends as it does', async () => {
  const running = start(deploy);
  await running.said(waiting);
  const follower = start(['logs', '-f']);
  await follower.said('Container');
  running.child.kill('SIGHUP');
  expect((await running.ended).code).toBe(130);
  expect((await follower.ended).code).toBe(130);
});
