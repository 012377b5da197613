import { describe, expect, it } from 'vitest';
import type { HealthAction } from '#main/core/health/action.ts';
import { checkHealth } from '#main/core/health/check-health.ts';
import { reachOf } from '#main/core/health/reach.ts';
import { watch } from '#main/core/health/watch.ts';
import { beginWatch, type WatchLook, type WatchWish, watchOn } from '#main/core/health/watch-state.ts';
import type { Io, StepOutput } from '#main/core/ports.ts';
import type { HealthCheck, Probe } from '#shared/domain/health.ts';
import type { Observed, ObservedService } from '#shared/domain/observed.ts';

const http = { kind: 'http', url: '/ok', status: [[200, 399]], timeoutMs: 5_000 } satisfies HealthCheck;
const wish: WatchWish = {
  environment: 'prod',
  checks: [http],
  identity: { compares: 'image-id', ids: new Set(['sha256:new']) },
  envFingerprint: 'e1',
  failures: 3,
};

function service(changes: Partial<ObservedService> = {}): ObservedService {
  return {
    name: 'web',
    imageId: 'sha256:new',
    imageRef: 'shop:r-1a2b3c',
    releaseLabel: 'r-1a2b3c',
    envLabel: 'e1',
    health: 'healthy',
    state: 'running',
    since: 1,
    ports: ['127.0.0.1:8080->80/tcp'],
    ...changes,
  };
}

function running(...services: readonly ObservedService[]): Observed {
  return { kind: 'running', at: 0, services, settings: {} } as Observed;
}

function withoutUs(one: ObservedService): Observed {
  const places = [
    { kind: 'running' as const, name: 'eu' },
    { kind: 'unreachable' as const, name: 'us', why: 'off' },
  ];
  return { kind: 'running', at: 0, services: [one], settings: {}, places };
}

const well = running(service());
const good = { ok: true, text: '200' };
const bad = { ok: false, text: '503' };

function look(seen: Observed, answer?: Omit<Probe, 'at' | 'ms'>): WatchLook {
  return { at: 0, seen, seenMs: 2, probes: [answer === undefined ? undefined : { at: 0, ms: 1, ...answer }] };
}

function lostAfter(looks: readonly WatchLook[], changes: Partial<WatchWish> = {}) {
  const wished = { ...wish, ...changes };
  let state = beginWatch(wished);
  for (const [index, one] of looks.entries()) {
    state = watchOn(state, one, wished);
    if (state.lost !== undefined) return { at: index + 1, why: state.lost.why };
  }
  return undefined;
}

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

describe('what loses health while it is watched', () => {
  it.each<[string, WatchLook[], { at: number; why: string } | undefined]>([
    ['good answers do not', times(9, look(well, good)), undefined],
    [
      'two bad ones between good ones do not',
      [bad, bad, good, bad, bad, good].map((a) => look(well, a)),
      undefined,
    ],
    [
      'three bad ones in a row',
      [good, bad, bad, bad].map((a) => look(well, a)),
      { at: 4, why: 'prod answers 503 on /ok, 3 times in a row' },
    ],
    [
      'nowhere to ask any more',
      times(3, look(well)),
      { at: 3, why: 'prod does not answer on /ok (nothing says where to ask), 3 times in a row' },
    ],
    [
      'a service that is unhealthy by its own check',
      times(3, look(running(service({ health: 'unhealthy' })), good)),
      { at: 3, why: 'web is unhealthy, 3 times in a row' },
    ],
    [
      'nothing that runs',
      times(3, look({ kind: 'empty', at: 0 }, good)),
      { at: 3, why: 'nothing runs in prod any more, 3 times in a row' },
    ],
    [
      'another image, at once',
      [look(well, good), look(running(service({ imageId: 'sha256:other' })), good)],
      { at: 2, why: 'web runs another image, other' },
    ],
    [
      'another env, at once',
      [look(running(service({ envLabel: 'e2' })), good)],
      { at: 1, why: 'web runs with another env' },
    ],
    [
      'a service that comes up again and again, healthy each time',
      [1, 2, 3, 4, 5, 6, 7].map((since) => look(running(service({ since })), good)),
      { at: 6, why: 'web keeps restarting, 3 times in a row' },
    ],
    [
      'a place that does not answer does not',
      times(9, look({ kind: 'unreachable', at: 0, why: 'off' }, good)),
      undefined,
    ],
    [
      'one of several places that does not answer does not',
      times(9, look(withoutUs(service({ name: 'eu/web' })), good)),
      undefined,
    ],
    [
      'but another of them that is unhealthy',
      times(3, look(withoutUs(service({ name: 'eu/web', health: 'unhealthy' })), good)),
      { at: 3, why: 'eu/web is unhealthy, 3 times in a row' },
    ],
    [
      'nor one that cannot be asked',
      times(9, look({ kind: 'unobservable', at: 0, why: 'by nature' }, good)),
      undefined,
    ],
    [
      'what had ended by itself before does not, although it stays so',
      times(
        9,
        look(running(service(), service({ name: 'migrate', health: 'stopped', state: 'exited (0)' })), good),
      ),
      undefined,
    ],
    [
      'what ends by itself later does',
      [
        look(well, good),
        ...times(3, look(running(service({ health: 'stopped', state: 'exited (0)' })), good)),
      ],
      { at: 4, why: 'web is stopped, 3 times in a row' },
    ],
  ])('%s', (_name, looks, expected) => {
    expect(lostAfter(looks)).toEqual(expected);
  });

  it('a database beside it is not ours', () => {
    const { releaseLabel: _, ...other } = service({ name: 'db', imageId: 'sha256:db', health: 'unhealthy' });
    expect(lostAfter(times(9, look(running(service(), other), good)))).toBeUndefined();
  });
});

function io(answerAt: (ms: number) => Omit<Probe, 'at' | 'ms'>, signal = new AbortController().signal) {
  let now = 0;
  const clock: Io['clock'] = {
    now: () => now,
    monotonic: () => now,
    async sleep(ms, abort) {
      now += ms;
      abort?.throwIfAborted();
    },
  };
  return { clock, signal, probe: async () => ({ at: now, ms: 1, ...answerAt(now) }) };
}

async function outputsOf(outputs: AsyncIterable<StepOutput>): Promise<StepOutput[]> {
  const all: StepOutput[] = [];
  for await (const output of outputs) all.push(output);
  return all;
}

const action = { core: 'watch', checks: [http], forMs: 60_000, intervalMs: 2_000, failures: 3 } as const;

it('says what it could not see, where one of several places does not answer', () => {
  const seen = withoutUs(service({ name: 'eu/web' }));
  expect(watchOn(beginWatch(wish), look(seen, good), wish).unknown).toBe('us: off');
  expect(watchOn(beginWatch(wish), look(well, good), wish).unknown).toBeUndefined();
});

async function watched(io_: ReturnType<typeof io>, seen: Observed = well, forMs: number = action.forMs) {
  return outputsOf(
    watch({ ...action, checks: [http], forMs } satisfies HealthAction, {
      wish,
      io: io_,
      observe: async () => seen,
      signIn: async () => ({}),
      async *lastWords() {
        yield { kind: 'line', source: 'web', level: 'out', text: 'bye' };
      },
    }),
  );
}

describe('the step that watches', () => {
  it('ends when the time is over', async () => {
    const outputs = await watched(io(() => good));
    expect(outputs.at(-1)).toEqual({
      kind: 'end',
      outcome: 'succeeded',
      detail: 'healthy for 1 min, all of 62 answers good',
    });
  });

  it('lasts as long as it should while the clock is set', async () => {
    const asked = io(() => good);
    let jumps = 0;
    const clock = { ...asked.clock, now: () => 3_600_000 * jumps++ };
    expect((await watched({ ...asked, clock })).at(-1)).toMatchObject({
      detail: 'healthy for 1 min, all of 62 answers good',
    });
  });

  it('fails as soon as health is lost, with what was said last', async () => {
    const outputs = await watched(io((ms) => (ms < 10_000 ? good : bad)));
    expect(outputs.slice(-2)).toMatchObject([
      { kind: 'line', text: 'bye' },
      {
        outcome: 'failed',
        detail: 'health was lost after 14 s: prod answers 503 on /ok, 3 times in a row',
      },
    ]);
    expect(outputs).toContainEqual({ kind: 'progress', text: 'prod answers 503 on /ok (2 of 3)' });
  });

  it('is ended by a person without taking anything back', async () => {
    const cancel = new AbortController();
    const outputs = await watched(
      io((ms) => {
        if (ms === 20_000) cancel.abort();
        return good;
      }, cancel.signal),
    );
    expect(outputs.at(-1)).toMatchObject({
      outcome: 'succeeded',
      detail: 'watching stopped by hand after 20 s of 1 min, all of 20 answers good',
    });
  });

  it('writes few events of a long time, and all of its answers', async () => {
    const outputs = await watched(
      io((ms) => (ms === 7_200_000 ? bad : good)),
      well,
      14_400_000,
    );
    const probed = outputs.flatMap((output) =>
      output.kind === 'probed' && output.check === '/ok' ? [output] : [],
    );
    expect(probed.length).toBeLessThan(310);
    expect(probed.flatMap(({ probes }) => probes)).toHaveLength(7_201);
    expect(probed.filter(({ probes }) => probes.at(-1)?.ok === false)).toHaveLength(1);
  });
});

describe('the step that checks health for a target that does not', () => {
  const rules = { intervalMs: 500, startPeriodMs: 10_000, successes: 2, failures: 3, deadlineMs: 10_000 };
  const check = (io_: ReturnType<typeof io>, changes: Partial<typeof rules> = {}) =>
    outputsOf(
      checkHealth(
        { core: 'check-health', checks: [http], rules: { ...rules, ...changes } },
        {
          environment: 'prod',
          io: io_,
          observe: async () => well,
          reach: (seen) => reachOf(seen, wish.identity),
          signIn: async () => ({}),
        },
      ),
    );

  it('wants answers in a row', async () => {
    const outputs = await check(io((ms) => (ms === 0 || ms >= 1_000 ? good : bad)));
    expect(outputs.at(-1)).toMatchObject({ outcome: 'succeeded', detail: 'healthy after 2 s' });
  });

  it('ends at the deadline', async () => {
    expect((await check(io(() => bad))).at(-1)).toMatchObject({
      outcome: 'failed',
      detail: 'not healthy within 10 s: prod answers 503 on /ok',
    });
  });

  it('ends sooner after the start period', async () => {
    const outputs = await check(
      io(() => bad),
      { startPeriodMs: 2_000 },
    );
    expect(outputs.at(-1)).toMatchObject({ outcome: 'failed', detail: 'prod answers 503 on /ok' });
    expect(outputs.filter(({ kind }) => kind === 'probed')).toHaveLength(7);
  });
});

describe('where a place serves', () => {
  it.each([
    [
      'its address, without the slash at its end',
      { address: 'https://x.example/' },
      undefined,
      'https://x.example',
    ],
    ['what it publishes', {}, undefined, 'http://127.0.0.1:8080'],
    ['a port inside', {}, 80, 'http://127.0.0.1:8080'],
    ['a port that is not published', {}, 81, undefined],
    ['another port of the address', { address: 'https://x.example' }, 5432, 'https://x.example:5432'],
  ])('%s', (_name, facts, port, address) => {
    expect(reachOf({ ...well, ...facts } as Observed, wish.identity)(port)).toBe(address);
  });
});
