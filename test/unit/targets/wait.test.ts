import { expect, it } from 'vitest';
import type { Io, StepOutput } from '#main/core/ports.ts';
import { healthUrl, waitUntilHealthy } from '#main/targets/compose/wait.ts';
import { container } from './containers.ts';
import { ioAt } from './io.ts';

const action = {
  kind: 'wait',
  project: 'shop-dev',
  release: 'r-1a2b3c',
  intervalMs: 100,
  deadlineMs: 5_000,
} as const;

async function wait(io: Io): Promise<StepOutput[]> {
  const outputs: StepOutput[] = [];
  for await (const output of waitUntilHealthy(action, io)) outputs.push(output);
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
  ['on the published port', [port('127.0.0.1', 18081)], 'http://127.0.0.1:18081/ok'],
  [
    'on loopback where it is published everywhere',
    [port('0.0.0.0', 80), port('::', 80)],
    'http://127.0.0.1:80/ok',
  ],
  ['on another address of this machine', [port('192.168.1.5', 80)], 'http://192.168.1.5:80/ok'],
  ['on IPv6 alone', [port('::1', 80)], 'http://[::1]:80/ok'],
  ['on the first port inside', [port('', 81, 9000), port('', 82, 8080)], 'http://127.0.0.1:82/ok'],
  ['not on UDP', [port('', 81, 53, 'udp')], undefined],
  ['nowhere', [], undefined],
])('a path is asked %s', (_name, ports, url) => {
  expect(healthUrl('/ok', [container({ ports })])).toBe(url);
});

it('a whole URL is asked as it is', () => {
  expect(healthUrl('https://x.example/ok', [])).toBe('https://x.example/ok');
});
