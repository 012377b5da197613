import { expect, test } from 'vitest';
import { checkHealth } from '#main/core/health/check-health.ts';
import { reachOf } from '#main/core/health/reach.ts';
import { watch } from '#main/core/health/watch.ts';
import type { Io, StepOutput } from '#main/core/ports.ts';
import { together } from '#main/targets/several/seen.ts';
import type { HealthCheck } from '#shared/domain/health.ts';
import type { Observed } from '#shared/domain/observed.ts';

const at = (name: string): Observed => ({
  kind: 'running',
  at: 0,
  services: [
    { name: 'web', imageId: 'sha256:new', imageRef: 'shop', health: 'healthy', state: 'up', ports: [] },
  ],
  settings: {},
  address: `https://${name}.example`,
});
const off: Observed = { kind: 'unreachable', at: 0, why: 'off' };
const hook: Observed = { kind: 'unobservable', at: 0, why: 'a hook' };

const http = { kind: 'http', url: '/ok', status: [[200, 399]], timeoutMs: 5_000 } satisfies HealthCheck;
const checks = ['eu', 'us'].map((part) => ({ ...http, part }));
const identity = { compares: 'digest', ids: new Set(['sha256:new']) } as const;
const rules = { intervalMs: 500, startPeriodMs: 0, successes: 1, failures: 2, deadlineMs: 10_000 };

/** A world in which the addresses in `ill` answer 503, and each question is written down with who signed it in. */
function worldOf(us: Observed, ill: readonly string[] = []) {
  let now = 0;
  const asked = new Set<string>();
  const clock: Io['clock'] = {
    now: () => now,
    monotonic: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
  const probe: Io['probe'] = async (check, reach) => {
    const where = reach(undefined);
    if (where === undefined || check.kind !== 'http') return undefined;
    asked.add([where, check.url, ...Object.values(check.send ?? {})].join(' '));
    const ok = !ill.includes(where);
    return { at: now, ok, ms: 1, text: ok ? '200' : '503' };
  };
  return {
    asked,
    io: { clock, probe, signal: new AbortController().signal },
    observe: async () =>
      together([
        ['eu', at('eu')],
        ['us', us],
      ]),
    signIn: async (address: string) => ({ authorization: `for ${address}` }),
  };
}

async function outputsOf(outputs: AsyncIterable<StepOutput>): Promise<StepOutput[]> {
  const all: StepOutput[] = [];
  for await (const output of outputs) all.push(output);
  return all;
}

function checked(world: ReturnType<typeof worldOf>) {
  return outputsOf(
    checkHealth(
      { core: 'check-health', checks, rules },
      { environment: 'prod', ...world, reach: (seen) => reachOf(seen, identity) },
    ),
  );
}

function watched(world: ReturnType<typeof worldOf>) {
  const wish = { environment: 'prod', checks, identity, envFingerprint: 'e1', failures: 3 };
  const action = { core: 'watch', checks, forMs: 10_000, intervalMs: 2_000, failures: 3 } as const;
  return outputsOf(watch(action, { ...world, wish, lastWords: async function* () {} }));
}

const rowsOf = (outputs: readonly StepOutput[]) => [
  ...new Set(outputs.flatMap((output) => (output.kind === 'probed' ? [output.check] : []))),
];

test('each place is asked at its own address by somebody who signs in there, and has a row of its own', async () => {
  const world = worldOf(at('us'));
  const outputs = await checked(world);
  expect(outputs.at(-1)).toMatchObject({ outcome: 'succeeded', detail: 'healthy after 0 s' });
  expect([...world.asked]).toEqual([
    'https://eu.example /ok for https://eu.example',
    'https://us.example /ok for https://us.example',
  ]);
  expect(rowsOf(outputs)).toEqual(['eu /ok', 'us /ok']);
});

test('one place that fails is named and is enough', async () => {
  const ill = worldOf(at('us'), ['https://us.example']);
  expect((await checked(ill)).at(-1)).toMatchObject({
    outcome: 'failed',
    detail: 'prod answers 503 on us /ok',
  });
  const outputs = await watched(ill);
  expect(outputs).toContainEqual({ kind: 'progress', text: 'prod answers 503 on us /ok (1 of 3)' });
  expect(outputs.at(-1)).toMatchObject({
    outcome: 'failed',
    detail: 'health was lost after 4 s: prod answers 503 on us /ok, 3 times in a row',
  });
  expect(rowsOf(outputs)).toEqual(['eu /ok', 'us /ok', 'what runs']);
});

test('a place that cannot be asked now is unknown: neither healthy nor lost', async () => {
  const end = (await checked(worldOf(off))).at(-1);
  expect(end).toMatchObject({
    outcome: 'errored',
    detail: 'us in prod could not be asked: off',
    error: { code: 'target-unreachable' },
  });
  expect((await watched(worldOf(off))).at(-1)).toMatchObject({
    outcome: 'errored',
    detail: 'what prod runs could not be observed at the end of the watch: us: off',
  });
});

test('a place that can never be asked leaves it to the others, and it is said', async () => {
  const outputs = await checked(worldOf(hook));
  expect(outputs.at(-1)).toMatchObject({
    outcome: 'succeeded',
    detail: 'healthy after 0 s; us /ok could not be asked: a hook',
  });
  expect(rowsOf(outputs)).toEqual(['eu /ok']);
  expect((await watched(worldOf(hook))).at(-1)).toMatchObject({
    outcome: 'succeeded',
    detail: 'healthy for 10 s, all of 12 answers good; us /ok could not be asked',
  });
});

test('a place of which nothing says where it serves is named', async () => {
  const { address: _, ...nowhere } = at('us') as Extract<Observed, { kind: 'running' }>;
  for (const us of [nowhere, { kind: 'empty', at: 0 } as const]) {
    expect((await checked(worldOf(us))).at(-1)).toMatchObject({
      outcome: 'failed',
      detail: 'nothing says where us in prod serves, so us /ok could not be asked',
    });
  }
});
