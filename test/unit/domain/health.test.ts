import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addProbes,
  checksOf,
  matches,
  nameOf,
  noAnswers,
  type Probe,
  type ProbeSeries,
  rulesOf,
  tally,
  watchOf,
} from '#shared/domain/health.ts';
import { workspaceConfigSchema } from '#shared/domain/workspace-config.ts';

function healthOf(health: object) {
  const { environments } = workspaceConfigSchema.parse({ environments: { dev: { health } } });
  const [dev] = Object.values(environments);
  if (dev === undefined) throw new Error('no environment');
  return dev.health;
}

const probe = (ok: boolean, at = 0): Probe => ({ at, ok, ms: 1, text: ok ? '200' : '503' });

const rules = { startPeriodMs: 100, successes: 2, failures: 2 };

test.each<[string, readonly [boolean, number][], string]>([
  ['one success of two', [[true, 0]], 'waiting'],
  ['two in a row', [[true, 0], [true, 1]], 'healthy'], // biome-ignore format: a row of answers
  ['two, not in a row', [[true, 0], [false, 1], [true, 2]], 'waiting'], // biome-ignore format: a row of answers
  ['failures while it starts', [[false, 0], [false, 50], [false, 99]], 'waiting'], // biome-ignore format: a row of answers
  ['failures after that', [[false, 99], [false, 100], [false, 101]], 'unhealthy'], // biome-ignore format: a row of answers
  ['failures while it starts, after a success', [[true, 0], [false, 1], [false, 2]], 'unhealthy'], // biome-ignore format: a row of answers
  ['a failure of one that was healthy', [[true, 0], [true, 1], [false, 2]], 'healthy'], // biome-ignore format: a row of answers
])('%s', (_name, answers, state) => {
  const end = answers.reduce(
    (before, [ok, at]) => tally(before, probe(ok, at), { ...rules, elapsedMs: at }),
    noAnswers,
  );
  expect(end.state).toBe(state);
  expect(end).toMatchObject({ total: answers.length, failed: answers.filter(([ok]) => !ok).length });
});

test('what is not written is as it was', () => {
  const health = healthOf({ http: '/ok' });
  expect(rulesOf(health)).toEqual({
    intervalMs: 500,
    startPeriodMs: 120_000,
    successes: 1,
    failures: 3,
    deadlineMs: 120_000,
  });
  expect(checksOf(health)).toEqual([{ kind: 'http', url: '/ok', status: [[200, 399]], timeoutMs: 5_000 }]);
  expect(watchOf(health)).toBeUndefined();
});

test('a watch asks every two seconds, and however long it is not more often than can be kept', () => {
  expect(watchOf(healthOf({ watch: '2m', failures: 5 }))).toEqual({
    forMs: 120_000,
    intervalMs: 2_000,
    failures: 5,
  });
  expect(watchOf(healthOf({ watch: { for: '24h', interval: '1s' } }))?.intervalMs).toBe(43_200);
  expect(watchOf(healthOf({ watch: '0s' }))).toBeUndefined();
});

test.each([
  { http: 'ftp://x' },
  { http: { url: '/ok', status: '200-' } },
  { http: { url: '/ok', body: '/(/' } },
  { tcp: 'nohost' },
  { tcp: 70_000 },
  { command: 'true' },
  { command: [] },
  { successes: 0 },
  { watch: '25h' },
])('%j is refused', (health) => {
  expect(() => healthOf(health)).toThrow();
});

test('a name shows neither a password nor a query', () => {
  const [check] = checksOf(healthOf({ http: 'https://me:pw@x.example/ok?token=1#a' }));
  expect(check && nameOf(check)).toBe('https://x.example/ok');
});

test('a text is looked for as it is, unless it stands between slashes', () => {
  expect(matches('a.c', 'abc')).toBe(false);
  expect(matches('/a.c/', 'xabcx')).toBe(true);
  expect(matches('/^ABC$/i', 'abc')).toBe(true);
});

test('however many answers there are, a chart keeps few, counts all and hides no failure', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 2_000 }),
      fc.integer({ min: 1, max: 50 }),
      (answers, size) => {
        let all: readonly ProbeSeries[] = [];
        for (let at = 0; at < answers.length; at += size) {
          const probes = answers.slice(at, at + size).map((ok, index) => probe(ok, at + index));
          all = addProbes(all, { step: 'watch', check: '/ok', probes });
        }
        const [series] = all;
        const failed = answers.filter((ok) => !ok).length;
        expect(series?.total ?? 0).toBe(answers.length);
        expect(series?.failed ?? 0).toBe(failed);
        expect(series?.samples.length ?? 0).toBeLessThanOrEqual(400);
        expect((series?.samples ?? []).reduce((sum, { count }) => sum + count, 0)).toBe(answers.length);
        expect((series?.samples ?? []).some(({ ok }) => !ok)).toBe(failed > 0);
      },
    ),
    { numRuns: 40 },
  );
});
