import { expect, test } from 'vitest';
import { hasArrived } from '#main/core/arrival.ts';
import type { Observed, ObservedService } from '#shared/domain/observed.ts';
import type { StepView } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { sampleImageId, sampleSummary } from './samples.ts';

function step(id: string, changes: boolean, state: StepView['state']): StepView {
  return { id, title: id, detail: '', repeatable: true, changes, isRollback: false, state, text: '' };
}

const started = [step('find', false, 'succeeded'), step('start', true, 'succeeded')];

/** Of a run, what its end is judged by. */
function killed(changes: Partial<RunView>): RunView {
  const view = {
    plan: { release: sampleSummary('b') },
    envSnapshot: 'e-1',
    isCancelRequested: false,
    steps: [...started, step('wait', false, 'errored')],
    ...changes,
  };
  return view as unknown as RunView;
}

const healthy: ObservedService = {
  name: 'web',
  imageId: sampleImageId('b'),
  imageRef: 'chatbot:r-bbbbbb',
  releaseLabel: 'r-bbbbbb',
  envLabel: 'e-1',
  health: 'healthy',
  state: 'running',
  ports: [],
};
const running = (...services: readonly ObservedService[]): Observed => ({
  kind: 'running',
  at: 0,
  services: [...services],
  settings: {},
});

const proved = { steps: [...started, step('wait', false, 'succeeded'), step('verify', false, 'errored')] };

const watched = (state: StepView['state']): Partial<RunView> => {
  const begun = state === 'not-yet' ? {} : { startedAt: 1 };
  const watch = { ...step('watch', false, state), ...begun, lastsMs: 60_000 };
  return { steps: [...started, step('wait', false, 'succeeded'), watch] };
};

test.each<[string, Partial<RunView>, Observed, boolean, boolean]>([
  ['everything as wished', {}, running(healthy), false, true],
  [
    'a database beside it is not ours to judge',
    {},
    running(healthy, {
      ...healthy,
      name: 'db',
      imageId: sampleImageId('d'),
      releaseLabel: undefined,
    } as unknown as ObservedService),
    false,
    true,
  ],
  ['another image', {}, running({ ...healthy, imageId: sampleImageId('a') }), false, false],
  [
    'one of two still on another image',
    {},
    running(healthy, { ...healthy, name: 'api', imageId: sampleImageId('a') }),
    false,
    false,
  ],
  ['the wished image with the env of before', {}, running({ ...healthy, envLabel: 'e-0' }), false, false],
  ['still starting', {}, running({ ...healthy, health: 'starting' }), false, false],
  ['no health check to go by', {}, running({ ...healthy, health: 'unknown' }), false, false],
  ['nothing runs', {}, { kind: 'empty', at: 0 }, false, false],
  ['nothing of ours runs', {}, running(), false, false],
  ['it was being cancelled', { isCancelRequested: true }, running(healthy), false, false],
  ['it was going back', { rollbackReason: 'unhealthy' }, running(healthy), false, false],
  [
    'it was watched and stays healthy, as far as can be told',
    watched('errored'),
    running({ ...healthy, health: 'unknown' }),
    true,
    true,
  ],
  [
    'a person had stopped the watch',
    { ...watched('running'), isCancelRequested: true },
    running(healthy),
    true,
    true,
  ],
  ['it was lost while it was watched', watched('failed'), running(healthy), true, false],
  [
    'it was cancelled before it was watched',
    { ...watched('not-yet'), isCancelRequested: true },
    running(healthy),
    true,
    false,
  ],
  ['health over HTTP was never seen', {}, running(healthy), true, false],
  [
    'the place was content, and the core had not asked yet',
    { steps: [...proved.steps, step('check-health', false, 'not-yet')] },
    running(healthy),
    true,
    false,
  ],
  [
    'the core had asked before names moved',
    { steps: [...started, step('check-health', false, 'succeeded'), step('tags', true, 'errored')] },
    running(healthy),
    true,
    true,
  ],
  ['health over HTTP had been seen', proved, running(healthy), true, true],
])('%s', (_name, changes, observed, asksHttp, expected) => {
  const identity = { compares: 'image-id', ids: new Set([sampleImageId('b')]) } as const;
  expect(hasArrived(killed(changes), observed, asksHttp, identity)).toBe(expected);
});

test('a place that compares digests has no labels and no env', () => {
  const identity = { compares: 'digest', ids: new Set(['sha256:d']) } as const;
  const { releaseLabel: _label, envLabel: _env, ...tag } = healthy;
  const at = (imageId: string) => hasArrived(killed({}), running({ ...tag, imageId }), false, identity);
  expect([at('sha256:d'), at('sha256:e')]).toEqual([true, false]);
});
