import { describe, expect, test } from 'vitest';
import type { Standing } from '#renderer/features/board/environment-standing.ts';
import {
  runningIn,
  seenNow,
  standingOf,
  worstService,
} from '#renderer/features/board/environment-standing.ts';
import { endedRuns, withoutRuns } from '#renderer/stores/current-board.ts';
import type { BoardEnvironment } from '#shared/domain/board.ts';
import { boardEnvironmentSchema, boardSchema } from '#shared/domain/board.ts';
import { stepPlace } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { foldRun } from '#shared/domain/run-reducer.ts';
import { ago, boardInput, promotionEvents, rows, running } from '#test/fakes/renderer/chatbot.ts';

const view: RunView = (() => {
  const folded = foldRun(promotionEvents);
  if (folded === undefined) throw new Error('the fixture changed');
  return folded;
})();
const [dev, staging] = boardInput.environments;
const { deployedBy: _, ...healthy } = dev as Record<string, unknown>;
const { lease: __, currentRun: ___, ...atRest } = staging as Record<string, unknown>;

function environment(changes: object = {}, base: object = healthy): BoardEnvironment {
  return boardEnvironmentSchema.parse({ ...base, ...changes });
}

function kindOf(
  of: BoardEnvironment,
  facts: { isObserved?: boolean; live?: RunView; lastSeen?: BoardEnvironment['observed'] } = {},
): Standing['kind'] {
  const { lastSeen } = facts;
  return standingOf({
    environment: of,
    live: facts.live,
    lastSeen: lastSeen?.kind === 'unreachable' ? undefined : lastSeen,
    isObserved: facts.isObserved ?? true,
  }).kind;
}

const unreachable = { kind: 'unreachable', at: ago(0), why: 'gone' };
const unobservable = { kind: 'unobservable', at: ago(0), why: 'a hook answers no questions' };
const hold = { reason: 'freeze', by: 'mo', at: ago(0) };
const lease = { ...(staging as { lease?: object } | undefined)?.lease };
const failed = { ...rows[3], environment: 'dev', kind: 'deploy' };
const drift = { what: 'Another image runs', changes: [] };
const sick = running('web', 'sha256:1', ago(0), 80, 'unhealthy');

const withPlace = ({ kind, why }: { kind: string; why: string }, health = 'healthy') => ({
  ...running('eu/web', 'sha256:1', ago(0), 80, health),
  places: [
    { kind: 'running', name: 'eu' },
    { kind, name: 'us', why },
  ],
});

describe('the most urgent thing is what an environment says', () => {
  const cases: readonly (readonly [name: string, environment: BoardEnvironment, Standing['kind']])[] = [
    ['healthy', environment(), 'healthy'],
    ['nothing deployed', environment({ state: undefined, observed: { kind: 'empty', at: 1 } }), 'empty'],
    ['starting', environment({ observed: running('web', 'sha256:1', 1, 80, 'starting') }), 'starting'],
    [
      'no health check',
      environment({ observed: running('web', 'sha256:1', 1, 80, 'unknown') }),
      'unknown-health',
    ],
    ['nobody can be asked', environment({ observed: unobservable }), 'unverified'],
    [
      'the last run could not be verified',
      environment({ observed: unobservable, failedRun: { ...failed, state: 'unverified' } }),
      'unverified',
    ],
    ['drift', environment({ drift }), 'drift'],
    ['a bad env file before drift', environment({ drift, problem: '.env.dev is missing' }), 'problem'],
    ['a failed run before both', environment({ drift, problem: 'x', failedRun: failed }), 'failed-run'],
    [
      'a run that was given up after drift',
      environment({ drift, failedRun: { ...failed, givenUp: { by: { name: 'mo', shell: 'cli' }, at: 1 } } }),
      'drift',
    ],
    [
      'but before it is called healthy',
      environment({ failedRun: { ...failed, givenUp: { by: { name: 'mo', shell: 'cli' }, at: 1 } } }),
      'failed-run',
    ],
    ['unhealthy before a failed run', environment({ failedRun: failed, observed: sick }), 'unhealthy'],
    [
      'stopped counts as unhealthy',
      environment({ observed: running('web', 'i', 1, 80, 'stopped') }),
      'unhealthy',
    ],
    ['unreachable before all that', environment({ failedRun: failed, observed: unreachable }), 'unreachable'],
    [
      'one of several places that is unreachable before a failed run',
      environment({ failedRun: failed, observed: withPlace(unreachable) }),
      'partly-unreachable',
    ],
    [
      'what is unhealthy before a place that is unreachable',
      environment({ observed: withPlace(unreachable, 'unhealthy') }),
      'unhealthy',
    ],
    [
      'one of several places that can never be asked',
      environment({ observed: withPlace(unobservable) }),
      'unverified',
    ],
    ['a hold before unreachable', environment({ hold, observed: unreachable }), 'on-hold'],
    ['a foreign lease before a hold', environment({ hold, lease }), 'leased'],
    [
      'a run before everything',
      environment({ hold, lease, currentRun: { ...rows[0], environment: 'dev' } }),
      'running',
    ],
    [
      'cancelled is nobody’s trouble',
      environment({ failedRun: { ...failed, state: 'cancelled' } }),
      'healthy',
    ],
  ];
  test.each(cases)('%s', (_name, of, expected) => {
    expect(kindOf(of)).toBe(expected);
  });
});

test('a run is shown from the live stream before the board knows of it', () => {
  expect(kindOf(environment({}, atRest), { live: view })).toBe('running');
});

test('a run that was seen to end is over, although the board still lags behind', () => {
  const board = boardSchema.parse(boardInput);
  const ended = endedRuns(board, new Map([[view.id, { ...view, state: 'succeeded' as const }]]));
  expect(ended).toEqual([218, 218]);
  const [, after] = withoutRuns(board, ended).environments;
  if (after === undefined) throw new Error('the fixture changed');
  expect([after.lease, after.currentRun]).toEqual([undefined, undefined]);
  expect(kindOf(after)).toBe('healthy');
  expect(endedRuns(board, new Map([[view.id, view]]))).toEqual([]);
});

test('only the run that works on this environment is its own', () => {
  const views = new Map([[view.id, view]]);
  const names = boardSchema.parse(boardInput).environments.map((each) => each.name);
  expect(names.map((name) => runningIn(name, views)?.id)).toEqual([undefined, 218, undefined]);
  expect(names[1] && runningIn(names[1], new Map([[view.id, { ...view, state: 'failed' }]]))).toBeUndefined();
});

test('before the targets were asked nothing is called unreachable', () => {
  const of = environment({ observed: { ...unreachable, why: 'not asked' } });
  expect(kindOf(of, { isObserved: false })).toBe('observing');
  expect(kindOf(of, { isObserved: false, lastSeen: environment().observed })).toBe('healthy');
});

test('an unreachable target keeps the facts it gave last', () => {
  const last = environment().observed;
  const of = environment({ observed: unreachable });
  expect(seenNow(of, last.kind === 'unreachable' ? undefined : last)).toBe(last);
  expect(kindOf(of, { lastSeen: last })).toBe('unreachable');
});

test('the service that is worst off speaks for all', () => {
  const service = (name: string, health: string, since: number) => ({
    name,
    imageId: 'i',
    imageRef: 'r',
    health,
    state: '',
    since,
    ports: [],
  });
  const of = (...services: object[]) =>
    worstService(environment({ observed: { kind: 'running', at: 1, services, settings: {} } }).observed)
      ?.name;
  expect(of(service('a', 'healthy', 1), service('b', 'starting', 1), service('c', 'unknown', 1))).toBe('b');
  expect(of(service('a', 'healthy', 1), service('b', 'healthy', 9))).toBe('b');
  expect(of()).toBeUndefined();
});

test.each([
  [0, 5, 1],
  [2, 5, 3],
  [5, 5, 5],
  [0, 0, 1],
])('%i of %i steps done is step %i', (stepsDone, stepsTotal, at) => {
  expect(stepPlace({ stepsDone, stepsTotal }).at).toBe(at);
});
