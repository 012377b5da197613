import { describe, expect, test } from 'vitest';
import { guidedFailure, offersAfter } from '#renderer/features/runs/run-offers.ts';
import {
  cancelWords,
  goingBackWords,
  sinceWords,
  statePlace,
  stepOfInterest,
  withoutRepeats,
} from '#renderer/features/runs/run-words.ts';
import type { Circumstances } from '#renderer/stores/refusals.ts';
import { boardSchema } from '#shared/domain/board.ts';
import { releaseIdSchema, runIdSchema } from '#shared/domain/ids.ts';
import { runSummarySchema } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { foldRun, toSummary } from '#shared/domain/run-reducer.ts';
import { systemStatusSchema } from '#shared/domain/system.ts';
import { workspaceViewSchema } from '#shared/domain/workspace.ts';
import { buildScenarios } from '#test/fakes/renderer/builds.ts';
import {
  boardInput,
  chatbot,
  promotionEvents,
  releases,
  rows,
  status,
  workspace,
} from '#test/fakes/renderer/chatbot.ts';
import { failureScenarios } from '#test/fakes/renderer/failures.ts';
import type { FixtureData } from '#test/fakes/renderer/fixture-client.ts';
import { journeys } from '#test/fakes/renderer/journeys.ts';

function run(id: number): RunView {
  const events = id === 218 ? promotionEvents : journeys.journey?.().data.events.get(runIdSchema.parse(id));
  const view = foldRun(events ?? []);
  if (view === undefined) throw new Error(`no run ${id}`);
  return view;
}

function failed(scenario: string): FixtureData {
  const made = failureScenarios[scenario]?.();
  if (made === undefined) throw new Error(`no scenario ${scenario}`);
  return made.data;
}

const around: Circumstances = {
  workspace: workspaceViewSchema.parse(workspace),
  status: systemStatusSchema.parse(status),
  isConnected: true,
  building: undefined,
};

describe('a run in words', () => {
  test('where it stands', () => {
    expect(statePlace(run(218))).toBe('step 3 of 5');
    expect(statePlace(run(219))).toBe('at step 3 of 4');
    expect(statePlace(run(216))).toBeUndefined();
  });

  test('that another process closed it', () => {
    const { runs, events } = failed('recovered');
    const view = foldRun(events.get(runs[0]?.id ?? run(218).id) ?? []);
    expect(view && statePlace(view)).toBe('after a crash');
  });

  test('which step is shown first: the one that runs, that went wrong, or that made the release', () => {
    expect([run(220), run(219), run(216)].map(stepOfInterest)).toEqual(['build', 'wait', 'record']);
    const { release: _, ...without } = run(216);
    expect(stepOfInterest(without)).toBe('build');
  });

  test('that going back failed too', () => {
    const view = run(219);
    const failed = {
      ...view,
      steps: view.steps.map((step) => (step.isRollback ? { ...step, state: 'failed' as const } : step)),
    };
    expect(statePlace(failed)).toBe('and going back failed');
    expect([goingBackWords(view), goingBackWords(failed)]).toEqual(['Went back', 'Could not go back']);
  });

  test('what Cancel does: nothing to say of a build, the way back of a deploy', () => {
    expect(cancelWords(run(220))).toEqual({ kind: 'possible', text: undefined });
    expect(cancelWords(run(218))).toEqual({ kind: 'possible', text: 'rolls back to r-77ab10' });
    const early = {
      ...run(218),
      steps: run(218).steps.map((step) => ({ ...step, state: 'not-yet' as const })),
    };
    expect(cancelWords(early).text).toBe('staging is not changed yet');
    expect(cancelWords({ ...run(218), isCancelRequested: true }).kind).toBe('refused');
    expect(cancelWords({ ...run(219), state: 'running' }).text).toBe('It is going back already');
  });

  test('a problem says only what does not stand above it already', () => {
    const error = {
      code: 'engine-refused',
      message: 'RUN make ended with 1.',
      hint: 'See the log.',
    } as const;
    const said = (what: string, hint: string) =>
      withoutRepeats({ file: 'Dockerfile', line: 12, what, hint }, error, 'RUN make ended badly');
    expect(said('RUN make ended with 1', 'See the log. It ends in line 13.')).toBe('It ends in line 13.');
    expect(said('run make ended badly.', 'Mend it.')).toBe('Mend it.');
    expect(said('Unknown flag: --mout', 'Write --mount.')).toBe('Unknown flag: --mout Write --mount.');
    expect(said('RUN make ended with 1', 'See the log.')).toBe('');
  });

  test('how much came in with a release', () => {
    const since = { release: releaseIdSchema.parse(releases.middle.id), version: '1.4.1', commit: 'b90e4d2' };
    expect(sinceWords({ total: 5, since })).toBe('5 commits since 1.4.1');
    expect(sinceWords({ total: 0, since })).toBe('none since 1.4.1');
    expect(sinceWords({ total: 5 })).toBe('of the first release');
  });

  test('a build that waits for another says behind which', () => {
    const queued = buildScenarios['builds-queued']?.().data.events.get(runIdSchema.parse(242));
    const view = foldRun(queued ?? []);
    if (view === undefined) throw new Error('the fixture changed');
    expect(statePlace(view)).toBe('behind run 241');
  });
});

describe('what a run leads to', () => {
  const { board } = chatbot();
  const deployedToDev = runSummarySchema.parse({ ...rows[1], environment: 'dev' });
  const ids = (offers: ReturnType<typeof offersAfter>) => offers.map((offer) => offer.id);

  test('nothing while it runs', () => expect(offersAfter(toSummary(run(218)), board, around)).toEqual([]));

  test('a failed build leads to another', () => {
    const [offer] = offersAfter({ ...toSummary(run(216)), state: 'failed' }, board, {
      ...around,
      isConnected: false,
    });
    expect([offer?.id, offer?.reason]).toEqual(['build', 'Gantry is not answering']);
  });

  test('a build that runs nowhere leads to the first environment, as the one solid button', () => {
    const built = { ...toSummary(run(216)), release: releaseIdSchema.parse(releases.oldest.id) };
    const offers = offersAfter(built, board, around);
    expect(ids(offers)).toEqual(['compare', 'deploy']);
    expect(offers.filter((offer) => offer.isSolid).map((offer) => offer.label)).toEqual(['Deploy to dev…']);
    expect(ids(offersAfter(toSummary(run(216)), board, around))).toEqual([]);
  });

  test('a deploy that still runs there leads onwards', () => {
    const offers = offersAfter(deployedToDev, board, around);
    expect(ids(offers)).toEqual(['again', 'roll-back', 'promote']);
    expect(offers.at(-1)?.reason, 'its plan waits for run 218').toBeUndefined();
  });

  test('a deploy that failed leads on from its step, or back to what ran before', () => {
    const { steps } = run(218);
    const failed = { ...toSummary(run(218)), state: 'failed' as const, steps, previousRelease: undefined };
    const offers = offersAfter(failed, board, around);
    expect(ids(offers)).toEqual(['again', 'roll-back', 'retry']);
    expect(offers.find((offer) => offer.id === 'roll-back')?.does).toMatchObject({
      dialog: {
        run: 'rollback',
        release: board.environments.find(({ name }) => name === failed.environment)?.state?.release,
      },
    });
    expect(offers.filter((offer) => offer.isSolid).map((offer) => offer.does)).toEqual([
      { kind: 'dialog', dialog: { kind: 'retry', runId: 218 } },
    ]);
    const [, , refused] = offersAfter(failed, board, { ...around, isConnected: false });
    expect(refused).toMatchObject({ id: 'retry', isSolid: false, reason: 'Gantry is not answering' });
  });

  test('the step that failed offers its choices in place: on from it, back, or nothing', () => {
    const guided = (scenario: string) => {
      const { runs, events, board: here } = failed(scenario);
      const view = foldRun(events.get(runs[0]?.id ?? run(218).id) ?? []);
      return view && guidedFailure(view, here, around);
    };
    const { step, choices } = guided('failed') ?? { choices: [] };
    expect(step).toBe('wait');
    expect(choices.map(({ id, label, detail }) => [id, label, detail])).toEqual([
      ['retry', 'Retry from this step…', 'Same release and env, steps 1 to 2 stand'],
      ['roll-back', 'Roll back prod…', 'r-5c09e4 and its env come back'],
      ['leave', 'Give up', 'The run stays failed, prod as it is'],
    ]);
    expect(guided('failed-held')?.choices.map(({ reason }) => reason)).toEqual([
      'prod is on hold',
      undefined,
      undefined,
    ]);
    expect(choices.at(-1)?.does).toEqual({ kind: 'give-up', runId: 221 });
    expect(guided('recovered')).toBeUndefined();
  });

  test('one that was given up is gone on from by a new plan alone', () => {
    const { runs, events, board: here } = failed('failed');
    const view = foldRun(events.get(runs[0]?.id ?? run(218).id) ?? []);
    if (view === undefined) throw new Error('the fixture changed');
    const given = { ...view, givenUp: { by: view.by, at: 1 } };
    expect(guidedFailure(given, here, around)).toBeUndefined();
    expect(offersAfter(view, here, around).map(({ id }) => id)).toEqual(
      expect.arrayContaining(['again', 'roll-back', 'retry']),
    );
    const left = offersAfter(given, here, around).map(({ id }) => id);
    expect([left.includes('again'), left.includes('roll-back'), left.includes('retry')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('its own lease, which the board still shows, is no reason', () => {
    const ended = { ...toSummary(run(218)), state: 'succeeded' as const };
    expect(offersAfter(ended, board, around).flatMap((offer) => offer.reason ?? [])).toEqual([]);
  });

  test('a hold stops a deploy and never the way back', () => {
    const [dev, ...others] = boardInput.environments;
    const hold = { reason: 'freeze', by: 'mo', at: 1 };
    const held = boardSchema.parse({ ...boardInput, environments: [{ ...dev, hold }, ...others] });
    const offers = offersAfter(deployedToDev, held, around);
    expect(Object.fromEntries(offers.map((offer) => [offer.id, offer.reason]))).toMatchObject({
      again: 'On hold',
      'roll-back': undefined,
    });
  });
});
