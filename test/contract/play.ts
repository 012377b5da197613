import type { Io, StepOutput, Target, Wish } from '#main/core/ports.ts';
import { environmentNameSchema, releaseIdSchema } from '#shared/domain/ids.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { createCloudRunWorld } from '#test/fakes/targets/cloud-run-world.ts';
import { createCommandWorld } from '#test/fakes/targets/command-world.ts';
import { createComposeWorld } from '#test/fakes/targets/compose-world.ts';
import { createRegistryWorld } from '#test/fakes/targets/registry-world.ts';
import { createRenderWorld } from '#test/fakes/targets/render-world.ts';
import { createHalfBlindWorld, createSeveralWorld } from '#test/fakes/targets/several-world.ts';
import { createSwarmWorld } from '#test/fakes/targets/swarm-world.ts';
import { createWebhookWorld } from '#test/fakes/targets/webhook-world.ts';
import type { TargetWorld } from './target-world.ts';

export type World = {
  readonly name: string;
  readonly kind: string;
  readonly create: () => TargetWorld;
  /** A cancel may leave both releases there: in one of several places, or beside old containers that were told to go. */
  readonly mayStayHalf?: true;
};

/**
 * A new target adds its world here, once for each way in which it deploys; without one the suite fails. Every one of them
 * goes through every test.
 */
export const worlds: readonly World[] = [
  { name: 'compose', kind: 'compose', create: () => createComposeWorld() },
  {
    name: 'compose, rolling',
    kind: 'compose',
    create: () => createComposeWorld('rolling'),
    mayStayHalf: true,
  },
  { name: 'registry', kind: 'registry', create: createRegistryWorld },
  { name: 'render', kind: 'render', create: () => createRenderWorld() },
  { name: 'render, by hook', kind: 'render', create: () => createRenderWorld('hook') },
  { name: 'cloud-run', kind: 'cloud-run', create: () => createCloudRunWorld() },
  { name: 'cloud-run, private', kind: 'cloud-run', create: () => createCloudRunWorld('private') },
  { name: 'swarm', kind: 'swarm', create: createSwarmWorld },
  { name: 'webhook', kind: 'webhook', create: () => createWebhookWorld() },
  { name: 'webhook, unseen', kind: 'webhook', create: () => createWebhookWorld(true) },
  { name: 'command', kind: 'command', create: () => createCommandWorld() },
  { name: 'command, unseen', kind: 'command', create: () => createCommandWorld(true) },
  { name: 'several', kind: 'several', create: createSeveralWorld, mayStayHalf: true },
  { name: 'several, one unseen', kind: 'several', create: createHalfBlindWorld, mayStayHalf: true },
];

export const secret = 's3cret-value';
const environment = environmentNameSchema.parse('dev');
export const place = { workspace: 'shop', environment, image: 'shop' };

export function wishFor(world: TargetWorld, index: number): Wish {
  const release = world.releases[index];
  if (release === undefined) throw new Error(`the world has no release ${index}`);
  return {
    workspace: place.workspace,
    environment,
    release: { id: releaseIdSchema.parse(`r-${index}aaaaa`), version: `${index}`, image: 'shop', ...release },
    envKeys: ['TOKEN'],
    envFingerprint: `f${index}`,
    envFiles: ['.env.dev', '.env.staging', '.env.prod'],
    health: { interval: 10, deadline: 1_000 },
  };
}

export function ioOf(world: TargetWorld, signal = new AbortController().signal): Io {
  let now = 0;
  return {
    http: {
      get: async () => ({ status: 200, headers: {}, body: '', durationMs: 1 }),
      send: () => Promise.reject(new Error('nothing here is sent to')),
    },
    secret: () => Promise.reject(new Error('nothing here has a secret of its own')),
    googleToken: () => Promise.reject(new Error('nothing here signs in to Google')),
    googleIdentity: () => Promise.reject(new Error('nothing here signs in to Google')),
    hostVariables: () => ({}),
    ...world.io,
    signal,
    env: async () => new Map([['TOKEN', secret]]),
    imageIds: (release) =>
      new Set(world.releases.filter((_, index) => release === `r-${index}aaaaa`).map((one) => one.imageId)),
    probe: world.io.probe ?? (async () => ({ at: now, ok: true, ms: 1, text: '200' })),
    clock: {
      now: () => now,
      monotonic: () => now,
      async sleep(ms, abort) {
        abort?.throwIfAborted();
        now += ms;
      },
    },
  };
}

export async function apply(target: Target, step: PlannedStep, io: Io): Promise<StepOutput[]> {
  const outputs: StepOutput[] = [];
  for await (const output of target.apply(step, io)) outputs.push(output);
  return outputs;
}

/** What the second release's deploy consists of, where the first one is already. */
export async function secondDeploy(target: Target, world: TargetWorld): Promise<readonly PlannedStep[]> {
  await deploy(target, world, 0);
  const config = target.config.parse(world.config);
  return target.plan(wishFor(world, 1), await target.observe(config, place, ioOf(world)), config);
}

export async function deploy(target: Target, world: TargetWorld, index: number): Promise<StepOutput[]> {
  const config = target.config.parse(world.config);
  const io = ioOf(world);
  const seen = await target.observe(config, place, io);
  const outputs: StepOutput[] = [];
  for (const step of target.plan(wishFor(world, index), seen, config))
    outputs.push(...(await apply(target, step, io)));
  return outputs;
}
