import { describe, expect, test } from 'vitest';
import { createWatchStore } from '#renderer/stores/watch-store.ts';
import type { Watching } from '#renderer/stores/watch-words.ts';
import {
  changedWords,
  phaseWords,
  watchInto,
  watchSentence,
  watchStanding,
} from '#renderer/stores/watch-words.ts';
import { workspaceIdSchema } from '#shared/domain/ids.ts';
import type { WatchState } from '#shared/domain/watch.ts';
import { watchStateSchema } from '#shared/domain/watch.ts';
import { chatbot } from '#test/fakes/renderer/chatbot.ts';
import { createFixture, never } from '#test/fakes/renderer/fixture-client.ts';

const { workspace } = chatbot();
const [dev, staging] = workspace.environments;
const on = (more: object = {}): Watching => {
  const watch: WatchState = watchStateSchema.parse({
    kind: 'on',
    environment: 'dev',
    since: 1,
    phase: 'waiting',
    changed: [],
    ...more,
  });
  if (watch.kind === 'off') throw new Error('it is on');
  return watch;
};

describe('the loop as the process has it', () => {
  const start = (watch?: WatchState) => {
    const fixture = createFixture({ ...chatbot(), ...(watch === undefined ? {} : { watch }) });
    const store = createWatchStore(fixture.client);
    return { fixture, store, state: () => store.getState() };
  };

  test('is asked for, so a window that was opened anew shows it', async () => {
    const { store, state } = start(on({ phase: 'building' }));
    expect(state().watch).toBeUndefined();
    await store.getState().show(workspace.id);
    expect(state().watch).toMatchObject({ kind: 'on', phase: 'building' });
  });

  test('what the stream tells is newer than an answer that was under way', async () => {
    const { store, state } = start();
    const asked = store.getState().show(workspace.id);
    store.getState().tell(workspace.id, on());
    await asked;
    expect(state().watch?.kind).toBe('on');
    store.getState().tell(workspaceIdSchema.parse('w-other'), { kind: 'off' });
    expect(state().watch?.kind).toBe('on');
  });

  test('another workspace shows nothing of this one', async () => {
    const { store, state, fixture } = start(on());
    await store.getState().show(workspace.id);
    fixture.fail('watch.get', never);
    void store.getState().show(workspaceIdSchema.parse('w-other'));
    expect(state().watch).toBeUndefined();
  });

  test('begins and ends, and is changing in between', async () => {
    const { store, state, fixture } = start();
    await store.getState().show(workspace.id);
    const started = store.getState().start();
    expect(state().isChanging).toBe(true);
    await started;
    expect(state()).toMatchObject({ isChanging: false, watch: { kind: 'on', environment: 'dev' } });
    await store.getState().start(null);
    expect(state().watch).not.toHaveProperty('environment');
    await store.getState().start(staging);
    expect(state().watch).toMatchObject({ environment: 'staging' });
    await store.getState().stop();
    expect(state().watch).toEqual({ kind: 'off' });
    expect(fixture.calls.filter(([name]) => name === 'watch.start').map(([, input]) => input)).toEqual([
      { workspaceId: workspace.id },
      { workspaceId: workspace.id, environment: null },
      { workspaceId: workspace.id, environment: 'staging' },
    ]);
  });

  test('a refusal reaches whoever asked, and changes nothing', async () => {
    const { store, state, fixture } = start(on());
    await store.getState().show(workspace.id);
    fixture.fail('watch.stop', new Error('no'));
    await expect(store.getState().stop()).rejects.toThrow('no');
    expect(state()).toMatchObject({ isChanging: false, watch: { kind: 'on' } });
  });
});

describe('in words', () => {
  test('waiting, busy, in trouble: trouble lasts until the next round', () => {
    expect(watchStanding(on())).toBe('waiting');
    expect(watchStanding(on({ trouble: 'no' }))).toBe('trouble');
    expect(watchStanding(on({ trouble: 'no', phase: 'building' }))).toBe('busy');
    expect(['settling', 'building', 'deploying'].map((phase) => phaseWords(on({ phase })))).toEqual([
      'changes are settling',
      'building',
      'deploying to dev',
    ]);
  });

  test('the sentence says where changes go, and what became of the last', () => {
    expect(watchSentence({ kind: 'off' })).toBe(
      'Off. On: every change is built, tested and deployed by itself.',
    );
    expect(watchSentence(on())).toBe('Brings every change to dev. Now: waiting for changes.');
    expect(watchSentence(on({ environment: undefined, phase: 'building' }))).toBe(
      'Builds and tests every change. Now: building.',
    );
    expect(watchSentence(on({ trouble: 'Test unit failed.' }))).toBe(
      'Brings every change to dev. The last one did not get through: Test unit failed.',
    );
  });

  test('the first change by name', () => {
    const words = [[], ['a'], ['a', 'b', 'c']].map((changed) => changedWords({ changed }));
    expect(words).toEqual([undefined, 'a', 'a and 2 more']);
    expect(changedWords({ changed: ['a', 'b'], changedMore: 9_980 })).toBe('a and 9981 more');
  });

  test('an environment is watched when changes go there', () => {
    if (dev === undefined || staging === undefined) throw new Error('the fixture changed');
    expect(watchInto(on(), dev)?.phase).toBe('waiting');
    expect(watchInto(on(), staging)).toBeUndefined();
    expect(watchInto(undefined, dev)).toBeUndefined();
    expect(watchInto({ kind: 'off' }, dev)).toBeUndefined();
  });
});
