import { describe, expect, test } from 'vitest';
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
import { journeys } from '#test/fakes/renderer/journeys.ts';

const quiet = { isOvertaken: false, leasedTo: undefined };
const prod = environmentNameSchema.parse('prod');

function plan(scenario: string, kind: PlanRequest['kind'] = 'promote'): Plan {
  const data = journeys[scenario]?.().data;
  const made = data?.plan?.({ workspaceId: data.workspace.id, kind, to: prod });
  if (made === undefined) throw new Error(`no plan in ${scenario}`);
  return made;
}

const trouble = (code: Trouble['code']): Trouble => ({ code, message: 'No.', hint: 'Wait.', problems: [] });
const planned: PlanState = { phase: 'planned', plan: plan('plan-ready') };

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
    expect(
      reducePlan(starting, { kind: 'start-failed', trouble: trouble('environment-busy') }),
    ).toMatchObject({
      phase: 'planned',
      refusal: { code: 'environment-busy' },
    });
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

  test('stale by the answer and stale by what the board shows: Plan again is the way on', () => {
    const byAnswer = footOf({ phase: 'stale', plan: plan('plan-ready') }, 'promote', quiet);
    const byBoard = footOf(planned, 'promote', { ...quiet, isOvertaken: true });
    expect(byAnswer).toEqual(byBoard);
    expect(byAnswer).toMatchObject({ word: 'Plan is stale', primary: 'plan-again', isOpen: true });
  });

  test('planning, starting and leased cannot be started', () => {
    for (const state of [{ phase: 'planning' }, { phase: 'starting', plan: plan('plan-ready') }] as const) {
      expect(footOf(state, 'deploy', quiet).isOpen).toBe(false);
    }
    expect(footOf(planned, 'promote', { ...quiet, leasedTo: runIdSchema.parse(218) })).toMatchObject({
      text: 'prod is leased to run 218.',
      isOpen: false,
    });
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
  expect(aroundPlan(made, board).isOvertaken).toBe(false);
  const { previous: _, ...first } = made;
  expect(aroundPlan(first, board).isOvertaken).toBe(true);
  expect(aroundPlan({ ...first, createdAt: board.at + 1 }, board).isOvertaken).toBe(false);
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
