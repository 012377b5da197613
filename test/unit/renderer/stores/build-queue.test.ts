import { describe, expect, test } from 'vitest';
import { runStatus } from '#renderer/features/runs/run-words.ts';
import { buildQueue, waitsFor } from '#renderer/stores/build-queue.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { runSummarySchema } from '#shared/domain/run.ts';
import { rows } from '#test/fakes/renderer/chatbot.ts';

const build = (id: number, changes: Partial<Record<keyof RunSummary, unknown>> = {}): RunSummary =>
  runSummarySchema.parse({
    ...rows[2],
    id,
    state: 'running',
    summary: 'Build image',
    stepsDone: 1,
    ...changes,
  });
const waiting = (id: number, after: number) => build(id, { summary: `Wait for run ${after}`, stepsDone: 0 });

describe('a queued build', () => {
  test('waits for the run that its first step names', () => {
    expect(waitsFor(waiting(242, 241))).toBe(241);
    expect(runStatus(waiting(242, 241))).toBe('queued');
  });
  test('waits no more once that step is done, or it was cancelled', () => {
    expect(waitsFor(build(242, { summary: 'Wait for run 241', stepsDone: 1 }))).toBeUndefined();
    expect(waitsFor(build(242, { ...waiting(242, 241), state: 'cancelled' }))).toBeUndefined();
    expect(waitsFor(build(241))).toBeUndefined();
  });
});

describe('the queue', () => {
  const ids = ({ building, waiting: rest }: ReturnType<typeof buildQueue>) => [
    building?.id,
    rest.map((run) => run.id),
  ];
  test('the one that works, and the others in their order', () => {
    const recent = [waiting(243, 242), waiting(242, 241), build(241), ...rows];
    expect(ids(buildQueue(recent, undefined))).toEqual([241, [242, 243]]);
  });
  test('between two turns nobody builds', () => {
    expect(ids(buildQueue([waiting(242, 241), build(241, { state: 'succeeded' })], undefined))).toEqual([
      undefined,
      [242],
    ]);
  });
  test('what the board knows counts until the stream knows better', () => {
    expect(ids(buildQueue([], build(241)))).toEqual([241, []]);
    expect(ids(buildQueue([build(241, { state: 'succeeded' })], build(241)))).toEqual([undefined, []]);
  });
});
