import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { type GatedBuild, gateBuilds } from '#test/gated-build.ts';
import { type Started, watch } from './built-gantry.ts';

let world: GantryWorld;
let gate: GatedBuild;
const started: Started[] = [];

beforeAll(async () => {
  world = await createGantryWorld();
  gate = await gateBuilds(world);
  gate.open();
  await world.done('build', '--trust');
});
afterEach(async () => {
  gate.open();
  await Promise.all(started.map(({ ended }) => ended));
  gate.close();
});
afterAll(() => world.remove());

/** A process of its own. */
function build(...args: readonly string[]): Started {
  const gantry = watch(world.start('build', ...args));
  started.push(gantry);
  return gantry;
}

/** One that is at the gate, and its run's number. */
async function going(): Promise<Started & { readonly id: number }> {
  const gantry = build();
  await expect.poll(() => gate.isAtGate(), { timeout: 20_000 }).toBe(true);
  const id = Number(/^run (\d+)/.exec(await gantry.said('run '))?.[1]);
  return { ...gantry, id };
}

it('a second process waits for the first, says so, and builds then', async () => {
  gate.close();
  const first = await going();
  const second = build();
  await second.said(`Wait for run ${first.id}: behind run ${first.id} (build, by `);
  const third = build();
  await third.said(`Wait for run ${first.id + 1}: behind run ${first.id} (`);
  expect(await world.history()).toMatchObject([
    { id: first.id + 2, state: 'running', summary: `Wait for run ${first.id + 1}` },
    { id: first.id + 1, state: 'running', summary: `Wait for run ${first.id}` },
    { id: first.id, state: 'running', summary: 'Test gate' },
    {},
  ]);
  expect((await world.board()).build?.id).toBe(first.id);
  gate.open();
  const ends = await Promise.all([first, second, third].map(({ ended }) => ended));
  expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
  const runs = (await world.history()).slice(0, 3).reverse();
  const turns = runs.map(({ startedAt, endedAt }) => [startedAt, endedAt ?? 0] as const);
  // Each ends before the next does: they took their turns.
  expect(turns.map(([, end]) => end)).toEqual(turns.map(([, end]) => end).toSorted());
  expect(ends[1]?.stdout).toMatch(/- Wait for run \d+: succeeded in /);
});

it('Ctrl-C ends the one that waits, and only that one', async () => {
  gate.close();
  const first = await going();
  const second = build();
  await second.said('behind run');
  second.child.kill('SIGINT');
  expect((await second.ended).code).toBe(130);
  expect((await world.history()).slice(0, 2)).toMatchObject([
    { id: first.id + 1, state: 'cancelled' },
    { id: first.id, state: 'running' },
  ]);
  gate.open();
  expect((await first.ended).code).toBe(0);
});

it('--replace cancels what another process builds and what waits, and then builds', async () => {
  gate.close();
  const first = await going();
  const second = build();
  await second.said('behind run');
  const third = build('--replace');
  expect((await first.ended).code).toBe(130);
  expect((await second.ended).code).toBe(130);
  gate.open();
  expect((await third.ended).code).toBe(0);
});

it('--no-wait refuses and says what goes on', async () => {
  gate.close();
  const first = await going();
  const { code, stderr } = await world.gantry('build', '--no-wait');
  expect(code).toBe(4);
  expect(stderr).toContain(`run ${first.id} (build, by `);
});
