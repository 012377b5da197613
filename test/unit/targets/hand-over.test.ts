import { expect, it } from 'vitest';
import type { Container, Engine, Io, StepOutput } from '#main/core/ports.ts';
import type { HandOverAction } from '#main/targets/compose/actions.ts';
import { createDeployMemory } from '#main/targets/compose/deploy-memory.ts';
import { createFileMemory } from '#main/targets/compose/file-memory.ts';
import { handOver } from '#main/targets/compose/hand-over.ts';
import { only } from '#test/fakes/only.ts';
import { container, stopped } from './containers.ts';
import { ioAt } from './io.ts';

const action = {
  kind: 'hand-over',
  up: {
    project: 'shop-dev',
    workspace: 'shop',
    environment: 'dev',
    files: [],
    image: 'shop',
    imageId: 'sha256:2',
    ref: 'shop:r-2',
    release: 'r-2',
    envFingerprint: 'f1',
    envFiles: [],
    isRolling: true,
  },
  overlapMs: 10_000,
} satisfies HandOverAction;
const drain = { waitMs: 10_000, timeoutMs: 1_000 };

const old = container({ id: 'old', name: 'shop-dev-web-1' });
const labels = { 'dev.gantry.spec': 'spec-2' };
const fresh = container({ id: 'new', name: 'shop-dev-web-2', imageId: 'sha256:2', labels });

/** @param diesAt milliseconds after it began, of the new one */
async function handedOver(diesAt: number, changes: Partial<HandOverAction> = {}) {
  const commands: string[] = [];
  const containersAt = (ms: number): Container[] => [old, ms < diesAt ? fresh : { ...fresh, ...stopped(1) }];
  const base = ioAt(containersAt);
  const io = only<Io>({
    ...base,
    folder: '/shop',
    engine: only<Engine>({ containers: base.engine.containers, cliEnvironment: () => ({}) }),
    env: async () => new Map(),
    commands: only<Io['commands']>({
      async run({ argv }) {
        commands.push(argv.join(' '));
        return { exitCode: 0, stdout: '', stderr: '' };
      },
    }),
  });
  const memory = createDeployMemory(createFileMemory());
  const rolling = [{ name: 'web', replicas: 1, spec: 'spec-2' }];
  const facts = { paths: [], services: [], releaseServices: ['web'], oneShots: [], rolling };
  memory.remember(action.up, '/shop', facts);
  const outputs: StepOutput[] = [];
  for await (const output of handOver({ ...action, ...changes }, io, memory)) outputs.push(output);
  return { end: outputs.at(-1), commands };
}

it('stops the old ones when the new ones outlived the waiting', async () => {
  const { end, commands } = await handedOver(20_001, { drain });
  expect(end).toMatchObject({ outcome: 'succeeded', detail: 'shop-dev-web-1 drained and stopped' });
  expect(commands).toEqual(['docker stop old', 'docker rm --force old']);
});

it.each([
  ['overlap', 3_000, {}],
  ['drain', 13_000, { drain }],
])('lets the old ones be when the new ones died during the %s', async (_when, diesAt, changes) => {
  const { end, commands } = await handedOver(diesAt, changes);
  expect(end).toMatchObject({
    outcome: 'failed',
    error: {
      code: 'target-refused',
      message: 'Of web 0 of 1 new containers run, so the old ones stay.',
    },
  });
  expect(commands).toEqual([]);
});

it('drains none of the old ones when the new ones died before that', async () => {
  const { commands } = await handedOver(3_000, { drain: { ...drain, command: ['drain'] } });
  expect(commands).toEqual([]);
});
