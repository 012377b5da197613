import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { swarmTarget } from '#main/targets/swarm/index.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { freePort } from '#test/chatbot-workspace.ts';
import { type ProvisionedEngine, provisionEngine } from '#test/engine/engine.ts';
import { whyNotProvisionable } from '#test/engine/machine.ts';
import {
  createSwarmFixture,
  type DeployOptions,
  initSwarm,
  leaveSwarm,
  type Release,
  type SwarmFixture,
} from './swarm-fixture.ts';

/** A swarm is of a whole engine, so none that is shared is made one. */
const obstacle = whyNotProvisionable();
const quick = { monitor: '200ms' };
/** Long enough for a machine with much to do to notice that a container has ended. */
const careful = { monitor: '1s' };

let engine: ProvisionedEngine;
const fixtures: SwarmFixture[] = [];
const fixture = (): SwarmFixture => {
  const made = createSwarmFixture(engine);
  fixtures.push(made);
  return made;
};

beforeAll(async () => {
  if (obstacle === undefined) engine = await provisionEngine();
});
afterAll(async () => {
  for (const one of fixtures) await one.dispose();
  if (obstacle === undefined) await engine.stop();
});

it('an engine in no swarm is refused with what to do about it', async ({ skip }) => {
  if (obstacle !== undefined) skip(obstacle);
  const swarm = fixture();
  const refusal = expect.objectContaining({
    code: 'target-refused',
    message: 'The engine is not in a swarm.',
    hint: expect.stringContaining('docker swarm init'),
  });
  await expect(swarm.observe()).rejects.toEqual(refusal);
  expect(await swarm.check()).toEqual([refusal]);
});

describe('on a swarm of one node', () => {
  const names = fixtureImages();
  beforeAll(async () => {
    if (obstacle !== undefined) return;
    await initSwarm(engine);
    await names.build(fixture());
  });
  afterAll(async () => {
    if (obstacle === undefined) await leaveSwarm(engine);
  });
  const test = it.skipIf(obstacle !== undefined);

  test('creates on a network, updates with the new task first, keeps what others set, and goes back', async () => {
    const swarm = fixture();
    const { one, two } = names.releases();
    await swarm.docker('network', 'create', '--driver', 'overlay', `${swarm.name}-net`);
    const options = {
      config: { replicas: 2, endpointMode: 'dnsrr', networks: [`${swarm.name}-net`], update: quick },
      env: { TOKEN: 's3cret', ODD: `a "b" $c 'd'\nnext` },
    } satisfies DeployOptions;
    expect(await swarm.check(options)).toEqual([]);
    expect(await swarm.observe()).toMatchObject({ kind: 'empty' });

    const created = await swarm.deploy(one, options);
    expect(created.end).toMatchObject({ outcome: 'succeeded' });
    expect(created.end.detail).toMatch(/^2 tasks of \S+ verified as [0-9a-f]{12}$/);
    expect(JSON.parse(await swarm.inspect('{{json .Spec.TaskTemplate.ContainerSpec.Env}}'))).toEqual([
      'TOKEN=s3cret',
      `ODD=${options.env.ODD}`,
    ]);
    await swarm.docker('service', 'update', '--detach', '--limit-memory', '64M', swarm.service);
    await swarm.untilSettled();

    const env = { TOKEN: 'other' };
    const least = watchRunning(swarm);
    const updated = await swarm.deploy(two, { ...options, env });
    expect(updated.end).toMatchObject({ outcome: 'succeeded' });
    expect(await least.stop()).toBeGreaterThanOrEqual(2);
    expect(JSON.stringify(updated.outputs) + created.text).not.toMatch(/s3cret|other/);
    expect(await swarm.inspect('{{.Spec.TaskTemplate.Resources.Limits.MemoryBytes}}')).toBe('67108864');
    expect(await swarm.inspect('{{json .Spec.TaskTemplate.ContainerSpec.Env}}')).toBe('["TOKEN=other"]');
    expect(await swarm.observe()).toMatchObject({
      kind: 'running',
      services: [{ imageId: two.imageId, releaseLabel: two.id, health: 'healthy', state: '2 of 2 running' }],
      settings: { networks: `${swarm.name}-net`, endpointMode: 'dnsrr', 'update.order': 'start-first' },
    });

    const back = await swarm.deploy(one, options);
    expect(back.end).toMatchObject({ outcome: 'succeeded' });
    const revision = (await swarm.services())[0]?.revision;
    const again = await swarm.deploy(one, options);
    expect(again.outputs).toContainEqual(expect.objectContaining({ text: `${swarm.service} is so already` }));
    expect(await swarm.services()).toMatchObject([{ imageId: one.imageId, revision }]);
  });

  test('serves on a port of the host, of which only stop-first can be replaced', async () => {
    const swarm = fixture();
    const { one, two } = names.releases();
    const published = await freePort();
    const ports = [{ published, target: 8080, mode: 'host' }] as const;
    const config = { ports: [...ports], update: quick };
    expect(await swarm.check({ config: { ...config, update: { order: 'start-first' } } })).toMatchObject([
      { code: 'config-invalid', hint: expect.stringContaining('stop-first') },
    ]);
    for (const [release, text] of [
      [one, 'one'],
      [two, 'two'],
    ] as const) {
      expect((await swarm.deploy(release, { config })).end).toMatchObject({ outcome: 'succeeded' });
      expect(await swarm.services()).toMatchObject([{ ports: [`${published}->8080/tcp`] }]);
      expect(await (await fetch(`http://127.0.0.1:${published}/version`)).text()).toBe(`${text}\n`);
    }
    // As the swarm has it who is not told before.
    await swarm.docker(
      'service',
      'update',
      '--detach',
      '--force',
      '--update-order',
      'start-first',
      swarm.service,
    );
    await expect
      .poll(async () => JSON.stringify(await swarm.tasks()), { timeout: 5_000 })
      .toContain('host-mode port already in use on 1 node');
  });

  test('a release that fails is told with its last lines, after the swarm went back by itself', async () => {
    const swarm = fixture();
    const { one, broken } = names.releases();
    const config = { update: careful };
    await swarm.deploy(one, { config: { update: quick } });
    const failed = await swarm.deploy(broken, { config });
    expect(failed).toMatchObject({
      step: 'update',
      end: {
        outcome: 'failed',
        detail: `the swarm went back to ${one.id}: task: non-zero exit (3)`,
        error: { code: 'target-refused' },
      },
    });
    expect(failed.text).toContain('no database');
    expect(await swarm.services()).toMatchObject([{ imageId: one.imageId, health: 'healthy' }]);
    // On the way back of a run nothing is left to be done.
    const { outputs, end } = await swarm.deploy(one, { config: { update: quick } });
    expect(end).toMatchObject({ outcome: 'succeeded' });
    expect(outputs).toContainEqual(expect.objectContaining({ text: `${swarm.service} is so already` }));
  });

  test('a paused update is told, and the next deploy goes on from there', async () => {
    const swarm = fixture();
    const { one, two, broken } = names.releases();
    const config = { update: { ...careful, failureAction: 'pause' } } as const;
    await swarm.deploy(one, { config: { update: quick } });
    const failed = await swarm.deploy(broken, { config });
    expect(failed.end.detail).toMatch(/^the swarm stopped half-way: task: non-zero exit \(3\)$/);
    expect(await swarm.observe()).toMatchObject({
      notes: [expect.stringMatching(/^Its last update is paused/)],
    });
    expect((await swarm.deploy(two, { config })).end).toMatchObject({ outcome: 'succeeded' });
  });

  test('who cancels gets back what ran, and nothing where nothing did', async () => {
    const swarm = fixture();
    const { one, two } = names.releases();
    const cancelled = async (release: Release) => {
      const cancel = new AbortController();
      return swarm.deploy(release, {
        config: { update: { monitor: '5s' } },
        signal: cancel.signal,
        onOutput: (step, output) => {
          if (step.id === 'update' && output.kind === 'progress') cancel.abort();
        },
      });
    };
    expect((await cancelled(one)).end).toMatchObject({
      outcome: 'cancelled',
      detail: expect.stringMatching(/is removed$/),
    });
    expect(await swarm.observe()).toMatchObject({ kind: 'empty' });
    await swarm.deploy(one, { config: { update: quick } });
    expect((await cancelled(two)).end).toMatchObject({
      outcome: 'cancelled',
      detail: `Cancelled; ${swarm.service} runs ${one.id} again`,
    });
    expect(await swarm.services()).toMatchObject([{ imageId: one.imageId }]);
  });

  test('whoever comes after a crash waits for the update that goes on', async () => {
    const swarm = fixture();
    const { one, two } = names.releases();
    const options = { config: { update: quick } };
    await swarm.deploy(one, options);
    const steps = swarmTarget.plan(
      swarm.wishFor(two, options),
      await swarm.observe(),
      swarm.configOf(options),
    );
    const update = steps.find(({ id }) => id === 'update') as PlannedStep;
    const resumed = () =>
      swarm.lastOf(swarmTarget.resume?.({ step: update, startedAt: 0 }, swarm.ioWith(options)));
    expect(await resumed()).toMatchObject({
      outcome: 'failed',
      detail: expect.stringMatching(/was not changed yet/),
    });
    // The process died before it could write down the handle.
    for await (const output of swarmTarget.apply(update, swarm.ioWith(options)))
      if (output.kind === 'handle') break;
    expect(await resumed()).toMatchObject({
      outcome: 'succeeded',
      detail: expect.stringMatching(/converged/),
    });
    expect(await swarm.services()).toMatchObject([{ imageId: two.imageId, releaseLabel: two.id }]);
  });

  test('a service of somebody else, and a network that is none, are left alone', async () => {
    const swarm = fixture();
    const { one } = names.releases();
    await swarm.docker(
      'service',
      'create',
      '--detach',
      '--name',
      swarm.service,
      '--no-resolve-image',
      one.imageId,
    );
    expect(await swarm.deploy(one)).toMatchObject({
      step: 'find-image',
      end: { outcome: 'failed', error: { message: `Gantry did not make the service ${swarm.service}.` } },
    });
    expect(await swarm.check({ config: { networks: ['nowhere', 'bridge'] } })).toMatchObject([
      { message: 'The swarm has no network nowhere.' },
      { message: 'The network bridge is one of a single engine, and services cannot be in it.' },
    ]);
  });
});

/** Built once, on the engine of all tests. */
function fixtureImages() {
  let built: Record<'one' | 'two' | 'broken', Release> | undefined;
  return {
    async build(swarm: SwarmFixture) {
      const [one, two] = [await swarm.release('one'), await swarm.release('two')];
      built = { one, two, broken: await swarm.release('broken', 'echo no database; exit 3') };
    },
    releases() {
      if (built === undefined) throw new Error('nothing was built');
      return built;
    },
  };
}

/** How few tasks ran at any time. */
function watchRunning(swarm: SwarmFixture) {
  let least = Number.POSITIVE_INFINITY;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const running = (await swarm.tasks()).filter(({ state }) => state === 'running').length;
      least = Math.min(least, running);
      await sleep(20);
    }
  })();
  return {
    async stop(): Promise<number> {
      isOver = true;
      await watching;
      return least;
    },
  };
}
