import { describe, expect, it } from 'vitest';
import type { Io, StepOutput, SwarmService, SwarmTask, Wish } from '#main/core/ports.ts';
import { wrongOn } from '#main/targets/swarm/check.ts';
import { swarmConfigSchema } from '#main/targets/swarm/config.ts';
import { swarmTarget } from '#main/targets/swarm/index.ts';
import { judge } from '#main/targets/swarm/judge.ts';
import { hostsOf, toObserved } from '#main/targets/swarm/observe.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { environmentNameSchema, releaseIdSchema } from '#shared/domain/ids.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { only } from '#test/fakes/only.ts';
import { createFakeSwarm } from '#test/fakes/targets/fake-swarm.ts';
import { createSwarmWorld } from '#test/fakes/targets/swarm-world.ts';

const labelsOf = (release: string, env = 'f1') => ({
  'dev.gantry.workspace': 'shop',
  'dev.gantry.environment': 'prod',
  'dev.gantry.release': release,
  'dev.gantry.env': env,
});
const service = (more: Partial<SwarmService> = {}): SwarmService => ({
  id: 's1',
  version: 7,
  name: 'shop-prod',
  labels: {},
  taskLabels: labelsOf('r-new'),
  image: 'sha256:new',
  replicas: 2,
  publishedPorts: [],
  hasPrevious: true,
  ...more,
});
const task = (id: string, more: Partial<SwarmTask> = {}): SwarmTask => ({
  id,
  slot: 1,
  nodeId: 'n1',
  desiredState: 'running',
  state: 'running',
  message: '',
  image: 'sha256:new',
  labels: labelsOf('r-new'),
  ports: [],
  ...more,
});
const wished = { service: 'shop-prod', release: 'r-new', envFingerprint: 'f1' };
const judged = (is: SwarmService | undefined, tasks: readonly SwarmTask[], before: readonly string[] = []) =>
  judge(is, tasks, wished, new Set(before));

describe('what a look at a service says', () => {
  const failed = (id: string, at = 1): SwarmTask =>
    task(id, { desiredState: 'shutdown', state: 'failed', message: 'task: non-zero exit (3)', at });

  it('is done when every task of the release runs and the swarm has stopped updating', () => {
    const both = [task('a'), task('b', { slot: 2 })];
    expect(judged(service(), both)).toEqual({ kind: 'running', isConfirmed: false });
    expect(judged(service({ updateState: 'completed' }), both)).toEqual({
      kind: 'running',
      isConfirmed: true,
    });
    expect(judged(service({ updateState: 'updating' }), both)).toMatchObject({ kind: 'waiting' });
    expect(judged(service(), [task('a')])).toMatchObject({ kind: 'waiting', text: '1 of 2 running' });
  });

  it('does not count tasks of another release or env, nor those that are to stop', () => {
    const others = [
      task('old', { labels: labelsOf('r-old') }),
      task('env', { labels: labelsOf('r-new', 'f0') }),
      task('gone', { desiredState: 'shutdown' }),
    ];
    expect(judged(service({ replicas: 1 }), others)).toMatchObject({
      kind: 'waiting',
      text: '0 of 1 running',
    });
  });

  it('says why no node takes a task, and nothing of one that is only on its way', () => {
    const pending = (message: string) => judged(service(), [task('a', { state: 'pending', message })]);
    expect(pending('no suitable node (host-mode port already in use on 1 node)')).toMatchObject({
      text: '0 of 2 running, the next is pending: no suitable node (host-mode port already in use on 1 node)',
    });
    expect(pending('pending task scheduling')).toMatchObject({ text: '0 of 2 running, the next is pending' });
  });

  it('has failed when the swarm went back, and not before it is there', () => {
    const old = (id: string) => task(id, { labels: labelsOf('r-old') });
    const back = (updateState: NonNullable<SwarmService['updateState']>, last = old('d')) => {
      const tasks = [failed('a'), failed('b', 2), old('c'), last];
      return judged(service({ taskLabels: labelsOf('r-old'), updateState }), tasks);
    };
    expect(back('rollback_started')).toMatchObject({ kind: 'waiting' });
    expect(back('rollback_completed')).toMatchObject({
      kind: 'failed',
      why: 'the swarm went back to r-old: task: non-zero exit (3)',
      culprit: { id: 'b' },
    });
    // The swarm says so already while the task in place of the failed one is being started.
    for (const more of [
      { desiredState: 'ready', state: 'assigned' },
      { state: 'starting' },
      { desiredState: 'shutdown' },
    ])
      expect(back('rollback_completed', { ...old('d'), ...more })).toEqual({
        kind: 'waiting',
        text: 'a task failed, the swarm goes back to r-old, 1 of 2 running',
      });
    expect(back('rollback_paused')).toMatchObject({
      kind: 'failed',
      why: expect.stringMatching(/failed too/),
    });
    expect(back('completed')).toMatchObject({ kind: 'failed', why: 'shop-prod is now of r-old' });
  });

  it('has failed half-way where the swarm paused', () => {
    const paused = service({ updateState: 'paused', updateMessage: 'update paused due to failure' });
    expect(judged(paused, [])).toMatchObject({
      kind: 'failed',
      why: 'the swarm stopped half-way: update paused due to failure',
    });
  });

  it('has failed when tasks of a new service die three times, those of before not counted', () => {
    const three = [failed('a'), failed('b'), failed('c')];
    expect(judged(service(), three)).toMatchObject({ kind: 'failed' });
    expect(judged(service(), three, ['a'])).toMatchObject({ kind: 'waiting' });
    expect(judged(service({ replicas: 1 }), [...three, task('d')])).toMatchObject({ kind: 'running' });
  });

  it('has failed where there is no such service', () => {
    expect(judged(undefined, [])).toMatchObject({ kind: 'failed', why: 'there is no service shop-prod' });
  });
});

describe('what can never work', () => {
  const config = (written: object) => swarmConfigSchema.parse({ kind: 'swarm', ...written });
  const nodes = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: `n${index}`, address: '', isActive: true }));
  const fixed = { ports: [{ published: 80, target: 8080, mode: 'host' }] };
  const startFirst = { update: { order: 'start-first' } };
  const repository = 'ghcr.io/acme/shop';

  it('is a fixed port of the host with start-first, unless a node is left for the new task', () => {
    const refused = [
      expect.objectContaining({ code: 'config-invalid', hint: expect.stringContaining('stop-first') }),
    ];
    expect(wrongOn(config({ ...fixed, ...startFirst }), nodes(1))).toEqual(refused);
    const many = { ...fixed, ...startFirst, repository };
    expect(wrongOn(config({ ...many, replicas: 3 }), nodes(3))).toEqual(refused);
    expect(wrongOn(config({ ...many, replicas: 2 }), nodes(3))).toEqual([]);
    const drained = nodes(3).map((node, index) => ({ ...node, isActive: index < 2 }));
    expect(wrongOn(config({ ...many, replicas: 2 }), drained)).toEqual(refused);
  });

  it('is not start-first with a port that moves, nor a fixed one without asking for it', () => {
    expect(wrongOn(config({ ports: [{ target: 80, mode: 'host' }], ...startFirst }), nodes(1))).toEqual([]);
    expect(wrongOn(config({ ports: ['80:8080'], ...startFirst }), nodes(1))).toEqual([]);
    expect(wrongOn(config(fixed), nodes(1))).toEqual([]);
  });

  it('is more replicas than nodes that have the port', () => {
    expect(wrongOn(config({ ...fixed, replicas: 2 }), nodes(1))).toMatchObject([
      { message: expect.stringMatching(/^Of 2 replicas only 1 can have the port 80 of the one node/) },
    ]);
  });

  it('is more than one node without a registry', () => {
    expect(wrongOn(config({}), nodes(2))).toMatchObject([
      { hint: expect.stringContaining('target.repository') },
    ]);
    expect(wrongOn(config({ repository }), nodes(2))).toEqual([]);
  });

  it('is a port by ingress without a virtual address', async () => {
    const mixed = config({ ports: ['80:8080'], endpointMode: 'dnsrr' });
    const place = { workspace: 'shop', environment: environmentNameSchema.parse('prod'), image: 'shop' };
    expect(await swarmTarget.check(mixed, place, only<Io>({}))).toMatchObject([
      { message: expect.stringContaining('dnsrr') },
    ]);
  });
});

describe('what is observed', () => {
  const observed = (
    is: SwarmService,
    tasks: readonly SwarmTask[],
    hostOf = (_node: string | undefined) => '',
  ) => toObserved({ service: is, tasks, ids: new Map([['tag', 'sha256:of-tag']]), hostOf, at: 5 });
  const health = (is: SwarmService, tasks: readonly SwarmTask[]) => {
    const seen = observed(is, tasks);
    return seen.kind === 'running' ? seen.services.map((one) => `${one.health}: ${one.state}`) : [];
  };

  it('is healthy when as many run as should', () => {
    expect(health(service(), [task('a'), task('b', { slot: 2 })])).toEqual(['healthy: 2 of 2 running']);
    expect(health(service(), [task('a')])).toEqual(['starting: 1 of 2 running']);
    expect(health(service(), [])).toEqual(['stopped: 0 of 2 running']);
    const failing = [
      task('b', { state: 'starting', message: 'starting' }),
      task('a', { desiredState: 'shutdown', state: 'failed' }),
    ];
    expect(health(service(), failing)).toEqual(['unhealthy: 0 of 2 running: starting']);
  });

  it('is both releases while an update goes on, and one when the old tasks only have to stop', () => {
    const old = { labels: labelsOf('r-old'), image: 'tag' };
    const during = observed(service(), [task('a'), task('b', { slot: 2, ...old })]);
    expect(during).toMatchObject({
      services: [
        { releaseLabel: 'r-new', health: 'healthy' },
        { releaseLabel: 'r-old', imageId: 'sha256:of-tag', health: 'healthy' },
      ],
    });
    const after = observed(service({ replicas: 1 }), [
      task('a'),
      task('b', { ...old, desiredState: 'shutdown' }),
    ]);
    expect(after).toMatchObject({ services: [{ releaseLabel: 'r-new', revision: '7' }] });
  });

  it('says of a port that the engine chose where IPv4 is asked', () => {
    const port = (published: number, target: number) =>
      ({ published, target, protocol: 'tcp', mode: 'host' }) as const;
    const chosen = { target: 8080, protocol: 'tcp', mode: 'host' } as const;
    const is = service({ replicas: 1, ports: [chosen, port(90, 9000), port(91, 9000)] });
    const tasks = [
      task('a', { ports: [port(32772, 8080), port(32771, 8080), port(90, 9000), port(91, 9000)] }),
    ];
    expect(observed(is, tasks)).toMatchObject({
      services: [{ ports: ['32772->8080/tcp', '90->9000/tcp', '91->9000/tcp'] }],
    });
  });

  it('says where it serves: everywhere, or on the nodes that run a task', () => {
    const ingress = { published: 80, target: 8080, protocol: 'tcp', mode: 'ingress' } as const;
    const onHost = { published: 9000, target: 9000, protocol: 'tcp', mode: 'host' } as const;
    const nodes = [
      { id: 'n1', address: '10.0.0.1', isActive: true },
      { id: 'n2', address: 'fd00::2', isActive: true },
    ];
    const tasks = [task('a', { ports: [onHost] }), task('b', { nodeId: 'n2', ports: [onHost] })];
    const portsFrom = (host?: string) => {
      const hostOf = hostsOf({
        kind: 'manager',
        nodeId: 'n1',
        nodes,
        ...(host === undefined ? {} : { host }),
      });
      const seen = observed(service({ publishedPorts: [ingress] }), tasks, hostOf);
      return seen.kind === 'running' ? seen.services[0]?.ports : undefined;
    };
    expect(portsFrom()).toEqual(['80->8080/tcp', '9000->9000/tcp', '[fd00::2]:9000->9000/tcp']);
    expect(portsFrom('shop.example.com')).toEqual([
      '[fd00::2]:9000->9000/tcp',
      'shop.example.com:80->8080/tcp',
      'shop.example.com:9000->9000/tcp',
    ]);
  });
});

const environment = environmentNameSchema.parse('dev');
const place = { workspace: 'shop', environment, image: 'shop' };

/** The steps of a deploy in the fake's world. */
function deployIn(world: ReturnType<typeof createSwarmWorld>, more: Partial<Io> = {}) {
  const config = swarmTarget.config.parse({ kind: 'swarm', timeout: '1s' });
  let now = 0;
  const io = (signal = new AbortController().signal): Io => ({
    ...only<Io>({}),
    ...world.io,
    signal,
    env: async () => new Map([['TOKEN', 's3cret']]),
    imageIds: () => new Set(),
    clock: {
      now: () => now,
      monotonic: () => now,
      async sleep(ms, abort) {
        abort?.throwIfAborted();
        now += ms;
      },
    },
    ...more,
  });
  const wish = (index: number): Wish => {
    const release = world.releases[index];
    if (release === undefined) throw new Error('no such release');
    return {
      workspace: 'shop',
      environment,
      release: {
        id: releaseIdSchema.parse(`r-${index}aaaaa`),
        version: `${index}`,
        image: 'shop',
        ...release,
      },
      envKeys: ['TOKEN'],
      envFingerprint: `f${index}`,
      envFiles: [],
      health: { interval: 10, deadline: 1_000 },
    };
  };
  const updateStep = async (index: number, settings = config): Promise<PlannedStep> => {
    const seen = await swarmTarget.observe(settings, place, io());
    const step = swarmTarget.plan(wish(index), seen, settings).find(({ id }) => id === 'update');
    if (step === undefined) throw new Error('there is no update');
    return step;
  };
  const last = async (outputs: AsyncIterable<StepOutput>, each: (output: StepOutput) => void = () => {}) => {
    let end: StepOutput | undefined;
    for await (const output of outputs) {
      each(output);
      end = output;
    }
    return end;
  };
  return { io, updateStep, last };
}

describe('a deploy', () => {
  const update = async (world: ReturnType<typeof createSwarmWorld>, index: number) => {
    const { io, updateStep, last } = deployIn(world);
    return last(swarmTarget.apply(await updateStep(index), io()));
  };

  it('gives the whole env to the swarm', async () => {
    const world = createSwarmWorld();
    await update(world, 0);
    expect(world.fake.wishOf('shop-dev')).toMatchObject({
      env: new Map([['TOKEN', 's3cret']]),
      isPulled: false,
    });
  });

  it('ends at its deadline, saying that the swarm may go on', async () => {
    const world = createSwarmWorld();
    await update(world, 0);
    world.fake.set('goes-on');
    expect(await update(world, 1)).toMatchObject({
      outcome: 'failed',
      detail: expect.stringMatching(/^not converged within 1 s: /),
      error: { hint: expect.stringContaining('may still go on') },
    });
  });

  const stopped = async (world: ReturnType<typeof createSwarmWorld>, reason: unknown) => {
    const { io, updateStep, last } = deployIn(world);
    const step = await updateStep(1);
    const stop = new AbortController();
    return last(swarmTarget.apply(step, io(stop.signal)), (output) => {
      if (output.kind === 'progress') stop.abort(reason);
    });
  };
  const going = async () => {
    const world = createSwarmWorld();
    await update(world, 0);
    world.fake.set('goes-on');
    return { world, before: world.changes() };
  };

  it('is cancelled by going back, which the swarm confirms', async () => {
    const { world, before } = await going();
    expect(await stopped(world, new DOMException('', 'AbortError'))).toMatchObject({
      outcome: 'cancelled',
      detail: 'Cancelled; shop-dev runs r-0aaaaa again',
    });
    expect(world.changes()).toBe(before + 2);
  });

  it('is not called cancelled where the swarm does not confirm it', async () => {
    const { world } = await going();
    const { swarm } = world.fake;
    const gone = () => Promise.reject(new GantryError('engine-unreachable', 'The engine is gone.', 'Look.'));
    const engine = only<Io['engine']>({
      image: world.io.engine.image,
      containers: world.io.engine.containers,
      swarm: async () => ({ ...swarm, rollBack: gone }),
    });
    const { io, updateStep, last } = deployIn(world, { engine });
    const stop = new AbortController();
    const outputs = swarmTarget.apply(await updateStep(1), io(stop.signal));
    expect(await last(outputs, ({ kind }) => kind === 'progress' && stop.abort())).toMatchObject({
      outcome: 'errored',
      detail: 'Cancelled, but shop-dev may go on to r-1aaaaa: The engine is gone.',
      error: { code: 'target-unreachable', hint: expect.stringContaining('docker service ps shop-dev') },
    });
  });

  it('is of the version that the swarm makes of it meanwhile, and of none that somebody else makes', async () => {
    const { world } = await going();
    const { swarm } = world.fake;
    const engineWith = (change: (now: SwarmService) => Partial<SwarmService>) => {
      let isFirst = true;
      const update: typeof swarm.update = async (at, wish, signal) => {
        const now = await swarm.service('shop-dev');
        if (isFirst && now !== undefined)
          world.fake.put({ ...now, version: now.version + 100, ...change(now) });
        isFirst = false;
        return swarm.update(at, wish, signal);
      };
      return only<Io['engine']>({
        image: world.io.engine.image,
        containers: world.io.engine.containers,
        swarm: async () => ({ ...swarm, update }),
      });
    };
    world.fake.set('converges');
    const deploy = async (index: number, change: (now: SwarmService) => Partial<SwarmService>) => {
      const { io, updateStep, last } = deployIn(world, { engine: engineWith(change) });
      return last(swarmTarget.apply(await updateStep(index), io()));
    };
    expect(await deploy(1, () => ({ updateState: 'completed' }))).toMatchObject({ outcome: 'succeeded' });
    await expect(deploy(0, () => ({ image: 'another' }))).rejects.toThrow('out of sequence');
  });

  it('goes on when its time is over, and is not taken back by whoever did not ask for it', async () => {
    const { world, before } = await going();
    await expect(stopped(world, new DOMException('too late', 'TimeoutError'))).rejects.toThrow('too late');
    expect(await stopped(world, new DOMException('', 'AbortError'))).toMatchObject({
      outcome: 'cancelled',
      detail: 'Cancelled; shop-dev goes on to r-1aaaaa, as it was asked to before',
    });
    expect(world.changes()).toBe(before + 1);
  });

  it('that changed nothing changes nothing when it is cancelled', async () => {
    const world = createSwarmWorld();
    await update(world, 0);
    await update(world, 1);
    const { io, updateStep, last } = deployIn(world);
    const step = await updateStep(1);
    const before = world.changes();
    const stop = new AbortController();
    world.fake.set('goes-on');
    const ended = last(swarmTarget.apply(step, io(stop.signal)), () => stop.abort());
    expect(await ended).toMatchObject({ outcome: 'cancelled', detail: 'Cancelled; shop-dev runs r-1aaaaa' });
    expect(world.changes()).toBe(before);
  });

  it('leaves a service of another environment alone', async () => {
    const world = createSwarmWorld();
    world.fake.put(service({ name: 'shop-dev', labels: labelsOf('r-x') }));
    expect(await update(world, 0)).toMatchObject({
      outcome: 'failed',
      error: { message: 'The service shop-dev is prod of shop.' },
    });
    expect(world.changes()).toBe(0);
  });

  it('is pulled by digest where a repository is named', async () => {
    const world = createSwarmWorld();
    const digest = `sha256:${'d'.repeat(64)}`;
    const { io, last } = deployIn(world, {
      registry: only<Io['registry']>({
        resolve: async () => ({ digest, mediaType: '', size: 1, platforms: [] }),
      }),
    });
    const config = swarmTarget.config.parse({ kind: 'swarm', repository: 'ghcr.io/acme/shop' });
    expect(swarmTarget.imageRules?.(config)).toEqual({ needsImage: 'registry', compares: 'digest' });
    const remote = { repository: 'ghcr.io/acme/shop', ref: 'ghcr.io/acme/shop:r-0aaaaa' };
    const wish: Wish = {
      workspace: 'shop',
      environment,
      release: {
        id: releaseIdSchema.parse('r-0aaaaa'),
        version: '0',
        image: 'shop',
        imageId: 'x',
        ref: 'y',
        remote,
      },
      envKeys: [],
      envFingerprint: 'f0',
      envFiles: [],
      health: { interval: 10, deadline: 1_000 },
    };
    for (const step of swarmTarget.plan(wish, { kind: 'empty', at: 0 }, config))
      expect(await last(swarmTarget.apply(step, io()))).toMatchObject({ outcome: 'succeeded' });
    expect(await swarmTarget.observe(config, place, io())).toMatchObject({
      services: [{ imageId: digest, imageRef: remote.ref }],
    });
    expect(world.fake.wishOf('shop-dev')).toMatchObject({
      image: `${remote.ref}@${digest}`,
      isPulled: true,
    });
  });
});

describe('after a crash', () => {
  it('an update that was never asked for is not asked for, and one that was is waited for', async () => {
    const world = createSwarmWorld();
    const { io, updateStep, last } = deployIn(world);
    await last(swarmTarget.apply(await updateStep(0), io()));
    const step = await updateStep(1);
    const resume = (handle?: string) =>
      last(
        swarmTarget.resume?.({ step, startedAt: 0, ...(handle === undefined ? {} : { handle }) }, io()) ??
          nothing(),
      );
    const before = world.changes();
    expect(await resume()).toMatchObject({ outcome: 'failed', detail: 'shop-dev was not changed yet.' });
    expect(world.changes()).toBe(before);
    world.fake.set('goes-on');
    const died = new AbortController();
    const outputs = swarmTarget.apply(step, io(died.signal));
    for await (const output of outputs) if (output.kind === 'handle') break;
    world.fake.proceed('shop-dev');
    expect(await resume()).toMatchObject({ outcome: 'succeeded' });
    expect(world.changes()).toBe(before + 1);
  });

  it('a swarm that went back meanwhile is a failure', async () => {
    const world = createSwarmWorld();
    const { io, updateStep, last } = deployIn(world);
    await last(swarmTarget.apply(await updateStep(0), io()));
    const step = await updateStep(1);
    world.fake.set('goes-back');
    for await (const output of swarmTarget.apply(step, io())) if (output.kind === 'handle') break;
    const begun = { step, startedAt: 0, handle: 'shop-dev version 9' };
    expect(await last(swarmTarget.resume?.(begun, io()) ?? nothing())).toMatchObject({
      outcome: 'failed',
      detail: 'the swarm went back to r-0aaaaa: task: non-zero exit (3)',
    });
  });
});

it.each([
  ['none', 'docker swarm init'],
  ['worker', 'manager'],
  ['locked', 'docker swarm unlock'],
] as const)('an engine that manages no swarm (%s) is refused with what to do', async (kind, hint) => {
  const { swarm } = createFakeSwarm({ membership: { kind } });
  const world = createSwarmWorld();
  const engine = only<Io['engine']>({ swarm: async () => swarm });
  const { io } = deployIn(world, { engine });
  const config = swarmTarget.config.parse({ kind: 'swarm' });
  const refusal = { code: 'target-refused', hint: expect.stringContaining(hint) };
  await expect(swarmTarget.observe(config, place, io())).rejects.toMatchObject(refusal);
  expect(await swarmTarget.check(config, place, io())).toMatchObject([refusal]);
});

async function* nothing(): AsyncGenerator<StepOutput> {}
