import { expect, test } from 'vitest';
import type { AddressBar } from '#renderer/stores/routes/router.ts';
import { createRouter } from '#renderer/stores/routes/router.ts';
import type { EnvironmentName, RunId } from '#shared/domain/ids.ts';

/** The part of a browser's address bar and history that routing uses. */
function addressBar(start = '#/') {
  const entries: { hash: string; state: unknown }[] = [{ hash: start, state: null }];
  let at = 0;
  const listeners = new Set<() => void>();
  const bar: AddressBar = {
    get location() {
      return { hash: entries[at]?.hash ?? '' };
    },
    history: {
      get state(): unknown {
        return entries[at]?.state;
      },
      pushState: (state: unknown, _title: string, url?: string | URL | null) => {
        entries.splice(at + 1, Number.POSITIVE_INFINITY, { hash: String(url), state });
        at += 1;
      },
      replaceState: (state: unknown, _title: string, url?: string | URL | null) => {
        entries[at] = { hash: String(url), state };
      },
      back: () => {
        at = Math.max(0, at - 1);
        for (const listener of listeners) listener();
      },
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
  };
  return { bar, entries, hash: () => entries[at]?.hash, length: () => entries.length };
}

const prod = 'prod' as EnvironmentName;

test('closing a dialog that was opened here goes one step back, so that Back does not bring it again', () => {
  const { bar, hash, length } = addressBar();
  const router = createRouter(bar);
  router.go({ view: { kind: 'run', runId: 7 as RunId } });
  router.openDialog({ kind: 'plan', run: 'rollback', to: prod });
  expect(hash()).toBe('#/runs/7?plan=rollback:prod');
  router.closeDialog();
  expect(hash()).toBe('#/runs/7');
  expect(router.get().dialog).toBeUndefined();
  bar.history.back();
  expect(router.get().view).toEqual({ kind: 'board' });
  expect(length()).toBe(3);
});

test('closing a dialog that came with the address stays in the app', () => {
  const { bar, hash, length } = addressBar('#/history?q=x&plan=deploy:prod');
  const router = createRouter(bar);
  router.closeDialog();
  expect(hash()).toBe('#/history?q=x');
  expect(length()).toBe(1);
});

test('one dialog takes the place of another, and its closing still stays in the app', () => {
  const { bar, hash, length } = addressBar('#/?hold=prod');
  const router = createRouter(bar);
  router.openDialog({ kind: 'lift', environment: prod });
  expect(hash()).toBe('#/?lift=prod');
  router.closeDialog();
  expect(hash()).toBe('#/');
  expect(length()).toBe(1);
});

test('a filter changes the address without a step in the history, and keeps the dialog', () => {
  const { bar, hash, length } = addressBar('#/?hold=prod');
  const router = createRouter(bar);
  let told = 0;
  router.subscribe(() => {
    told += 1;
  });
  router.setQuery({ runs: 'failed' });
  expect(hash()).toBe('#/?runs=failed&hold=prod');
  router.setQuery({ runs: '' });
  expect(hash()).toBe('#/?hold=prod');
  expect([told, length()]).toEqual([2, 1]);
});
