import { ORPCError } from '@orpc/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startLiveSync } from '#renderer/app/live-sync.ts';
import { createStores } from '#renderer/stores/stores.tsx';
import type { LiveEvent } from '#shared/api/contract.ts';
import type { RunId } from '#shared/domain/ids.ts';
import { recordedEventSchema } from '#shared/domain/run-events.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { chatbot, promotionEvents } from '#test/fakes/renderer/chatbot.ts';
import { createFixture } from '#test/fakes/renderer/fixture-client.ts';

const timers = {
  set: (run: () => void, ms: number) => setTimeout(run, ms),
  clear: (timer: unknown) => clearTimeout(timer as ReturnType<typeof setTimeout> | undefined),
};

function recorded(n: number, event: object): LiveEvent {
  const at = 1_773_322_400_000 + n;
  return {
    kind: 'recorded',
    recorded: recordedEventSchema.parse({ seq: 900 + n, runId: 218, n, at, event }),
  };
}

const progress = recorded(7, { kind: 'step-progressed', step: 'healthy', text: 'healthy 1 of 3 times' });
const stepEnd = recorded(7, { kind: 'step-ended', step: 'healthy', outcome: 'succeeded', detail: '' });
const runEnd = recorded(8, { kind: 'run-ended', outcome: 'succeeded', summary: 'Done', recovered: false });

function start() {
  const fixture = createFixture(chatbot());
  const storage = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  const stores = createStores({
    transport: fixture.transport,
    lasting: storage,
    passing: storage,
    theme: { choice: () => 'system', choose: () => undefined },
    timers,
  });
  let visible = true;
  const listeners = new Set<() => void>();
  const ended: RunView[] = [];
  const stop = startLiveSync({
    client: fixture.client,
    connection: fixture.transport.connection,
    stores,
    timers,
    now: Date.now,
    isVisible: () => visible,
    onVisibility: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onRunEnded: (view) => ended.push(view),
  });
  const callsOf = (name: string) => fixture.calls.filter(([each]) => each === name);
  return {
    fixture,
    stores,
    ended,
    stop,
    callsOf,
    open: async () => {
      await stores.workspace.getState().openKnown(chatbot().workspace.id);
      await vi.advanceTimersByTimeAsync(10);
    },
    setVisible: (now: boolean) => {
      visible = now;
      for (const listener of listeners) listener();
    },
  };
}

beforeEach(() => void vi.useFakeTimers({ now: 1_773_322_327_000 }));
afterEach(() => void vi.useRealTimers());

test('nothing is asked for before a workspace is open', async () => {
  const { fixture } = start();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(new Set(fixture.calls.map(([name]) => name))).toEqual(new Set(['system.status']));
});

test('a workspace that opens is observed, listed and followed', async () => {
  const { stores, open, callsOf } = start();
  await open();
  expect(stores.board.getState().board).toBeDefined();
  expect(stores.runs.getState().recent).toHaveLength(8);
  expect(callsOf('live')).toEqual([['live', { workspaceId: 'w-chatbot' }]]);
});

test('a step that ends reaches the run and asks for the board once', async () => {
  const { fixture, stores, open, callsOf } = start();
  await open();
  const before = callsOf('board.get').length;
  fixture.emit(stepEnd);
  await vi.advanceTimersByTimeAsync(10);
  expect(stores.runs.getState().views.get(218 as RunId)?.stepsDone).toBe(3);
  await vi.advanceTimersByTimeAsync(500);
  expect(callsOf('board.get')).toHaveLength(before + 1);
});

test('words of progress do not ask for the board', async () => {
  const { fixture, stores, open, callsOf } = start();
  await open();
  const before = callsOf('board.get').length;
  fixture.emit(progress);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(stores.runs.getState().views.get(218 as RunId)?.steps[2]?.text).toBe('healthy 1 of 3 times');
  expect(callsOf('board.get')).toHaveLength(before);
});

test('tells once that a run ended', async () => {
  const { fixture, ended, open } = start();
  await open();
  for (const event of [stepEnd, runEnd, runEnd]) fixture.emit(event);
  await vi.advanceTimersByTimeAsync(10);
  expect(ended.map((view) => [view.id, view.state])).toEqual([[218, 'succeeded']]);
});

test('comes back after a broken stream, from the last event it saw, and looks at everything again', async () => {
  const { fixture, ended, open, callsOf } = start();
  await open();
  fixture.emit(stepEnd);
  await vi.advanceTimersByTimeAsync(1_000);
  const before = { board: callsOf('board.get').length, list: callsOf('runs.list').length };
  fixture.setConnection({ kind: 'lost', since: 0 });
  fixture.breakLive();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(callsOf('live')).toHaveLength(1);
  fixture.setConnection({ kind: 'connected' });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(callsOf('live')[1]).toEqual(['live', { workspaceId: 'w-chatbot', afterSeq: 907 }]);
  expect(callsOf('board.get')).toHaveLength(before.board + 1);
  expect(callsOf('runs.list')).toHaveLength(before.list + 1);
  fixture.emit(runEnd);
  await vi.advanceTimersByTimeAsync(10);
  expect(ended).toHaveLength(1);
});

test('a stream that says nothing for 40 s is taken for dead', async () => {
  const { fixture, open, callsOf } = start();
  await open();
  await vi.advanceTimersByTimeAsync(35_000);
  fixture.emit({ kind: 'alive' });
  await vi.advanceTimersByTimeAsync(35_000);
  expect(callsOf('reconnect')).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(callsOf('reconnect')).toHaveLength(1);
});

test('observes slowly while it is visible, not while hidden, and at once when it is shown again', async () => {
  const { fixture, open, callsOf, setVisible } = start();
  await open();
  const keepAlive = setInterval(() => fixture.emit({ kind: 'alive' }), 10_000);
  const observed = () => callsOf('board.get').length;
  const first = observed();
  await vi.advanceTimersByTimeAsync(61_000);
  expect(observed()).toBe(first + 2);
  setVisible(false);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(observed()).toBe(first + 2);
  setVisible(true);
  await vi.advanceTimersByTimeAsync(10);
  expect(observed()).toBe(first + 3);
  clearInterval(keepAlive);
});

const broken = new ORPCError('GANTRY', {
  defined: true,
  status: 400,
  data: {
    code: 'config-invalid',
    message: 'One thing is wrong with the workspace’s description.',
    hint: 'Correct what is listed, then try again.',
    problems: [
      {
        file: 'gantry.yml',
        line: 38,
        path: 'environments.prod.confirm',
        what: 'is "maybe".',
        hint: 'Write click.',
      },
    ],
  },
});

test('a description that breaks is read again, without a flicker, until it is mended', async () => {
  const { fixture, stores, open, callsOf, setVisible } = start();
  await open();
  const asked = () => callsOf('board.get').length;
  const problems = () => stores.workspace.getState().current?.problems.map(({ line }) => line);
  const seen: boolean[] = [];
  fixture.fail('board.get', broken);
  await stores.board.getState().observe();
  expect(problems()).toEqual([38]);
  expect(stores.workspace.getState().current?.trusted, 'nothing else is known to have changed').toBe(true);

  stores.board.subscribe(({ observing }) => seen.push(observing));
  const first = asked();
  await vi.advanceTimersByTimeAsync(7_000);
  expect(asked()).toBe(first + 2);
  setVisible(false);
  await vi.advanceTimersByTimeAsync(7_000);
  expect(asked()).toBe(first + 2);
  setVisible(true);
  expect(asked(), 'at once, when somebody comes back to it').toBe(first + 3);

  fixture.fail('board.get', undefined);
  fixture.change({ board: { ...chatbot().board } });
  await vi.advanceTimersByTimeAsync(4_000);
  expect(problems()).toEqual([]);
  expect(stores.board.getState().trouble).toBeUndefined();
  expect(new Set(seen)).toEqual(new Set([false]));
  const mended = asked();
  await vi.advanceTimersByTimeAsync(9_000);
  expect(asked(), 'it is not asked for any more').toBe(mended);
});

test('a stale board is asked for again', async () => {
  const { fixture, open, callsOf } = start();
  await open();
  const before = callsOf('board.get').length;
  fixture.emit({ kind: 'board-stale', workspaceId: chatbot().workspace.id });
  await vi.advanceTimersByTimeAsync(500);
  expect(callsOf('board.get')).toHaveLength(before + 1);
});

test('nothing goes on after it was stopped', async () => {
  const { fixture, open, stop, callsOf } = start();
  await open();
  stop();
  const before = fixture.calls.length;
  fixture.emit(stepEnd);
  await vi.advanceTimersByTimeAsync(200_000);
  expect(fixture.calls.length).toBe(before);
  expect(callsOf('live')).toHaveLength(1);
  expect(promotionEvents).toHaveLength(6);
});

test('the loop is asked for once the stream speaks, told by it, and asked for again after a lost wire', async () => {
  const { fixture, stores, open, callsOf } = start();
  await open();
  expect(callsOf('watch.get')).toHaveLength(1);
  expect(stores.watch.getState().watch).toEqual({ kind: 'off' });
  const watch = { kind: 'on', since: 1, phase: 'waiting', changed: [] } as const;
  fixture.emit({
    kind: 'watch-changed',
    workspaceId: chatbot().workspace.id,
    watch: { ...watch, changed: [] },
  });
  await vi.advanceTimersByTimeAsync(10);
  expect(stores.watch.getState().watch).toMatchObject({ kind: 'on', phase: 'waiting' });
  fixture.breakLive();
  await vi.advanceTimersByTimeAsync(1_100);
  expect(callsOf('watch.get')).toHaveLength(2);
});
