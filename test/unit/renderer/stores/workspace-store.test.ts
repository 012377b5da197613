import { expect, test } from 'vitest';
import { createWorkspaceStore } from '#renderer/stores/workspace-store.ts';
import { chatbot } from '#test/fakes/renderer/chatbot.ts';
import { createFixture } from '#test/fakes/renderer/fixture-client.ts';

test('a folder without a name, as / is, goes by its path', async () => {
  const data = chatbot();
  const root = { name: '', folder: '/' };
  const recent = data.recent.map((each, at) => (at === 0 ? { ...each, ...root } : each));
  const { client } = createFixture({ ...data, recent, workspace: { ...data.workspace, ...root } });
  const store = createWorkspaceStore(client);
  const { openFolder, loadRecent, trust } = store.getState();
  await openFolder('/');
  expect(store.getState().current?.name).toBe('/');
  await loadRecent();
  expect(store.getState().recent.map(({ name }) => name)).toEqual([
    '/',
    ...data.recent.slice(1).map(({ name }) => name),
  ]);
  await trust();
  expect(store.getState().current?.name).toBe('/');
  store.getState().describe({ ...data.workspace, ...root });
  expect(store.getState().current?.name).toBe('/');
});
