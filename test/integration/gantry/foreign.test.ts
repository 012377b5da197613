import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { boardSchema } from '#shared/domain/board.ts';
import { planSchema } from '#shared/domain/plan.ts';
import { builtGantry } from '#test/built-parts.ts';
import { run } from '#test/engine/process.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';

/** What runs in an environment, and no run of this workspace put it there: seen before it is replaced. */
let world: GantryWorld;
beforeEach(async () => {
  world = await createGantryWorld();
});
afterEach(() => world.remove());

/** A colleague's clone of the same repository on the same engine, with a ledger of its own. */
const inOtherClone = (...args: readonly string[]) =>
  run(process.execPath, [builtGantry, '-C', world.workspace.folder, ...args], {
    env: { ...world.env, GANTRY_HOME: join(world.workspace.home, 'other') },
  });

test('another clone’s deploy is on the board and in the plan, and is replaced only by its name', async () => {
  await world.done('build', '--trust');
  await world.done('deploy', 'dev', '--yes');
  const theirs = await world.liveImage('dev');
  const release = await world.newestRelease();
  await world.workspace.changeALine();
  expect((await inOtherClone('build', '--trust')).code).toBe(0);

  const board = boardSchema.parse(JSON.parse((await inOtherClone('status', '--json')).stdout));
  expect(board.environments[0]).toMatchObject({
    drift: {
      what: 'What runs here was put here by no run of this workspace',
      changes: [{ path: 'web.image', after: `${world.workspace.name}:${release}` }],
    },
  });
  expect((await inOtherClone('status')).stdout).toContain('put here by no run of this workspace');

  const planned = await inOtherClone('plan', 'deploy', 'dev', '--json');
  const plan = planSchema.parse(JSON.parse(planned.stdout));
  expect(plan).toMatchObject({ foreign: `web runs ${world.workspace.name}:${release}`, confirm: 'typed' });
  const text = (await inOtherClone('plan', 'deploy', 'dev')).stdout;
  expect(text).toContain(`now      web runs ${world.workspace.name}:${release}, put there by no run`);
  expect(text).toContain('dev is not empty');
  expect(text).not.toContain('nothing ran here before');

  const hasty = await inOtherClone('deploy', 'dev', '--yes');
  expect(hasty.stderr).toContain('--confirm dev');
  expect(hasty.code).not.toBe(0);
  expect(await world.liveImage('dev')).toBe(theirs);

  expect((await inOtherClone('deploy', 'dev', '--confirm', 'dev')).code).toBe(0);
  expect(await world.liveImage('dev')).not.toBe(theirs);
  const again = JSON.parse((await inOtherClone('plan', 'deploy', 'dev', '--json')).stdout);
  expect(planSchema.parse(again)).toMatchObject({ confirm: 'click', previous: { id: plan.release.id } });
});

test('a first deploy that failed has left what is ours', async () => {
  await world.workspace.edit('gantry.yml', (text) => text.replace(/^tests:[\s\S]*?(?=^env:)/m, ''));
  await world.workspace.edit('gantry.yml', (text) =>
    text.replace(/health: .*/, 'health: { http: /nothing-is-here, deadline: 1s }'),
  );
  await world.done('build', '--trust');
  expect((await world.gantry('deploy', 'dev', '--yes')).code).toBe(1);
  expect(await world.liveImage('dev')).toBeDefined();
  const plan = planSchema.parse(JSON.parse((await world.done('plan', 'deploy', 'dev', '--json')).stdout));
  expect(plan).not.toHaveProperty('foreign');
  expect(plan.confirm).toBe('click');
});

test('a compose project that somebody started by hand is refused by the plan, before anything runs', async () => {
  const project = `${world.workspace.name}-dev`;
  await world.done('build', '--trust');
  const image = `${world.workspace.name}:${await world.newestRelease()}`;
  const labels = [`com.docker.compose.project=${project}`, 'com.docker.compose.oneoff=False'];
  const flags = labels.flatMap((label) => ['--label', label]);
  const id = await world.docker('run', '--detach', '--name', `${project}-byhand`, ...flags, image);
  try {
    expect((await world.environment('dev')).drift?.changes).toHaveLength(1);
    const { code, stderr } = await world.gantry('plan', 'deploy', 'dev');
    expect(stderr).toContain(`has containers that Gantry did not start: ${project}-byhand.`);
    expect(code).not.toBe(0);
    expect(await world.history()).toHaveLength(1);
  } finally {
    await world.docker('rm', '--force', id);
  }
});
