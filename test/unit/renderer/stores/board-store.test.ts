import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBoardStore } from '#renderer/stores/board-store.ts';
import type { Client } from '#renderer/transport/client.ts';
import type { Board } from '#shared/domain/board.ts';
import { chatbot } from '#test/fakes/renderer/chatbot.ts';
import type { Fixture } from '#test/fakes/renderer/fixture-client.ts';
import { createFixture } from '#test/fakes/renderer/fixture-client.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const timers = {
  set: (run: () => void, ms: number) => setTimeout(run, ms),
  clear: (timer: unknown) => clearTimeout(timer as ReturnType<typeof setTimeout> | undefined),
};

function start(): {
  fixture: Fixture;
  store: ReturnType<typeof createBoardStore>;
  observed: () => unknown[];
} {
  const fixture = createFixture(chatbot());
  const store = createBoardStore(fixture.client, timers);
  const observed = () => fixture.calls.filter(([name]) => name === 'board.get').map(([, input]) => input);
  return { fixture, store, observed };
}

const { id } = chatbot().board.workspace;

test('shows the ledger first and then what the targets say', async () => {
  const { fixture, store, observed } = start();
  const seen: (number | undefined)[] = [];
  store.subscribe((state, before) => {
    if (state.board !== before.board) seen.push(state.observedAt);
  });
  await store.getState().show(id);
  expect(observed()).toEqual([
    { workspaceId: id, observe: false },
    { workspaceId: id, observe: true },
  ]);
  expect(seen).toEqual([undefined, fixture.calls.length > 0 ? chatbot().board.at : undefined]);
  expect(Object.keys(store.getState().lastSeen)).toEqual(['dev', 'staging', 'prod']);
});

test('asks again once for many changes in a row', async () => {
  const { store, observed } = start();
  await store.getState().show(id);
  for (let event = 0; event < 20; event += 1) store.getState().markStale();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(observed()).toHaveLength(3);
});

test('keeps the old board while a new one is asked for, and when that fails', async () => {
  const { fixture, store } = start();
  await store.getState().show(id);
  const before = store.getState().board;
  fixture.fail('board.get', new Error('no'));
  await store.getState().observe();
  expect(store.getState().board).toBe(before);
  expect(store.getState().trouble?.code).toBe('internal');
  fixture.fail('board.get', undefined);
  await store.getState().observe();
  expect(store.getState().trouble).toBeUndefined();
});

test('remembers what a target said last when it stops answering', async () => {
  const { fixture, store } = start();
  await store.getState().show(id);
  const { board } = chatbot();
  fixture.change({
    board: {
      ...board,
      environments: board.environments.map((each) => ({
        ...each,
        observed: { kind: 'unreachable', at: board.at, why: 'gone' },
      })),
    },
  });
  await store.getState().observe();
  expect(store.getState().board?.environments[0]?.observed.kind).toBe('unreachable');
  expect(store.getState().lastSeen.dev?.kind).toBe('running');
});

test('another workspace starts from nothing, and a late answer about the old one is dropped', async () => {
  const { store, answers } = held();
  const first = store.getState().show(id);
  const other = 'w-other' as typeof id;
  void store.getState().show(other);
  expect(answers.map((answer) => answer.workspaceId)).toEqual([id, id, other, other]);
  answers[0]?.resolve(chatbot().board);
  answers[1]?.resolve(chatbot().board);
  await first;
  expect(store.getState()).toMatchObject({ workspaceId: other, board: undefined, lastSeen: {} });
});

test('an answer that was overtaken by a newer one is dropped', async () => {
  const { store, answers } = held();
  void store.getState().show(id);
  void store.getState().observe();
  const [ledger, old, fresh] = answers;
  const { board } = chatbot();
  fresh?.resolve({ ...board, at: 3 });
  await vi.advanceTimersByTimeAsync(0);
  old?.resolve({ ...board, at: 2 });
  ledger?.resolve({ ...board, at: 1 });
  await vi.advanceTimersByTimeAsync(0);
  expect(store.getState().board?.at).toBe(3);
  expect(store.getState().observing).toBe(false);
});

/** A store whose questions wait until the test answers them. */
function held() {
  const { client } = createFixture(chatbot());
  const answers: { workspaceId: string; resolve: (board: Board) => void }[] = [];
  const get: Client['board']['get'] = ({ workspaceId }) => {
    const { promise, resolve } = Promise.withResolvers<Board>();
    answers.push({ workspaceId, resolve });
    return promise;
  };
  return { store: createBoardStore({ ...client, board: { get } }, timers), answers };
}
