import { expect, test } from 'vitest';
import { createRunEnded, openPlanAfterReload } from '#renderer/app/run-ended.ts';
import { deployAfterBuildKey } from '#renderer/stores/actions.tsx';
import type { DialogRoute, Route, View } from '#renderer/stores/routes/route.ts';
import { formatRoute } from '#renderer/stores/routes/route.ts';
import type { Router } from '#renderer/stores/routes/router.ts';
import { createStores } from '#renderer/stores/stores.tsx';
import type { EnvironmentName } from '#shared/domain/ids.ts';
import { foldRun } from '#shared/domain/run-reducer.ts';
import { chatbot, promotionEvents, rows } from '#test/fakes/renderer/chatbot.ts';
import { createFixture } from '#test/fakes/renderer/fixture-client.ts';

const dev = 'dev' as EnvironmentName;

function start(options: { view?: View; isLooking?: boolean } = {}) {
  const storage = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  const fixture = createFixture(chatbot());
  const stores = createStores({
    transport: fixture.transport,
    lasting: storage,
    passing: storage,
    theme: { choice: () => 'system', choose: () => undefined },
    timers: { set: () => undefined, clear: () => undefined },
  });
  const opened: DialogRoute[] = [];
  const gone: View[] = [];
  const notified: { title: string; tag: string; open: () => void }[] = [];
  const route: Route = { view: options.view ?? { kind: 'history' }, query: {} };
  const router: Router = {
    get: () => route,
    subscribe: () => () => undefined,
    go: (to) => void gone.push(to.view),
    openDialog: (dialog) => void opened.push(dialog),
    closeDialog: () => undefined,
    setQuery: () => undefined,
    href: (view) => formatRoute({ view }),
    dispose: () => undefined,
  };
  const onRunEnded = createRunEnded({
    stores,
    router,
    isLooking: () => options.isLooking ?? true,
    notify: ({ title, tag }, open) => void notified.push({ title, tag, open }),
  });
  return { stores, router, opened, gone, notified, onRunEnded };
}

const running = foldRun(promotionEvents);
if (running === undefined) throw new Error('the fixture changed');
const promoted = { ...running, state: 'succeeded', summary: 'Healthy after 6 s' } as const;
const build = { ...promoted, id: rows[2]?.id ?? running.id, kind: 'build', environment: undefined } as never;

test('a person who looks elsewhere is notified, and the notification leads to the run', () => {
  const { onRunEnded, notified, gone, stores } = start({ isLooking: false });
  onRunEnded(promoted);
  expect(notified.map(({ title, tag }) => [title, tag])).toEqual([
    ['Promotion of r-8f21c0 to staging succeeded', 'run-218'],
  ]);
  notified[0]?.open();
  expect(gone).toEqual([{ kind: 'run', runId: 218 }]);
  expect(stores.notices.getState().notices).toEqual([]);
});

test('of the loop that watches only what stops it is told', () => {
  const { onRunEnded, notified, stores } = start({ isLooking: false });
  const { workspace } = chatbot();
  void stores.watch.getState().show(workspace.id);
  const loop = { kind: 'on', since: 1, phase: 'building', changed: [] } as const;
  stores.watch.getState().tell(workspace.id, { ...loop, changed: [], runId: promoted.id });
  stores.watch.getState().tell(workspace.id, { kind: 'off' });
  onRunEnded(promoted);
  expect(notified).toEqual([]);
  onRunEnded({ ...promoted, state: 'failed' });
  expect(notified).toHaveLength(1);
});

test('a person in another view gets a notice; it stays when someone is needed', () => {
  const { onRunEnded, notified, stores } = start();
  onRunEnded(promoted);
  onRunEnded({ ...promoted, state: 'failed', summary: 'web never answered' });
  expect(notified).toEqual([]);
  expect(stores.notices.getState().notices).toMatchObject([
    { tone: 'bad', sticky: true, text: 'web never answered', link: { href: '#/runs/218' } },
  ]);
});

test.each<View>([{ kind: 'board' }, { kind: 'runs' }, { kind: 'run', runId: promoted.id }])(
  'no notice for what the view shows already: %j',
  (view) => {
    const { onRunEnded, stores } = start({ view });
    onRunEnded(promoted);
    expect(stores.notices.getState().notices).toEqual([]);
  },
);

test('a build that was to be deployed opens its plan, once', () => {
  const { onRunEnded, opened, stores } = start();
  stores.drafts.getState().keep(deployAfterBuildKey, `${rows[2]?.id}:${dev}`);
  onRunEnded(promoted);
  expect(opened).toEqual([]);
  onRunEnded(build);
  onRunEnded(build);
  expect(opened).toEqual([{ kind: 'plan', run: 'deploy', to: 'dev', release: 'r-8f21c0' }]);
});

test('a build that failed opens no plan, and the wish is gone', () => {
  const { onRunEnded, opened, stores } = start();
  stores.drafts.getState().keep(deployAfterBuildKey, `${rows[2]?.id}:${dev}`);
  onRunEnded({ ...(build as typeof promoted), state: 'failed' });
  expect([opened, stores.drafts.getState().drafts]).toEqual([[], {}]);
});

test('a window that was reloaded while its build ran opens the plan when it sees the end in the list', async () => {
  const { stores, router, opened } = start();
  openPlanAfterReload({ stores, router });
  stores.drafts.getState().keep(deployAfterBuildKey, `${rows[2]?.id}:${dev}`);
  await stores.runs.getState().show(chatbot().workspace.id);
  expect(opened).toEqual([{ kind: 'plan', run: 'deploy', to: 'dev', release: 'r-8f21c0' }]);
});
