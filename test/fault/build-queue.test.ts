import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGantryWorld, type GantryWorld, untilEnded, untilPrinted } from '#test/gantry-process.ts';
import { type GatedBuild, gateBuilds } from '#test/gated-build.ts';
import { kill, recover, strayThings, until } from './kill-world.ts';

let world: GantryWorld;
let gate: GatedBuild;

beforeAll(async () => {
  world = await createGantryWorld();
  gate = await gateBuilds(world);
  gate.open();
  await world.done('build', '--trust');
});
afterAll(() => world?.remove());

async function building() {
  gate.close();
  const child = world.start('build');
  await until('the build to come to its gate', () => gate.isAtGate() || undefined);
  return child;
}

async function waiting(behind: number) {
  const child = world.start('build');
  await untilPrinted(child, `behind run ${behind} (`);
  return child;
}

async function newest() {
  const [run] = await world.history();
  if (run === undefined) throw new Error('the history is empty');
  return run;
}

test('when the one ahead is killed, the one that waits closes it and builds', async () => {
  const first = await building();
  const { id } = await newest();
  const second = await waiting(id);
  await kill(first);
  // Only once the dead one's heartbeat is old.
  await until('the second to build', async () =>
    (await newest()).summary === 'Test gate' ? true : undefined,
  );
  gate.open();
  expect(await untilEnded(second)).toBe(0);
  expect(await world.history()).toMatchObject([
    { id: id + 1, state: 'succeeded' },
    { id, state: 'interrupted', recovered: true },
    {},
  ]);
  expect(await strayThings(world)).toEqual([]);
});

test('when one that waits is killed, it is closed as what it was, and nobody waits for it', async () => {
  const first = await building();
  const { id } = await newest();
  await kill(await waiting(id));
  const third = await waiting(id);
  const found = await recover(world);
  expect(found.history).toMatchObject([
    { id: id + 2, state: 'running' },
    {
      id: id + 1,
      state: 'interrupted',
      recovered: true,
      summary: 'Gantry stopped while this build waited',
    },
    { id, state: 'running' },
    {},
    {},
    {},
  ]);
  gate.open();
  expect([await untilEnded(first), await untilEnded(third)]).toEqual([0, 0]);
  expect((await world.history()).slice(0, 3).map(({ state }) => state)).toEqual([
    'succeeded',
    'interrupted',
    'succeeded',
  ]);
  expect(await strayThings(world)).toEqual([]);
});

test('when both are killed, both are closed, and the next builds at once', async () => {
  const first = await building();
  const { id } = await newest();
  const second = await waiting(id);
  await kill(second);
  await kill(first);
  const found = await recover(world);
  expect(found.history.slice(0, 2).map(({ state }) => state)).toEqual(['interrupted', 'interrupted']);
  expect(found.board.build).toBeUndefined();
  gate.open();
  await world.done('build', '--no-wait');
});
