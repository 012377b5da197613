import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BuildOutput, BuildRequest } from '#main/core/ports.ts';
import type { RunId } from '#shared/domain/ids.ts';
import { otherOwner, requestOf } from '#test/unit/ledger/scaffold.ts';
import { type BuildWorld, createBuildWorld } from './build-world.ts';

// Real clocks and a real ledger, on machines that may be busy.
vi.setConfig({ testTimeout: 20_000 });

let world: BuildWorld;
/** One for each build that has begun: lets it go on. */
let doors: (() => void)[];
let atOnce: number;
let mostAtOnce: number;

beforeEach(() => {
  world = createBuildWorld();
  doors = [];
  atOnce = 0;
  mostAtOnce = 0;
  world.config('');
  world.engine.outputs = held;
});
afterEach(async () => {
  for (const { id } of world.ports.ledger.runs.list({ workspaceId: world.workspaceId, limit: 50 })) {
    world.cancel(id);
  }
  for (const open of doors) open();
  await world.idle();
  world.remove();
});

async function* held({ signal }: BuildRequest): AsyncGenerator<BuildOutput> {
  atOnce += 1;
  mostAtOnce = Math.max(mostAtOnce, atOnce);
  try {
    await new Promise<void>((resolve, reject) => {
      doors.push(resolve);
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    yield { kind: 'image', imageId: 'sha256:built' };
  } finally {
    atOnce -= 1;
  }
}

const until = (look: () => unknown) => expect.poll(look, { timeout: 15_000, interval: 10 }).toBeTruthy();
const building = (count: number) => until(() => doors.length === count);
const stepsOf = (runId: RunId) => world.view(runId).steps.map(({ id, state }) => `${id} ${state}`);
const waits = (runId: RunId) => until(() => stepsOf(runId)[0] === 'wait running');
const stateOf = (runId: RunId) => world.view(runId).state;

/** As another process has it that is gone: its heartbeat is old at once, by a clock that was set back. */
function requestElsewhere(requestId: string, scope: '#build' | `#waiting:build:${string}`): RunId {
  const answer = world.ports.ledger.runs.request({
    ...requestOf(world.workspaceId, { requestId, at: 1 }),
    scope,
    owner: otherOwner,
  });
  if (answer.kind !== 'taken') throw new Error(`not taken but ${answer.kind}`);
  return answer.runId;
}

describe('a build while another goes on', () => {
  test('is a run at once, waits for it, and then builds', async () => {
    const first = await world.start();
    await building(1);
    const second = await world.start();
    await waits(second);
    await until(() => world.view(second).steps[0]?.text !== '');
    expect(world.view(second).steps[0]).toMatchObject({
      title: `Wait for run ${first}`,
      repeatable: true,
      changes: false,
      text: expect.stringMatching(
        new RegExp(`^behind run ${first} \\(build, by ada in cli, process \\d+\\)$`),
      ),
    });
    expect(world.ports.ledger.leases.get(world.workspaceId, '#build')?.runId).toBe(first);
    doors[0]?.();
    await building(2);
    expect(world.ports.ledger.leases.get(world.workspaceId, '#build')?.runId).toBe(second);
    doors[1]?.();
    await world.idle();
    expect([stateOf(first), stateOf(second)]).toEqual(['succeeded', 'succeeded']);
    // The same sentence as without a wait before it.
    expect(world.view(second).summary).toBe(world.view(first).summary);
    expect(mostAtOnce).toBe(1);
    expect(world.ports.ledger.leases.queue(world.workspaceId)).toEqual([]);
  });

  test('waits behind those that wait already', async () => {
    const runs = [await world.start(), await world.start(), await world.start()] as const;
    await building(1);
    await until(() => world.view(runs[2]).steps[0]?.text.includes('1 more'));
    for (let count = 1; count <= 3; count += 1) {
      await building(count);
      expect(runs.map(stateOf)).toEqual(runs.map((_, at) => (at < count - 1 ? 'succeeded' : 'running')));
      doors[count - 1]?.();
    }
    await world.idle();
    expect(mostAtOnce).toBe(1);
  });

  test('refuses, where that is asked, and names the one that goes on', async () => {
    const first = await world.start();
    await expect(world.start({ whenBusy: 'refuse' })).rejects.toMatchObject({
      code: 'environment-busy',
      message: expect.stringContaining(`run ${first}`),
      hint: expect.stringContaining(`gantry cancel ${first}`),
    });
  });

  test('takes the place of it and of those that wait, where that is asked', async () => {
    const first = await world.start();
    await building(1);
    const second = await world.start();
    await waits(second);
    const third = await world.start({ whenBusy: 'replace' });
    await building(2);
    expect([stateOf(first), stateOf(second)]).toEqual(['cancelled', 'cancelled']);
    doors[1]?.();
    await world.idle();
    expect(stateOf(third)).toBe('succeeded');
    expect(stepsOf(second)).toEqual(['wait cancelled', 'source skipped', 'build skipped', 'record skipped']);
  });

  test('cancels nothing that is no build, however it is asked', async () => {
    const { ledger } = world.ports;
    const wish = requestOf(world.workspaceId, { kind: 'prune', requestId: 'prune' });
    const prune = ledger.runs.request({ ...wish, at: Date.now() });
    if (prune.kind !== 'taken') throw new Error(prune.kind);
    const runId = await world.start({ whenBusy: 'replace' });
    await waits(runId);
    expect(ledger.runs.get(prune.runId)).toMatchObject({ state: 'running', isCancelRequested: false });
    ledger.runs.append(prune.runId, prune.token, 2_000, {
      kind: 'run-ended',
      outcome: 'succeeded',
      summary: 'Done',
      recovered: false,
    });
    await building(1);
  });

  test('can be cancelled as it waits: nothing of it happens, and those behind go on', async () => {
    const first = await world.start();
    await building(1);
    const second = await world.start();
    const third = await world.start();
    await waits(third);
    world.cancel(second);
    await until(() => stateOf(second) === 'cancelled');
    expect(stateOf(first)).toBe('running');
    doors[0]?.();
    await building(2);
    doors[1]?.();
    await world.idle();
    expect(stateOf(third)).toBe('succeeded');
    expect(world.asked.builds).toHaveLength(2);
  });

  test('has its own time only once it builds', async () => {
    await world.start();
    await building(1);
    world.config('build: { timeout: 1s }');
    const second = await world.start();
    await waits(second);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    doors[0]?.();
    await building(2);
    doors[1]?.();
    await world.idle();
    expect(stateOf(second)).toBe('succeeded');
  });

  test('keeps its place by its heartbeat for as long as it waits', async () => {
    await world.start();
    const second = await world.start();
    await waits(second);
    const place = () => world.ports.ledger.leases.queue(world.workspaceId).find((l) => l.runId === second);
    const before = place()?.heartbeatAt ?? 0;
    await expect.poll(() => (place()?.heartbeatAt ?? 0) > before, { timeout: 15_000 }).toBe(true);
  });
});

describe('a process that died', () => {
  test.each(['#build', '#waiting:build:elsewhere'] as const)(
    'with %s is closed by the build that comes after it',
    async (scope) => {
      const dead = requestElsewhere('elsewhere', scope);
      const runId = await world.start();
      await building(1);
      expect(world.view(dead)).toMatchObject({ state: 'interrupted', recovered: true });
      doors[0]?.();
      await world.idle();
      expect(stateOf(runId)).toBe('succeeded');
    },
  );

  test('as it waited ahead of another is closed by that one', async () => {
    const first = await world.start();
    await building(1);
    const dead = requestElsewhere('elsewhere', '#waiting:build:elsewhere');
    const third = await world.start();
    await until(() => stateOf(dead) === 'interrupted');
    expect(stateOf(first)).toBe('running');
    doors[0]?.();
    await building(2);
    expect(stateOf(third)).toBe('running');
  });
});
