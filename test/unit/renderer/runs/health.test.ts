import { describe, expect, test } from 'vitest';
import { answerWords, healthOf, spellsOf, spellWords } from '#renderer/features/runs/health-words.ts';
import { cancelWords, stepOfInterest } from '#renderer/features/runs/run-words.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { foldRun } from '#shared/domain/run-reducer.ts';
import { ago } from '#test/fakes/renderer/chatbot.ts';
import { healthScenarios } from '#test/fakes/renderer/health.ts';

function viewOf(name: string): RunView {
  const events = [...(healthScenarios[name]?.().data.events.values() ?? [])].flat();
  const view = foldRun(events);
  if (view === undefined) throw new Error(`no run in ${name}`);
  return view;
}

describe('the chart of health', () => {
  test('of a watch that goes on leaves room for what is left of it', () => {
    const view = viewOf('watching');
    const health = healthOf(view, stepOfInterest(view));
    expect(health?.step.id).toBe('watch');
    expect([health?.from, health?.to]).toEqual([ago(75_000), ago(75_000) + 120_000]);
    expect(health?.series.map(({ check }) => check)).toEqual(['/healthz', 'what runs']);
  });

  test('is that of the chosen step', () => {
    const health = healthOf(viewOf('watching'), 'wait');
    expect(health?.series.map(answerWords)).toEqual(['4 answers, 3 failed']);
  });

  test('is no other step’s: what the way back answered says nothing about the step that failed', () => {
    expect(healthOf(viewOf('watching'), 'find-image')).toBeUndefined();
  });

  test('is what a deploy that went well opens with', () => {
    const view = viewOf('watching');
    const steps = view.steps.map((step) => ({ ...step, state: 'succeeded' as const }));
    expect(stepOfInterest({ ...view, state: 'succeeded', steps })).toBe('watch');
  });

  test('says when answers failed, and how often in a row', () => {
    const spells = healthOf(viewOf('watch-lost'), 'watch')?.series.map(({ samples }) => spellsOf(samples));
    expect(spells?.map((each) => each.map(({ text, count }) => [text, count]))).toEqual([[['503', 3]], []]);
    const at = new Date(2026, 0, 1, 14, 43, 31).getTime();
    expect(spellWords({ from: at, to: at + 4_000, text: '503', count: 3 })).toBe(
      '14:43:31 to 14:43:35: 503, 3 times',
    );
    expect(spellWords({ from: at, to: at, text: '503', count: 1 })).toBe('14:43:31: 503');
  });

  test('tells failures apart that a good answer stands between', () => {
    const sample = (ok: boolean, at: number) => ({ at, ok, ms: 1, text: 'x', count: 1 });
    const answers = [false, false, true, false, true, true, false];
    const spells = spellsOf(answers.map(sample));
    expect(spells.map(({ from, to, count }) => [from, to, count])).toEqual([
      [0, 1, 2],
      [3, 3, 1],
      [6, 6, 1],
    ]);
  });
});

test('to cancel a watch keeps the release', () => {
  expect(cancelWords(viewOf('watching'))).toEqual({ kind: 'possible', text: 'r-8f21c0 stays in prod' });
});
