import { expect, test } from 'vitest';
import { createRunsStore } from '#renderer/stores/runs-store.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { RecordedEvent } from '#shared/domain/run-events.ts';
import { recordedEventSchema } from '#shared/domain/run-events.ts';
import { chatbot, promotionEvents } from '#test/fakes/renderer/chatbot.ts';
import { createFixture } from '#test/fakes/renderer/fixture-client.ts';

const id = 218 as RunId;

function event(n: number, what: object, seq = 900 + n): RecordedEvent {
  return recordedEventSchema.parse({ seq, runId: 218, n, at: 1_773_322_400_000 + n, event: what });
}

const ended = event(7, { kind: 'step-ended', step: 'healthy', outcome: 'succeeded', detail: 'healthy' });
const closed = event(8, { kind: 'run-ended', outcome: 'succeeded', summary: 'Done', recovered: false });

async function shown() {
  const data = chatbot();
  const fixture = createFixture(data);
  const store = createRunsStore(fixture.client);
  await store.getState().show(data.board.workspace.id);
  return { fixture, store, data };
}

const callsOf = (fixture: ReturnType<typeof createFixture>, name: string) =>
  fixture.calls.filter(([each]) => each === name).length;

test('lists the newest runs and brings those that run in full', async () => {
  const { store } = await shown();
  const { recent, views, known, lastSeq } = store.getState();
  expect(recent.map((run) => run.id)).toEqual([218, 217, 216, 215, 214, 213, 212, 211]);
  expect([...views.keys()]).toEqual([218]);
  expect(views.get(id)?.steps.map((step) => step.state)).toEqual([
    'succeeded',
    'succeeded',
    'running',
    'not-yet',
    'not-yet',
  ]);
  expect([known, lastSeq]).toEqual([true, 905]);
});

test('folds live events into the run and into its row', async () => {
  const { store } = await shown();
  store.getState().fold(ended);
  expect(store.getState().recent[0]?.stepsDone).toBe(3);
  store.getState().fold(closed);
  expect(store.getState().recent[0]).toMatchObject({ state: 'succeeded', summary: 'Done' });
  expect(store.getState().lastSeq).toBe(908);
});

test('what changes nothing in a row leaves the list the same object', async () => {
  const { store } = await shown();
  const { recent } = store.getState();
  store.getState().fold(event(7, { kind: 'step-progressed', step: 'healthy', text: 'healthy 1 of 3 times' }));
  expect(store.getState().views.get(id)?.steps[2]?.text).toBe('healthy 1 of 3 times');
  expect(store.getState().recent).toBe(recent);
});

test('an event that came before changes nothing, a stream may repeat itself', async () => {
  const { store } = await shown();
  store.getState().fold(ended);
  const before = store.getState().views.get(id);
  for (const again of [...promotionEvents, ended]) store.getState().fold(again);
  expect(store.getState().views.get(id)).toBe(before);
});

test('a gap in the events brings the whole run instead of guessing', async () => {
  const { store, fixture } = await shown();
  fixture.change({ events: new Map([[id, [...promotionEvents, ended, closed]]]) });
  const asked = callsOf(fixture, 'runs.get');
  store.getState().fold(closed);
  await expect.poll(() => store.getState().views.get(id)?.state).toBe('succeeded');
  expect(callsOf(fixture, 'runs.get')).toBe(asked + 1);
});

test('a run that starts now appears at the top', async () => {
  const { store } = await shown();
  const first = promotionEvents[0];
  if (first === undefined) throw new Error('the fixture has no events');
  store.getState().fold({ ...first, runId: 219 as RunId, seq: 950 });
  expect(
    store
      .getState()
      .recent.slice(0, 2)
      .map((run) => run.id),
  ).toEqual([219, 218]);
});

test('an answer that was overtaken by live events does not turn time back', async () => {
  const { store, fixture } = await shown();
  store.getState().fold(ended);
  store.getState().fold(closed);
  // The list and the run as they were before the end.
  fixture.change({ events: new Map([[id, promotionEvents]]) });
  await store.getState().show(chatbot().board.workspace.id);
  expect(store.getState().views.get(id)?.state).toBe('succeeded');
  expect(store.getState().recent[0]?.state).toBe('succeeded');
});

test('after a lost wire the list and every run still thought running are asked for again', async () => {
  const { store, fixture, data } = await shown();
  fixture.change({
    events: new Map([[id, [...promotionEvents, ended, closed]]]),
    runs: data.runs,
  });
  await store.getState().show(data.board.workspace.id);
  expect(store.getState().views.get(id)?.state).toBe('succeeded');
});

test('runs of another workspace stay out of the list', async () => {
  const { store } = await shown();
  const first = promotionEvents[0];
  if (first?.event.kind !== 'run-requested') throw new Error('the fixture changed');
  const foreign = { ...first.event, workspaceId: 'w-other' as typeof first.event.workspaceId };
  store.getState().fold({ ...first, runId: 300 as RunId, event: foreign });
  expect(store.getState().recent[0]?.id).toBe(218);
});

test('a failing list keeps the old one and says why', async () => {
  const { store, fixture, data } = await shown();
  fixture.fail('runs.list', new Error('no'));
  await store.getState().show(data.board.workspace.id);
  expect(store.getState().recent).toHaveLength(8);
  expect(store.getState().trouble?.code).toBe('internal');
});
