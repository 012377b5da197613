import { expect, test } from 'vitest';
import { planHealthCheck, planWatch } from '#main/core/health/plan.ts';
import type { Observed } from '#shared/domain/observed.ts';
import { workspaceConfigSchema } from '#shared/domain/workspace-config.ts';

function healthOf(health: object) {
  const { environments } = workspaceConfigSchema.parse({ environments: { dev: { health } } });
  const [dev] = Object.values(environments);
  if (dev === undefined) throw new Error('no environment');
  return dev.health;
}

const running: Observed = { kind: 'running', at: 0, services: [], settings: {} };
const blind: Observed = { kind: 'unobservable', at: 0, why: 'by nature' };
const tag = { ownTag: () => 'live' };

test('a target that asks itself gets no second check, and nothing to ask is no step', () => {
  const health = healthOf({ http: '/ok' });
  expect(planHealthCheck(health, { checksHealth: true })).toEqual([]);
  expect(planHealthCheck(healthOf({}), {})).toEqual([]);
  expect(planHealthCheck(health, {})).toMatchObject([
    { id: 'check-health', detail: '/ok answers', changes: false, repeatable: true },
  ]);
});

test('a name in a registry serves nowhere: what has no address of its own is not asked there', () => {
  const health = healthOf({ http: '/ok', tcp: 80, command: ['./smoke.sh'], watch: '1m' });
  expect(planHealthCheck(health, tag)).toMatchObject([{ detail: 'smoke.sh exits with 0' }]);
  expect(planWatch(health, tag, 'deploy', running)).toMatchObject([
    { detail: 'for 1 min: what runs stays and is healthy, smoke.sh exits with 0' },
  ]);
});

test('of several places each is asked what is asked where it serves, and everything else once', () => {
  const health = healthOf({ http: '/ok', tcp: 80, command: ['./smoke.sh'], watch: '1m' });
  const both = ['eu', 'us'];
  expect(planHealthCheck(health, {}, both)).toMatchObject([
    {
      detail: [
        'eu /ok answers',
        'us /ok answers',
        'eu tcp 80 accepts connections',
        'us tcp 80 accepts connections',
        'smoke.sh exits with 0',
      ].join(' and '),
    },
  ]);
  expect(planWatch(health, {}, 'deploy', running, both)).toMatchObject([
    { detail: expect.stringContaining('is healthy, eu /ok answers, us /ok answers, eu tcp 80') },
  ]);
  const elsewhere = healthOf({ http: 'https://x.example/ok', tcp: 'db:5432' });
  expect(planHealthCheck(elsewhere, {}, both)).toMatchObject([
    { detail: 'https://x.example/ok answers and tcp db:5432 accepts connections' },
  ]);
});

test('a watch is for what arrives, where it was asked for and something can be asked', () => {
  const health = healthOf({ watch: '90s' });
  expect(planWatch(health, {}, 'promote', running)).toMatchObject([
    {
      id: 'watch',
      lastsMs: 90_000,
      changes: false,
      detail: 'for 1 min 30 s: what runs stays and is healthy',
    },
  ]);
  expect(planWatch(health, {}, 'rollback', running)).toEqual([]);
  expect(planWatch(healthOf({}), {}, 'deploy', running)).toEqual([]);
  expect(planWatch(health, {}, 'deploy', blind)).toEqual([]);
  expect(planWatch(healthOf({ watch: '90s', http: 'https://x.example' }), {}, 'deploy', blind)).toMatchObject(
    [{ detail: 'for 1 min 30 s: https://x.example answers' }],
  );
});
