import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGantryWorld, type GantryWorld, untilEnded, untilPrinted } from '#test/gantry-process.ts';

let world: GantryWorld;
beforeAll(async () => {
  world = await createGantryWorld();
  await world.workspace.edit('gantry.yml', (text) => text.replace(/^tests:\n( .*\n|\n)*/m, ''));
  await world.done('build', '--trust');
  await world.workspace.edit('gantry.yml', (text) => text.replace('/healthz', '/nowhere'));
}, 60_000);
afterAll(() => world?.remove());

test('of two processes one has the environment; the other is refused with who it is, or waits where it was told to', async () => {
  const first = world.start('deploy', 'dev', '--yes', '--trust');
  await untilPrinted(first, 'Wait until healthy: started');
  const refused = await world.gantry('deploy', 'dev', '--yes');
  expect([refused.code, refused.stderr]).toEqual([
    4,
    expect.stringMatching(/dev is leased to run 2 \(deploy r-\w+, by \w+ in cli, process \d+\)\..*--wait/s),
  ]);
  expect((await world.environment('dev')).lease).toMatchObject({ runId: 2, owner: { pid: first.pid } });

  await world.workspace.edit('gantry.yml', (text) => text.replace('/nowhere', '/healthz'));
  const second = world.start('deploy', 'dev', '--yes', '--trust', '--wait');
  second.stdout?.resume();
  await untilPrinted(second, 'waiting for run 2 (deploy');
  await world.done('cancel', '2');
  expect([await untilEnded(first), await untilEnded(second)]).toEqual([130, 0]);
  const [after, before] = await world.history();
  expect([before?.state, after?.state]).toEqual(['cancelled', 'succeeded']);
  expect(after?.startedAt).toBeGreaterThanOrEqual(before?.endedAt ?? Number.POSITIVE_INFINITY);
  expect((await world.environment('dev')).lease).toBeUndefined();
});
