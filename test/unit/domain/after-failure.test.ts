import { describe, expect, test } from 'vitest';
import {
  type AfterFailure,
  afterFailureIn,
  choicesAfter,
  retryPoints,
  stepsOfRetry,
} from '#shared/domain/after-failure.ts';
import type { BoardEnvironment } from '#shared/domain/board.ts';
import type { StepView } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';

type Changes = Partial<StepView>;

function step(id: string, state: StepView['state'], changes: Changes = {}): StepView {
  const isBegun = state !== 'not-yet' && state !== 'skipped';
  return {
    id,
    title: id.toUpperCase(),
    detail: '',
    repeatable: true,
    changes: false,
    isRollback: false,
    state,
    text: '',
    ...(isBegun ? { startedAt: 1 } : {}),
    ...changes,
  };
}

const change = { changes: true };
const wentBack = { changes: true, isRollback: true };
const once = { changes: true, repeatable: false };
const steps = (...list: readonly StepView[]) => list;
const failedWait = steps(
  step('find', 'succeeded'),
  step('start', 'succeeded', change),
  step('wait', 'failed'),
  step('verify', 'skipped'),
);

function view(changes: object = {}): RunView {
  const facts = { id: 12, kind: 'deploy', environment: 'prod', release: 'r-bbbbbb', state: 'failed' };
  return { ...facts, steps: failedWait, ...changes } as unknown as RunView;
}

function now(changes: object = {}): AfterFailure {
  const facts = { name: 'prod', confirm: 'click', state: { release: 'r-aaaaaa' }, newestRun: 12 };
  return { ...facts, ...changes } as unknown as AfterFailure;
}

describe('after a run that did not end well', () => {
  test('it can go on, go back, or be left', () => {
    const points = ['wait', 'start', 'find'].map((id) => ({ step: id, title: id.toUpperCase() }));
    expect(choicesAfter(view(), now())).toEqual([
      { kind: 'retry', from: points[0], points },
      { kind: 'roll-back', release: 'r-aaaaaa' },
      { kind: 'leave' },
    ]);
  });

  test.each<[string, object, object, string[]]>([
    ['one that goes on', { state: 'running' }, {}, []],
    ['one that succeeded', { state: 'succeeded' }, {}, []],
    ['one that went back', { state: 'rolled-back' }, {}, []],
    ['one that nobody can verify', { state: 'unverified' }, {}, []],
    ['one of another environment', { environment: 'dev' }, {}, []],
    ['a build', { kind: 'build', environment: undefined }, {}, []],
    ['one that was given up', { givenUp: { by: { name: 'mo', shell: 'cli' }, at: 9 } }, {}, []],
    ['one where nothing ran before', {}, { state: undefined }, ['retry', 'leave']],
    [
      'one that changed nothing',
      { steps: steps(step('find', 'failed'), step('start', 'skipped', change)) },
      {},
      ['retry', 'leave'],
    ],
    [
      'a retry that changed nothing itself',
      { steps: steps(step('wait', 'failed')), retryOf: 11 },
      {},
      ['retry', 'roll-back', 'leave'],
    ],
    ['one that was cancelled', { state: 'cancelled' }, {}, ['retry', 'roll-back', 'leave']],
    [
      'one that was cancelled and went back',
      { state: 'cancelled', steps: [...failedWait, step('back-start', 'succeeded', wentBack)] },
      {},
      ['retry', 'leave'],
    ],
    [
      'one that could not go back',
      { state: 'failed', steps: [...failedWait, step('back-start', 'failed', wentBack)] },
      {},
      ['retry', 'roll-back', 'leave'],
    ],
    ['one that left what ran before', { keeps: 'before' }, {}, ['retry', 'leave']],
    ['one that was interrupted', { state: 'interrupted' }, {}, ['retry', 'roll-back', 'leave']],
  ])('%s', (_what, run, environment, kinds) => {
    expect(choicesAfter(view(run), now(environment)).map(({ kind }) => kind)).toEqual(kinds);
  });

  test.each<[string, object, object, object]>([
    [
      'somebody works there',
      {},
      { lease: { runId: 13 } },
      { retry: 'Leased to run 13', 'roll-back': 'Leased to run 13' },
    ],
    ['a run was there since', {}, { newestRun: 14 }, { retry: 'Run 14 was in prod since' }],
    ['the board lags behind', {}, { newestRun: 9 }, {}],
    ['it is held', {}, { hold: { reason: 'freeze' } }, { retry: 'prod is on hold' }],
    ['it is held, and the run goes back', { kind: 'rollback' }, { hold: { reason: 'freeze' } }, {}],
  ])('is refused where it must be: %s', (_what, run, environment, why) => {
    const refused = choicesAfter(view(run), now(environment)).filter((choice) => choice.why !== undefined);
    expect(Object.fromEntries(refused.map((choice) => [choice.kind, choice.why]))).toEqual(why);
  });

  test('what was lost while it was watched goes back to what ran before it', () => {
    const lost = { leaves: { release: 'r-bbbbbb' }, previousRelease: 'r-aaaaaa' };
    const [, back] = choicesAfter(view(lost), now({ state: { release: 'r-bbbbbb' } }));
    expect(back).toEqual({ kind: 'roll-back', release: 'r-aaaaaa' });
  });

  test('a board tells of its newest run', () => {
    const newestRun = (facts: object) => afterFailureIn(facts as unknown as BoardEnvironment).newestRun;
    expect(newestRun({ failedRun: { id: 3 }, state: { runId: 2 } })).toBe(3);
    expect(newestRun({ currentRun: { id: 4 }, state: { runId: 2 } })).toBe(4);
    expect(newestRun({ state: { runId: 2 } })).toBe(2);
  });
});

describe('a retry begins', () => {
  test.each<[string, readonly StepView[], string[]]>([
    ['at what failed, or before it', failedWait, ['wait', 'start', 'find']],
    [
      'at what was never sent, be it repeatable or not',
      steps(step('find', 'failed'), step('send', 'skipped', once)),
      ['find'],
    ],
    [
      'not before what was done and must not be done twice',
      steps(step('find', 'succeeded'), step('send', 'succeeded', once), step('wait', 'errored')),
      ['wait'],
    ],
    [
      'at what may be sent once, where the answer was no',
      steps(step('find', 'succeeded'), step('send', 'failed', once)),
      ['send', 'find'],
    ],
    [
      'nowhere where it may have been sent already',
      steps(step('find', 'succeeded'), step('send', 'errored', once), step('wait', 'skipped')),
      [],
    ],
    ['nowhere where a cancel came too late to know', steps(step('send', 'cancelled', once)), []],
    [
      'at the first change, where going back undid it',
      [...failedWait, step('back-start', 'failed', { ...change, isRollback: true })],
      ['start', 'find'],
    ],
    ['nowhere where all is proved', steps(step('find', 'succeeded')), []],
  ])('%s', (_where, list, ids) => {
    expect(retryPoints({ steps: list }).map((point) => point.step)).toEqual(ids);
  });

  test('at the first change, where what it had started was taken away as it stopped', () => {
    const points = retryPoints({ steps: failedWait, keeps: 'before' });
    expect(points.map((point) => point.step)).toEqual(['start', 'find']);
    expect(retryPoints({ steps: failedWait, keeps: 'release' })[0]?.step).toBe('wait');
  });

  test('and does every step from there on, but none of going back', () => {
    const list = [...failedWait, step('back-start', 'skipped', { isRollback: true })];
    expect(stepsOfRetry({ steps: list }, 'start')).toEqual(['start', 'wait', 'verify']);
    expect(stepsOfRetry({ steps: list }, 'verify')).toBeUndefined();
    expect(stepsOfRetry({ steps: list }, 'back-start')).toBeUndefined();
  });

  test('a step that must not be sent twice is said to be the reason', () => {
    const stuck = view({ steps: steps(step('send', 'errored', once)) });
    expect(choicesAfter(stuck, now())[0]).toEqual({
      kind: 'retry',
      from: { step: 'send', title: 'SEND' },
      points: [],
      why: 'How “SEND” ended is not known, and it must not be sent twice',
    });
  });
});
