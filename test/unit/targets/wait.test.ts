import { expect, it } from 'vitest';
import type { Io, StepOutput } from '#main/core/ports.ts';
import type { WaitAction } from '#main/targets/compose/actions.ts';
import { addressOf, waitUntilHealthy } from '#main/targets/compose/wait.ts';
import type { HealthCheck } from '#shared/domain/health.ts';
import { container } from './containers.ts';
import { ioAt } from './io.ts';

const action = {
  kind: 'wait',
  project: 'shop-dev',
  release: 'r-1a2b3c',
  checks: [],
  rules: { intervalMs: 100, startPeriodMs: 5_000, successes: 1, failures: 3, deadlineMs: 5_000 },
} satisfies WaitAction;

async function wait(io: Io, changes: Partial<WaitAction> = {}): Promise<StepOutput[]> {
  const outputs: StepOutput[] = [];
  for await (const output of waitUntilHealthy({ ...action, ...changes }, io)) outputs.push(output);
  return outputs;
}

it('believes a container without a check after two seconds, and one that died in between never', async () => {
  const settled = await wait(ioAt(() => [container({ health: 'unknown' })]));
  expect(settled.at(-1)).toMatchObject({ outcome: 'succeeded', detail: 'healthy after 2 s' });
  expect(settled[0]).toEqual({ kind: 'progress', text: 'web started, 0 s' });
  const dies = await wait(
    ioAt((ms) => [
      container(ms < 1_900 ? { health: 'unknown' } : { running: false, exitCode: 9, state: 'exited (9)' }),
    ]),
  );
  expect(dies.at(-1)).toMatchObject({ outcome: 'failed', detail: 'web exited with code 9' });
});

it('starts to count anew for a container that came up again', async () => {
  const again = await wait(
    ioAt((ms) => [
      ms >= 1_000 && ms < 1_500
        ? container({ running: false, state: 'restarting', health: 'unhealthy', restartCount: 1 })
        : container({ health: 'unknown', restartCount: ms < 1_000 ? 0 : 1 }),
    ]),
  );
  expect(again.at(-1)).toMatchObject({ outcome: 'succeeded', detail: 'healthy after 3.5 s' });
});

it('ends at the deadline, with what it last saw and what the container said', async () => {
  const outputs = await wait(ioAt(() => [container({ health: 'starting' })]));
  expect(outputs.slice(-3)).toEqual([
    { kind: 'observed', observed: expect.objectContaining({ kind: 'running', at: 5_000 }) },
    { kind: 'line', source: 'web', level: 'out', text: 'last words' },
    {
      kind: 'end',
      outcome: 'failed',
      detail: 'not healthy within 5 s: web starting',
      error: {
        code: 'target-refused',
        message: 'Not healthy within 5 s: web starting.',
        hint: expect.stringContaining('health.deadline'),
      },
    },
  ]);
});

const port = (hostIp: string, hostPort: number, containerPort = 8080, protocol = 'tcp') => ({
  hostIp,
  hostPort,
  containerPort,
  protocol,
});

it.each([
  ['on the published port', [port('127.0.0.1', 18081)], 'http://127.0.0.1:18081'],
  [
    'on loopback where it is published everywhere',
    [port('0.0.0.0', 80), port('::', 80)],
    'http://127.0.0.1:80',
  ],
  ['on another address of this machine', [port('192.168.1.5', 80)], 'http://192.168.1.5:80'],
  ['on IPv6 alone', [port('::1', 80)], 'http://[::1]:80'],
  ['on the first port inside', [port('', 81, 9000), port('', 82, 8080)], 'http://127.0.0.1:82'],
  ['not on UDP', [port('', 81, 53, 'udp')], undefined],
  [
    'not on the loopback of another machine',
    [{ ...port('127.0.0.1', 80), isOnlyThere: true as const }],
    undefined,
  ],
  ['nowhere', [], undefined],
])('a path is asked %s', (_name, ports, url) => {
  expect(addressOf([container({ ports })])).toBe(url);
});

it('a port inside the container may be named', () => {
  const ports = [port('', 81, 9000), port('', 82, 8080)];
  expect(addressOf([container({ ports })], 9000)).toBe('http://127.0.0.1:81');
  expect(addressOf([container({ ports })], 9001)).toBeUndefined();
});

const ok = { ok: true, ms: 3, text: '200' };
const no = { ok: false, ms: 3, text: '503' };
const http = { kind: 'http', url: '/ok', status: [[200, 399]], timeoutMs: 5_000 } satisfies HealthCheck;
const up = () => [container({ health: 'unknown' })];

it('asks until as many answers in a row as are wished for', async () => {
  const answers = [no, ok, no, ok, ok, ok];
  const outputs = await wait(
    ioAt(up, (ms) => answers[ms / 100]),
    { checks: [http], rules: { ...action.rules, successes: 3 } },
  );
  expect(outputs.at(-1)).toMatchObject({ outcome: 'succeeded', detail: 'healthy after 0.5 s' });
  expect(outputs.filter(({ kind }) => kind === 'probed')).toHaveLength(6);
});

it('gives up before the deadline once the start period is over', async () => {
  const outputs = await wait(
    ioAt(up, () => no),
    { checks: [http], rules: { ...action.rules, startPeriodMs: 1_000 } },
  );
  expect(outputs.at(-1)).toMatchObject({
    outcome: 'failed',
    detail: 'web answers 503 on /ok, 3 times in a row',
  });
  expect(outputs.filter(({ kind }) => kind === 'probed')).toHaveLength(13);
});

it('forgets what answered before the container went down', async () => {
  const outputs = await wait(
    ioAt(
      (ms) => (ms === 200 ? [container({ health: 'starting' })] : up()),
      () => ok,
    ),
    { checks: [http], rules: { ...action.rules, successes: 3 } },
  );
  expect(outputs.at(-1)).toMatchObject({ outcome: 'succeeded', detail: 'healthy after 0.5 s' });
});

it('says where nothing can be asked', async () => {
  const outputs = await wait(ioAt(up), { checks: [http] });
  expect(outputs.at(-1)).toMatchObject({
    outcome: 'failed',
    detail: 'no service of the release publishes a port on which /ok could be asked',
  });
});
