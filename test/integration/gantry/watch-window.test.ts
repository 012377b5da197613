import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGantryWorld, type GantryWorld, untilEnded, untilPrinted } from '#test/gantry-process.ts';

let world: GantryWorld;
beforeAll(async () => {
  world = await createGantryWorld();
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(/^tests:\n( .*\n|\n)*/m, '')
      .replace(
        /health: .*\n( +)confirm: typed/,
        'health: { http: { url: /healthz, body: \'"ok"\' }, interval: 50ms, failures: 2, watch: { for: 1s, interval: 100ms } }\n$1gates: { order: false }\n$1confirm: typed',
      ),
  );
  await world.done('build', '--trust');
  await world.done('deploy', 'prod', '--confirm', 'prod');
}, 60_000);
afterAll(() => world.remove());

const page = async () => (await fetch(`http://127.0.0.1:${world.workspace.ports.prod}/healthz`)).text();
const container = () =>
  world.docker('ps', '--quiet', '--filter', `label=com.docker.compose.project=${world.workspace.name}-prod`);
const newest = async () => {
  const [run] = await world.history();
  if (run === undefined) throw new Error('there is no run');
  return run;
};

function outputOf({ stdout }: ReturnType<GantryWorld['start']>): () => string {
  let text = '';
  stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}

// One story, told in order: each test stands on those before it.
describe('a deploy that is watched', () => {
  test('succeeds once it was healthy for all of the time', async () => {
    expect(await newest()).toMatchObject({
      kind: 'deploy',
      state: 'succeeded',
      summary: expect.stringMatching(/, healthy for 1 s, all of \d+ answers good$/),
    });
    expect((await world.environment('prod')).hold).toBeUndefined();
  });

  test('is taken back by itself when health is lost, image and env together, and prod is held', async () => {
    const [image, env] = [await world.liveImage('prod'), await page()];
    await world.workspace.changeALine();
    await world.workspace.edit('.env.prod', (text) => text.replace(/^STATS_TOKEN=.*$/m, 'STATS_TOKEN='));
    await world.workspace.edit('gantry.yml', (text) =>
      text.replace('GREETING, STATS_TOKEN', 'GREETING').replace('for: 1s', 'for: 10m'),
    );
    await world.done('build', '--trust');
    const child = world.start('deploy', 'prod', '--confirm', 'prod');
    const printed = outputOf(child);
    await untilPrinted(child, 'Watch: healthy');
    // It answers 404 on its health check from now on.
    await world.docker('exec', await container(), 'rm', '/app/var/healthz');
    expect(await untilEnded(child)).toBe(1);
    const stdout = printed();
    expect(stdout).toContain('- Watch: failed');
    expect(stdout).toContain('held:  nothing is deployed there until gantry lift prod');
    expect(stdout).toMatch(/prod answers 404 on \/healthz, 2 times in a row/);
    const run = await newest();
    expect(run).toMatchObject({ state: 'rolled-back', summary: expect.stringContaining('; back on r-') });
    expect([await world.liveImage('prod'), await page()]).toEqual([image, env]);
    const { hold, state, drift } = await world.environment('prod');
    expect(hold).toMatchObject({ by: 'Gantry', runId: run.id });
    expect(hold?.reason).toMatch(
      new RegExp(`^Run ${run.id} went back by itself: health was lost after .*prod answers 404 on /healthz`),
    );
    expect(drift).toBeUndefined();
    expect(state?.release).not.toBe(run.release);
  });

  test('takes nothing until a person lifts the hold, and the board says how', async () => {
    const refused = await world.gantry('deploy', 'prod', '--confirm', 'prod');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('gantry lift prod');
    const { stdout } = await world.done('status');
    expect(stdout).toContain('on hold by Gantry: Run');
    expect(stdout).toContain('gantry lift prod');
    await world.done('lift', 'prod');
  });

  test('is watched no more when a person says so, and stays', async () => {
    const child = world.start('deploy', 'prod', '--confirm', 'prod');
    await untilPrinted(child, 'Watch: healthy');
    const { id } = await newest();
    await world.done('cancel', String(id));
    expect(await untilEnded(child)).toBe(0);
    expect(await newest()).toMatchObject({
      state: 'succeeded',
      summary: expect.stringMatching(/watching stopped by hand after .* of 10 min/),
    });
    const { state, hold } = await world.environment('prod');
    expect([state?.runId, hold]).toEqual([id, undefined]);
  });

  test('is lost when what runs is taken away', async () => {
    await world.workspace.edit('.env.prod', (text) => text.replace(/^BOT_NAME=.*$/m, 'BOT_NAME=Third'));
    const child = world.start('deploy', 'prod', '--confirm', 'prod');
    await untilPrinted(child, 'Watch: healthy');
    await world.docker('rm', '--force', await container());
    await untilEnded(child);
    const { summary, state } = await newest();
    expect(state).toBe('rolled-back');
    expect(summary).toMatch(/health was lost after/);
    expect((await world.environment('prod')).hold?.by).toBe('Gantry');
  });
});
