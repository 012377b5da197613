import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planSchema } from '#shared/domain/plan.ts';
import { type ProvisionedEngine, provisionEngine } from '#test/engine/engine.ts';
import { whyNotProvisionable } from '#test/engine/machine.ts';
import { run } from '#test/engine/process.ts';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { initSwarm, leaveSwarm } from '#test/integration/targets/swarm-fixture.ts';

const obstacle = whyNotProvisionable();

// One story, told in order: built on this engine; dev and staging are services of a swarm on another one.
describe.skipIf(obstacle !== undefined)(`services of a swarm ${obstacle ?? ''}`, () => {
  let other: ProvisionedEngine;
  let registry: TestRegistry;
  let world: GantryWorld;
  let first = '';

  const image = async (name: string) => {
    const service = `${world.workspace.name}-${name}`;
    const format = '{{.Spec.TaskTemplate.ContainerSpec.Image}}';
    const env = { ...process.env, ...other.env } as Record<string, string>;
    const { stdout } = await run(other.dockerBin, ['service', 'inspect', '--format', format, service], {
      env,
    });
    return stdout.trim();
  };
  const plan = async (...args: readonly string[]) =>
    planSchema.parse(JSON.parse((await world.done('plan', ...args, '--json')).stdout));

  beforeAll(async () => {
    [other, registry] = await Promise.all([provisionEngine(), startRegistry()]);
    world = await createGantryWorld();
    // The chatbot does not end before it is killed: the new task must not wait for its port.
    const target = (more = '') =>
      `{ kind: swarm, engine: { host: "${other.dockerHost}" }, ports: [{ target: 8080, mode: host }], update: { monitor: 1s }${more} }`;
    const repository = `, repository: "${registry.host}/team/shop"`;
    await world.workspace.edit('gantry.yml', (text) =>
      text.replace('{ kind: compose }', target()).replace('{ kind: compose }', target(repository)),
    );
  });
  afterAll(async () => {
    await world?.remove();
    if (other !== undefined) await leaveSwarm(other).catch(() => {});
    await Promise.all([other?.stop(), registry?.stop()]);
  });

  test('an engine in no swarm is refused before anything is planned', async () => {
    await world.done('build', '--trust');
    const { code, stderr } = await world.gantry('plan', 'dev');
    expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining('docker swarm init')]);
    expect(code).not.toBe(0);
    expect(await world.environment('dev')).toMatchObject({
      observed: { kind: 'unreachable', why: 'The engine is not in a swarm.' },
    });
    await initSwarm(other);
  });

  test('a deploy makes a service, and asks for health where it serves', async () => {
    const planned = await plan('dev');
    first = planned.release.imageId;
    expect(planned.steps.map(({ id }) => id)).toEqual([
      'image-load',
      'find-image',
      'update',
      'verify',
      'check-health',
    ]);
    const { stdout } = await world.done('deploy', 'dev', '--yes');
    expect(stdout).toContain('converged after');
    expect(await image('dev')).toBe(first);
    const dev = await world.environment('dev');
    expect(dev).toMatchObject({
      observed: { kind: 'running', services: [{ imageId: first, state: '1 of 1 running' }] },
    });
    expect(dev).not.toHaveProperty('drift');
  });

  test('with a repository the nodes pull by digest', async () => {
    const { availability, release } = await plan('staging');
    const ref = `${registry.host}/team/shop:${release.id}`;
    expect(availability).toMatchObject([{ kind: 'push', ref }]);
    await world.done('promote', 'staging', '--yes');
    expect(await image('staging')).toMatch(new RegExp(`^${ref}@sha256:[0-9a-f]{64}$`));
    const staging = await world.environment('staging');
    expect(staging).toMatchObject({ release: { id: release.id }, observed: { kind: 'running' } });
    expect(staging).not.toHaveProperty('drift');
  });

  test('a release that does not come up: the swarm goes back, and the run says so', async () => {
    // Tests run what they name: only the service finds out.
    await world.workspace.edit('Dockerfile', (text) => text.replace('["/app/start"]', '["/app/nothing"]'));
    await world.done('build');
    const { code, stdout } = await world.gantry('deploy', 'dev', '--yes');
    expect([code, stdout]).toEqual([expect.any(Number), expect.stringContaining('the swarm went back to')]);
    expect(code).not.toBe(0);
    expect(stdout).toContain('/app/nothing');
    expect((await world.history())[0]?.state).toBe('rolled-back');
    expect(await image('dev')).toBe(first);
  });

  test('a rollback is an update to the release before', async () => {
    await world.workspace.edit('Dockerfile', (text) => text.replace('/app/nothing', '/app/start'));
    await world.workspace.changeALine();
    await world.done('build');
    await world.done('deploy', 'dev', '--yes');
    expect(await image('dev')).not.toBe(first);
    await world.done('rollback', 'dev', '--yes');
    expect(await image('dev')).toBe(first);
  });
});
