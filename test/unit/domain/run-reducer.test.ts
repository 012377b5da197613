import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { releaseIdSchema, workspaceIdSchema } from '#shared/domain/ids.ts';
import { runSummarySchema, stepViewSchema } from '#shared/domain/run.ts';
import { type RunEvent, recordedEventSchema } from '#shared/domain/run-events.ts';
import { foldRun, reduceRun, toSummary } from '#shared/domain/run-reducer.ts';
import { anyEvents, anyRun, recorded, runEnded } from './arbitrary-run.ts';

const planned = (id: string, timeoutMs: number) => ({
  id,
  title: `Do ${id}`,
  detail: '',
  action: null,
  repeatable: true,
  changes: true,
  timeoutMs,
});

function fold(...events: readonly RunEvent[]) {
  const view = foldRun(events.map((event, index) => recorded(event, index + 1, 1000 * (index + 1))));
  if (view === undefined) throw new Error('the first event must be the request');
  return view;
}

const requested: RunEvent = {
  kind: 'run-requested',
  workspaceId: workspaceIdSchema.parse('w-1'),
  run: 'build',
  steps: [planned('build', 500), planned('test', 600)],
  by: { name: 'ada', shell: 'cli' },
};

describe('any events', () => {
  it('are events: the generator writes nothing that the schema refuses', () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        for (const event of events) expect(recordedEventSchema.parse(event)).toEqual(event);
      }),
    );
  });

  it('fold without throwing, into nothing before the request', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const hasRequest = events.some(({ event }) => event.kind === 'run-requested');
        expect(foldRun(events) !== undefined).toBe(hasRequest);
      }),
    );
  });

  it('leave an ended run as it ended', () => {
    fc.assert(
      fc.property(anyRun, runEnded, anyEvents, (before, end, after) => {
        const ended = foldRun([...before, recorded(end, before.length + 1, 5)]);
        const late = after.map((event) => ({ ...event, n: event.n + before.length + 1 }));
        expect(ended?.state).not.toBe('running');
        expect(foldRun(late, ended)).toBe(ended);
      }),
    );
  });

  it('after the end are one: that somebody gave it up, the first time', () => {
    fc.assert(
      fc.property(anyRun, runEnded, fc.boolean(), (before, end, isEnded) => {
        const n = before.length + 1;
        const given = { kind: 'run-given-up', by: { name: 'ada', shell: 'cli' } } as const;
        const open = foldRun(before);
        const ended = foldRun([recorded(end, n, 5)], open);
        const view = foldRun(
          [recorded(given, n + 1, 6), recorded({ ...given, by: { name: 'mo', shell: 'cli' } }, n + 2, 7)],
          isEnded ? ended : open,
        );
        if (ended === undefined || open === undefined || view === undefined) throw new Error('no run');
        if (!isEnded && open.state === 'running') {
          expect(view.givenUp).toBeUndefined();
          return;
        }
        expect(view.givenUp).toEqual({ by: given.by, at: 6 });
        expect(view.state).toBe((isEnded ? ended : open).state);
        expect(runSummarySchema.parse(toSummary(view)).givenUp).toEqual(view.givenUp);
      }),
    );
  });

  it('may repeat themselves: what was folded in changes nothing', () => {
    fc.assert(
      fc.property(anyRun, fc.nat(), fc.nat(), (events, one, other) => {
        const [from, to] = [one % events.length, other % events.length].sort((left, right) => left - right);
        const stuttered = [...events.slice(0, to), ...events.slice(from, to), ...events.slice(to)];
        expect(foldRun(stuttered)).toEqual(foldRun(events));
        expect(foldRun(events, foldRun(events))).toEqual(foldRun(events));
      }),
    );
  });

  it('fold in parts as they fold at once', () => {
    fc.assert(
      fc.property(anyRun, fc.nat(), (events, cut) => {
        const at = cut % events.length;
        expect(foldRun(events.slice(at), foldRun(events.slice(0, at)))).toEqual(foldRun(events));
      }),
    );
  });

  it('never change the view they were folded into', () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        let view = foldRun(events.slice(0, 1));
        for (const event of events.slice(1)) {
          const before = JSON.stringify(view);
          const next = reduceRun(view, event);
          expect(JSON.stringify(view)).toBe(before);
          view = next;
        }
      }),
    );
  });

  it('give a summary with exactly what the schema of lists has', () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        const view = fold(...events.map(({ event }) => event));
        expect(runSummarySchema.strict().parse(toSummary(view))).toEqual(toSummary(view));
        for (const step of view.steps) stepViewSchema.parse(step);
      }),
    );
  });

  it('count no step done that is not', () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        const { steps, stepsDone, stepsTotal } = fold(...events.map(({ event }) => event));
        expect(stepsTotal).toBe(steps.length);
        expect(stepsDone).toBeLessThanOrEqual(stepsTotal);
      }),
    );
  });
});

describe('a run', () => {
  it('gives a step its deadline when it starts, in a build too', () => {
    expect(fold(requested, { kind: 'step-started', step: 'build' }).steps[0]).toMatchObject({
      state: 'running',
      startedAt: 2000,
      deadlineAt: 2500,
    });
  });

  it('gives the steps of a rollback theirs', () => {
    const view = fold(
      requested,
      {
        kind: 'rollback-started',
        reason: 'unhealthy',
        release: releaseIdSchema.parse('r-aaaaaa'),
        steps: [planned('back-up', 700)],
      },
      { kind: 'step-started', step: 'back-up' },
    );
    expect(view.steps[2]).toMatchObject({ id: 'back-up', isRollback: true, deadlineAt: 3700 });
    expect(view.stepsTotal).toBe(3);
  });

  it('says what it is doing, then how it ended', () => {
    const running = fold(requested, { kind: 'step-started', step: 'test' });
    expect(running.summary).toBe('Do test');
    const ended = fold(
      requested,
      { kind: 'step-ended', step: 'build', outcome: 'failed', detail: 'exit 1' },
      { kind: 'step-ended', step: 'test', outcome: 'skipped', detail: 'Not run' },
      { kind: 'run-ended', outcome: 'failed', summary: 'The build failed', recovered: false },
    );
    expect(ended).toMatchObject({
      state: 'failed',
      summary: 'The build failed',
      endedAt: 4000,
      stepsDone: 2,
    });
    expect(ended.steps.map(({ state, text }) => [state, text])).toEqual([
      ['failed', 'exit 1'],
      ['skipped', 'Not run'],
    ]);
  });

  it('keeps of a step that nobody can be asked what came of it', () => {
    const view = fold(requested, {
      kind: 'step-ended',
      step: 'build',
      outcome: 'succeeded',
      detail: 'asked for',
      isUnverified: true,
    });
    expect(view.steps.map(({ state, isUnverified }) => [state, isUnverified])).toEqual([
      ['succeeded', true],
      ['not-yet', undefined],
    ]);
  });

  it('knows the children it left behind', () => {
    const child = (pid: number): RunEvent => ({
      kind: 'child-started',
      step: 'build',
      child: { bootId: 'b', pid, startTime: '1' },
      what: 'docker',
    });
    const view = fold(requested, child(10), child(11), {
      kind: 'child-ended',
      step: 'build',
      pid: 10,
      exitCode: 0,
    });
    expect(view.children.map(({ pid }) => pid)).toEqual([11]);
  });
});

describe('names that move', () => {
  const name = { ref: 'shop:latest', before: 'sha256:a', after: 'sha256:b' };
  const other = { ref: 'shop:stable', after: 'sha256:b' };
  const moving: RunEvent = { kind: 'tags-moving', step: 'build', names: [name, other] };
  const moved: RunEvent = { kind: 'tag-moved', step: 'build', ...name };
  const ended = (outcome: 'failed' | 'errored'): RunEvent => ({
    kind: 'step-ended',
    step: 'build',
    outcome,
    detail: '',
  });

  it('are unsure until one is said to have moved', () => {
    const unsure = { step: 'build', isUnsure: true };
    expect(fold(requested, moving).movedTags).toEqual([
      { ...unsure, ...name },
      { ...unsure, ...other },
    ]);
    expect(fold(requested, moving, moved).movedTags).toEqual([
      { ...unsure, ...other },
      { step: 'build', ...name },
    ]);
  });

  it('have stayed where a step that knows its end says nothing of them', () => {
    expect(fold(requested, moving, moved, ended('failed')).movedTags).toEqual([{ step: 'build', ...name }]);
    expect(fold(requested, moving, moved, ended('errored')).movedTags).toHaveLength(2);
  });
});
