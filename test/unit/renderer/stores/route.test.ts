import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatRoute, parseRoute } from '#renderer/stores/routes/route.ts';

describe('parseRoute', () => {
  const cases: readonly (readonly [hash: string, expected: object])[] = [
    ['', { view: { kind: 'board' }, query: {} }],
    ['#/', { view: { kind: 'board' }, query: {} }],
    ['#/nowhere/at/all', { view: { kind: 'board' }, query: {} }],
    ['#/runs', { view: { kind: 'runs' }, query: {} }],
    ['#/runs/218', { view: { kind: 'run', runId: 218 }, query: {} }],
    ['#/runs/-1', { view: { kind: 'runs' }, query: {} }],
    ['#/runs/abc', { view: { kind: 'runs' }, query: {} }],
    ['#/history?q=reconnect', { view: { kind: 'history' }, query: { q: 'reconnect' } }],
    ['#/?w=w-1', { view: { kind: 'board' }, workspace: 'w-1', query: {} }],
    [
      '#/compare?left=dev&right=r-8f21c0&part=env',
      { view: { kind: 'compare', left: 'dev', right: 'r-8f21c0', part: 'env' }, query: {} },
    ],
    ['#/compare?left=dev', { view: { kind: 'board' }, query: {} }],
    [
      '#/runs/7?plan=promote:staging:prod',
      {
        view: { kind: 'run', runId: 7 },
        dialog: { kind: 'plan', run: 'promote', from: 'staging', to: 'prod' },
        query: {},
      },
    ],
    [
      '#/?plan=rollback:prod:r-5c09e4',
      {
        view: { kind: 'board' },
        dialog: { kind: 'plan', run: 'rollback', to: 'prod', release: 'r-5c09e4' },
        query: {},
      },
    ],
    ['#/?plan=promote:staging', { view: { kind: 'board' }, query: {} }],
    ['#/?plan=deploy:NOT%20A%20NAME', { view: { kind: 'board' }, query: {} }],
    ['#/?hold=prod', { view: { kind: 'board' }, dialog: { kind: 'hold', environment: 'prod' }, query: {} }],
    ['#/runs/7?retry=7', { view: { kind: 'run', runId: 7 }, dialog: { kind: 'retry', runId: 7 }, query: {} }],
    [
      '#/runs/7?tag=r-8f21c0',
      { view: { kind: 'run', runId: 7 }, dialog: { kind: 'git-tag', release: 'r-8f21c0' }, query: {} },
    ],
    ['#/?tag=v1.4.2', { view: { kind: 'board' }, query: {} }],
    ['#/releases?marked=r-8f21c0', { view: { kind: 'releases' }, query: { marked: 'r-8f21c0' } }],
    [
      '#/releases?push=r-8f21c0',
      { view: { kind: 'releases' }, dialog: { kind: 'push', release: 'r-8f21c0' }, query: {} },
    ],
    ['#/?push=latest', { view: { kind: 'board' }, query: {} }],
    [
      '#/?name=r-8f21c0',
      { view: { kind: 'board' }, dialog: { kind: 'name', release: 'r-8f21c0' }, query: {} },
    ],
    ['#/releases?adopt', { view: { kind: 'releases' }, dialog: { kind: 'adopt' }, query: {} }],
    ['#/releases?prune', { view: { kind: 'releases' }, dialog: { kind: 'prune' }, query: {} }],
    ['#/?open', { view: { kind: 'board' }, dialog: { kind: 'open-workspace' }, query: {} }],
  ];
  test.each(cases)('%s', (hash, expected) => {
    expect(parseRoute(hash)).toEqual(expected);
  });
});

test('an address that is written is read back as the same route', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
  const release = fc.stringMatching(/^r-[0-9a-f]{6}$/);
  const view = fc.oneof(
    fc.constant({ kind: 'board' }),
    fc.constant({ kind: 'runs' }),
    fc.constant({ kind: 'history' }),
    fc.constant({ kind: 'releases' }),
    fc.integer({ min: 1 }).map((runId) => ({ kind: 'run', runId })),
    fc.record({ kind: fc.constant('compare'), left: name, right: release }),
  );
  const dialog = fc.oneof(
    fc.constant(undefined),
    fc.record({ kind: fc.constant('plan'), run: fc.constant('promote'), from: name, to: name, release }),
    fc.record({ kind: fc.constant('plan'), run: fc.constantFrom('deploy', 'rollback'), to: name }),
    fc.record({ kind: fc.constant('lift'), environment: name }),
    fc.record({ kind: fc.constant('retry'), runId: fc.integer({ min: 1, max: 9_999 }) }),
    fc.record({ kind: fc.constantFrom('git-tag', 'push', 'name'), release }),
    fc.record({ kind: fc.constantFrom('adopt', 'prune') }),
  );
  const query = fc.dictionary(
    fc.stringMatching(/^q[a-z]{0,5}$/),
    fc.string({ minLength: 1, unit: 'binary' }).filter((text) => text.isWellFormed()),
  );
  fc.assert(
    fc.property(view, dialog, query, (someView, someDialog, someQuery) => {
      const route = {
        view: someView,
        ...(someDialog === undefined ? {} : { dialog: someDialog }),
        query: { ...someQuery },
      };
      // Brands only: the generated names fit their schemas.
      expect(parseRoute(formatRoute(route as never))).toEqual(route);
    }),
  );
});
