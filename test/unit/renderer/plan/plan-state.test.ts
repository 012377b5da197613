import { describe, expect, test } from 'vitest';
import { holderOf, nowOf } from '#renderer/features/plan/holder.ts';
import type { PlanState } from '#renderer/features/plan/plan-state.ts';
import {
  aroundPlan,
  footOf,
  onFailureSentence,
  planTitle,
  reducePlan,
  startLabel,
  whyNot,
} from '#renderer/features/plan/plan-state.ts';
import type { Trouble } from '#renderer/transport/trouble.ts';
import { environmentNameSchema, runIdSchema } from '#shared/domain/ids.ts';
import type { Plan, PlanRequest } from '#shared/domain/plan.ts';
import { foldRun } from '#shared/domain/run-reducer.ts';
import { chatbot, promotionEvents } from '#test/fakes/renderer/chatbot.ts';
import { journeys } from '#test/fakes/renderer/journeys.ts';

const quiet = { isUnconfirmed: false, isOvertaken: false };
const prod = environmentNameSchema.parse('prod');

function plan(scenario: string, kind: PlanRequest['kind'] = 'promote'): Plan {
  const data = journeys[scenario]?.().data;
  const made = data?.plan?.({ workspaceId: data.workspace.id, kind, to: prod });
  if (made === undefined) throw new Error(`no plan in ${scenario}`);
  return made;
}

const trouble = (code: Trouble['code']): Trouble => ({ code, message: 'No.', hint: 'Wait.', problems: [] });
const planned = { phase: 'planned', plan: plan('plan-ready') } satisfies PlanState;
const staging = chatbot().board.environments.find((each) => each.name === 'staging');
const run = staging?.currentRun;
if (staging === undefined || run === undefined) throw new Error('nothing has staging');

describe('where the dialog stands', () => {
  test('a plan that was shown stays while another is made, and when that fails', () => {
    const planning = reducePlan(planned, { kind: 'asked' });
    expect(planning).toEqual({ phase: 'planning', plan: planned.plan });
    expect(reducePlan(planning, { kind: 'ask-failed', trouble: trouble('image-gone') }).plan).toBe(
      planned.plan,
    );
  });

  test('a stale answer is a state of its own; every other refusal leaves the plan to be started again', () => {
    const starting = reducePlan(planned, { kind: 'start-asked' });
    expect(starting.phase).toBe('starting');
    expect(reducePlan(starting, { kind: 'start-failed', trouble: trouble('plan-stale') }).phase).toBe(
      'stale',
    );
    expect(reducePlan(starting, { kind: 'start-failed', trouble: trouble('ledger-busy') })).toMatchObject({
      phase: 'planned',
      refusal: { code: 'ledger-busy' },
    });
  });
});

describe('while another run has the environment', () => {
  const waiting: PlanState = { phase: 'waiting', run };

  test('it waits, and shows no plan from before', () => {
    const states: readonly PlanState[] = [
      { phase: 'planning', plan: planned.plan },
      planned,
      { phase: 'stale', plan: planned.plan },
    ];
    for (const state of states) expect(reducePlan(state, { kind: 'held', run })).toEqual(waiting);
    expect(reducePlan(planned, { kind: 'held' })).toEqual({ phase: 'waiting' });
  });

  test('neither the run that is being started is waited for, nor is an error taken away', () => {
    const starting: PlanState = { phase: 'starting', plan: planned.plan };
    const failed: PlanState = { phase: 'not-planned', trouble: trouble('image-gone') };
    for (const state of [starting, failed]) expect(reducePlan(state, { kind: 'held', run })).toBe(state);
  });

  test('a start that came too late waits as well', () => {
    const starting: PlanState = { phase: 'starting', plan: planned.plan };
    expect(reducePlan(starting, { kind: 'start-failed', trouble: trouble('environment-busy') })).toEqual({
      phase: 'waiting',
    });
  });

  test('its end leads to a new plan, and that only to be looked at', () => {
    const freed = reducePlan(waiting, { kind: 'freed' });
    expect(freed).toEqual({ phase: 'planning', hasWaited: true });
    const came = reducePlan(freed, { kind: 'answered', plan: planned.plan });
    expect(came).toEqual({ phase: 'planned', plan: planned.plan, hasWaited: true });
    const byHand = reducePlan(reducePlan(came, { kind: 'asked' }), { kind: 'answered', plan: planned.plan });
    expect(byHand).toEqual(planned);
  });

  test('held again before the plan came, or once it is there, it waits again', () => {
    const next = { ...run, id: runIdSchema.parse(219) };
    const freed = reducePlan(waiting, { kind: 'freed' });
    expect(reducePlan(freed, { kind: 'held' })).toEqual({ phase: 'waiting' });
    const came = reducePlan(freed, { kind: 'answered', plan: planned.plan });
    expect(reducePlan(came, { kind: 'held', run: next })).toEqual({ phase: 'waiting', run: next });
    expect(reducePlan(waiting, { kind: 'held', run: next })).toEqual({ phase: 'waiting', run: next });
  });

  test('a look that finds nothing new changes nothing; a word that comes late neither', () => {
    expect(reducePlan(waiting, { kind: 'held' })).toBe(waiting);
    expect(reducePlan(waiting, { kind: 'held', run: { ...run, by: { ...run.by } } })).toEqual(waiting);
    expect(reducePlan(waiting, { kind: 'asked' })).toBe(waiting);
    expect(reducePlan(planned, { kind: 'freed' })).toBe(planned);
  });

  test('the foot says for what, and nothing can be started', () => {
    expect(footOf(waiting, 'promote', quiet)).toMatchObject({
      state: 'leased',
      word: 'Waiting',
      text: 'for the end of run 218',
      primary: 'start',
      isOpen: false,
    });
    expect(footOf({ phase: 'waiting' }, 'promote', quiet)).toMatchObject({ text: 'for another run' });
  });
});

describe('who has it', () => {
  test('by the lease where it is that run’s, else by the run itself: the board is a moment behind', () => {
    expect(holderOf(staging, undefined)).toEqual({
      runId: 218,
      by: staging.lease?.by,
      pid: 40512,
      reason: 'promote r-8f21c0',
      since: staging.lease?.takenAt,
    });
    expect(holderOf(staging, run)).toEqual(holderOf(staging, undefined));
    const next = { ...run, id: runIdSchema.parse(219), by: { name: 'jl', shell: 'cli' } as const };
    expect(holderOf(staging, next)).toEqual({
      runId: 219,
      by: next.by,
      pid: undefined,
      reason: 'promote r-8f21c0',
      since: next.startedAt,
    });
    expect(holderOf(undefined, undefined)).toBeUndefined();
    expect(holderOf({}, undefined)).toBeUndefined();
  });

  test('what it does: the step, or what the step leads to', () => {
    const view = foldRun(promotionEvents);
    if (view === undefined) throw new Error('no run');
    expect(nowOf(view, view)).toEqual({ kind: 'step', at: 3, of: 5, title: 'Wait until healthy' });
    expect(nowOf(run, undefined)).toEqual({ kind: 'step', at: 3, of: 5, title: undefined });
    expect(nowOf({ ...run, isCancelRequested: true }, undefined)).toEqual({ kind: 'cancelling' });
    expect(nowOf(view, { ...view, rollbackReason: 'it was cancelled' })).toEqual({ kind: 'going-back' });
    const overAt = run.startedAt;
    const steps = view.steps.map((step) => (step.state === 'running' ? { ...step, overAt } : step));
    expect(nowOf(view, { ...view, steps })).toEqual({ kind: 'watching', until: overAt });
  });
});

describe('the foot', () => {
  test('ready', () => {
    expect(footOf(planned, 'promote', quiet)).toMatchObject({
      word: 'Ready',
      text: '3 of 3 gates open, nothing blocks',
      primary: 'start',
      isOpen: true,
    });
  });

  test('blocked, with what blocks in words', () => {
    expect(footOf({ phase: 'planned', plan: plan('journey') }, 'promote', quiet)).toMatchObject({
      word: 'Cannot promote yet',
      text: '1 key is missing.',
      isOpen: false,
    });
    const both = { ...plan('journey'), gates: plan('plan-held').gates };
    expect(whyNot(both)).toBe('1 key is missing and 1 gate is closed.');
  });

  test('not confirmed yet, with what is to be typed; what blocks comes first', () => {
    const around = { ...quiet, isUnconfirmed: true };
    const text = 'Type prod to confirm';
    expect(footOf(planned, 'promote', around)).toMatchObject({ word: 'Ready', text, isOpen: true });
    const refused = { ...planned, refusal: trouble('ledger-busy') };
    expect(footOf(refused, 'promote', around)).toMatchObject({ word: 'Not started', text });
    expect(footOf({ phase: 'planned', plan: plan('journey') }, 'promote', around)).toMatchObject({
      text: '1 key is missing.',
    });
  });

  test('stale by the answer and stale by what the board shows: Plan again is the way on', () => {
    const byAnswer = footOf({ phase: 'stale', plan: plan('plan-ready') }, 'promote', quiet);
    const byBoard = footOf(planned, 'promote', { ...quiet, isOvertaken: true });
    expect(byAnswer).toEqual(byBoard);
    expect(byAnswer).toMatchObject({ word: 'Plan is stale', primary: 'plan-again', isOpen: true });
  });

  test('planning and starting cannot be started', () => {
    for (const state of [{ phase: 'planning' }, { phase: 'starting', plan: plan('plan-ready') }] as const) {
      expect(footOf(state, 'deploy', quiet).isOpen).toBe(false);
    }
  });

  test('a refused start may be pressed again', () => {
    const refused = footOf(
      { phase: 'planned', plan: plan('plan-ready'), refusal: trouble('ledger-busy') },
      'promote',
      quiet,
    );
    expect(refused).toMatchObject({ word: 'Not started', primary: 'start', isOpen: true });
  });
});

test('a plan is overtaken when the board, looked at later, shows another release there', () => {
  const board = journeys.journey?.().data.board;
  if (board === undefined) throw new Error('no board');
  const made = { ...plan('plan-ready'), createdAt: board.at - 1 };
  expect(aroundPlan(made, board, '').isOvertaken).toBe(false);
  const { previous: _, ...first } = made;
  expect(aroundPlan(first, board, '').isOvertaken).toBe(true);
  expect(aroundPlan({ ...first, createdAt: board.at + 1 }, board, '').isOvertaken).toBe(false);
});

test('a plan is confirmed by the name of its environment, or by the click alone', () => {
  const made = { ...plan('plan-ready'), confirm: 'typed' } as const;
  const isUnconfirmed = (of: Plan, typed: string) => aroundPlan(of, undefined, typed).isUnconfirmed;
  expect([isUnconfirmed(made, 'pro'), isUnconfirmed(made, 'prod')]).toEqual([true, false]);
  expect(isUnconfirmed({ ...made, confirm: 'click' }, '')).toBe(false);
});

test('titles and buttons say exactly what happens', () => {
  expect(planTitle('rollback', prod)).toBe('Roll back prod');
  expect(startLabel('promote', prod, 'r-77ab10')).toBe('Promote r-77ab10 to prod');
  expect(startLabel('rollback', prod, 'r-5c09e4')).toBe('Roll back prod to r-5c09e4');
  expect(startLabel('deploy', prod, undefined)).toBe('Deploy to prod');
});

test('what a failing step leads to', () => {
  const made = plan('plan-ready');
  const { previous: _, ...first } = made;
  expect(onFailureSentence(made)).toBe(
    'If a step fails, prod rolls back to r-5c09e4 and is held until you lift it.',
  );
  const unguarded = { ...made, confirm: 'click' } as const;
  expect(onFailureSentence(unguarded)).toBe('If a step fails, prod rolls back to r-5c09e4.');
  const [step] = made.steps;
  if (step === undefined) throw new Error('no step');
  const watched = { ...unguarded, steps: [step, { ...step, id: 'watch', lastsMs: 60_000 }] };
  expect(onFailureSentence(watched)).toBe(
    'If a step fails, prod rolls back to r-5c09e4; if health is lost while it is watched, it does so and is held until you lift it.',
  );
  expect(onFailureSentence(first)).toContain('nothing ran there before');
  expect(onFailureSentence({ ...made, onFailure: 'stay' })).toBe(
    'If a step fails, prod stays as that step left it.',
  );
});
