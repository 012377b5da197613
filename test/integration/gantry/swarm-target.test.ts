import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planSchema } from '#shared/domain/plan.ts';
import { type ProvisionedEngine, provisionEngine } from '#test/engine/engine.ts';
import { testEngine } from '#test/engine/for-tests.ts';
import { whyNotProvisionable } from '#test/engine/machine.ts';
import { run } from '#test/engine/process.ts';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { initSwarm, leaveSwarm } from '#test/integration/targets/swarm-fixture.ts';

const obstacle = whyNotProvisionable();

// One story, told in order: built on this engine; dev and staging are services of two swarms on other ones.
describe.skipIf(obstacle !== undefined)(`services of a swarm ${obstacle ?? ''}`, () => {
  let other: ProvisionedEngine;
  /** As the docker context `staging`. */
  let third: ProvisionedEngine;
  let dockerConfig: string;
  let registry: TestRegistry;
  let world: GantryWorld;
  let first = '';

  const docker = async ({ dockerBin, env }: ProvisionedEngine, ...args: string[]) =>
    (await run(dockerBin, args, { env: { ...process.env, ...env } as Record<string, string> })).stdout.trim();
  const image = (name: string, engine = other) => {
    const service = `${world.workspace.name}-${name}`;
    const format = '{{.Spec.TaskTemplate.ContainerSpec.Image}}';
    return docker(engine, 'service', 'inspect', '--format', format, service);
  };
  const plan = async (...args: readonly string[]) =>
    planSchema.parse(JSON.parse((await world.done('plan', ...args, '--json')).stdout));

  beforeAll(async () => {
    [other, third, registry] = await Promise.all([provisionEngine(), provisionEngine(), startRegistry()]);
    dockerConfig = await mkdtemp(join(tmpdir(), 'gantry-contexts-'));
    const { DOCKER_CONFIG } = testEngine().env;
    if (DOCKER_CONFIG) await cp(DOCKER_CONFIG, dockerConfig, { recursive: true });
    world = await createGantryWorld(testEngine(), { DOCKER_CONFIG: dockerConfig });
    await world.docker('context', 'create', 'staging', '--docker', `host=${third.dockerHost}`);
    // The chatbot does not end before it is killed: the new task must not wait for its port.
    const target = (engine: string, more = '') =>
      `{ kind: swarm, engine: { ${engine} }, ports: [{ target: 8080, mode: host }], update: { monitor: 1s }${more} }`;
    const repository = `, repository: "${registry.host}/team/shop"`;
    await world.workspace.edit('gantry.yml', (text) =>
      text
        .replace('{ kind: compose }', target(`host: "${other.dockerHost}"`))
        .replace('{ kind: compose }', target('context: staging', repository)),
    );
  });
  afterAll(async () => {
    await world?.remove();
    for (const engine of [other, third]) {
      if (engine !== undefined) await leaveSwarm(engine).catch(() => {});
    }
    await Promise.all([other?.stop(), third?.stop(), registry?.stop()]);
    if (dockerConfig !== undefined) await rm(dockerConfig, { recursive: true, force: true });
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
    await initSwarm(third);
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

  test('another cluster, by its docker context, pulls by digest where a repository is named', async () => {
    const { availability, release } = await plan('staging');
    const ref = `${registry.host}/team/shop:${release.id}`;
    expect(availability).toMatchObject([{ kind: 'push', ref }]);
    await world.done('promote', 'staging', '--yes');
    expect(await image('staging', third)).toMatch(new RegExp(`^${ref}@sha256:[0-9a-f]{64}$`));
    // Each cluster has its own environment and no other.
    const services = (engine: ProvisionedEngine) => docker(engine, 'service', 'ls', '--format', '{{.Name}}');
    expect([await services(other), await services(third)]).toEqual([
      `${world.workspace.name}-dev`,
      `${world.workspace.name}-staging`,
    ]);
    const staging = await world.environment('staging');
    expect(staging).toMatchObject({
      release: { id: release.id },
      observed: { kind: 'running' },
      target: { label: expect.stringContaining('staging') },
    });
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
