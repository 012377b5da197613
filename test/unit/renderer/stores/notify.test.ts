import { expect, test } from 'vitest';
import { askToNotify } from '#renderer/app/ask-to-notify.ts';
import type { Notifier } from '#renderer/app/notifier.tsx';
import { createWebNotifier } from '#renderer/app/notifier.tsx';
import { createStores } from '#renderer/stores/stores.tsx';
import { chatbot } from '#test/fakes/renderer/chatbot.ts';
import { createFixture } from '#test/fakes/renderer/fixture-client.ts';

/** The browser's Notification, as far as it is used. */
function notifications(permission: NotificationPermission) {
  const shown: { title: string; options: NotificationOptions; onclick?: () => void; closed: boolean }[] = [];
  class Shown {
    static permission = permission;
    static asked = 0;
    static async requestPermission() {
      Shown.asked += 1;
      return 'granted' as const;
    }
    onclick: () => void = () => undefined;
    private readonly entry: (typeof shown)[number];
    constructor(title: string, options: NotificationOptions) {
      const self = this;
      this.entry = {
        title,
        options,
        closed: false,
        get onclick() {
          return self.onclick;
        },
      };
      shown.push(this.entry);
    }
    close() {
      this.entry.closed = true;
    }
  }
  return { Api: Shown as never as typeof Notification, shown, asked: () => Shown.asked };
}

const notice = {
  title: 'Deploy to prod failed',
  body: 'chatbot: no answer',
  needsSomeone: true,
  tag: 'run-7',
};

test('a notification carries its words, replaces an older one of the run, and opens the run', () => {
  const { Api, shown } = notifications('granted');
  const done: string[] = [];
  const notifier = createWebNotifier({ Notification: Api, focus: () => void done.push('focus') });
  notifier.notify(notice, () => void done.push('open'));
  expect(shown[0]).toMatchObject({
    title: 'Deploy to prod failed',
    options: { tag: 'run-7', body: 'chatbot: no answer', requireInteraction: true },
  });
  shown[0]?.onclick?.();
  expect([done, shown[0]?.closed]).toEqual([['focus', 'open'], true]);
});

test.each<NotificationPermission>(['default', 'denied'])('nothing is shown while it is %s', (permission) => {
  const { Api, shown } = notifications(permission);
  createWebNotifier({ Notification: Api, focus: () => undefined }).notify(notice, () => undefined);
  expect(shown).toEqual([]);
});

test('a page without notifications has a silent notifier', () => {
  const notifier = createWebNotifier({ focus: () => undefined });
  expect(notifier.permission()).toBe('not-here');
  notifier.notify(notice, () => undefined);
});

const askedKey = 'gantry.asked-to-notify';

function storageOf(kept: Map<string, string>) {
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

async function startRun(
  permission: ReturnType<Notifier['permission']>,
  kept: { lasting?: Map<string, string>; passing?: Map<string, string> } = {},
) {
  const lasting = kept.lasting ?? new Map<string, string>();
  const fixture = createFixture(chatbot());
  const stores = createStores({
    transport: fixture.transport,
    lasting: storageOf(lasting),
    passing: storageOf(kept.passing ?? new Map()),
    theme: { choice: () => 'system', choose: () => undefined },
    timers: { set: () => undefined, clear: () => undefined },
  });
  let asks = 0;
  askToNotify(stores, {
    permission: () => permission,
    ask: async () => {
      asks += 1;
    },
    notify: () => undefined,
  });
  // Brings run 218, which runs.
  await stores.runs.getState().show(chatbot().workspace.id);
  return { notices: stores.notices.getState().notices, lasting, asks: () => asks };
}

test('a person is asked as the first run starts, and the browser only after a click', async () => {
  const { notices, lasting, asks } = await startRun('default');
  expect(notices.map((each) => each.title)).toEqual(['Be told when a run ends?']);
  expect(asks()).toBe(0);
  notices[0]?.action?.run();
  expect([lasting.get(askedKey), asks()]).toEqual(['yes', 1]);
});

test('the question goes away by itself, and is asked again in another window only', async () => {
  const passing = new Map<string, string>();
  const { notices, lasting } = await startRun('default', { passing });
  expect(notices[0]).toMatchObject({ tone: 'question', lastsMs: 12_000 });
  expect(notices[0]?.sticky).toBeUndefined();
  expect((await startRun('default', { lasting, passing })).notices, 'loaded again').toEqual([]);
  expect((await startRun('default', { lasting })).notices, 'another window').toHaveLength(1);
});

test('who closes the question has answered it', async () => {
  const { notices, lasting } = await startRun('default');
  notices[0]?.onClose?.();
  expect((await startRun('default', { lasting })).notices).toEqual([]);
});

test.each(['granted', 'denied', 'not-here'] as const)('nobody is asked when it is %s', async (permission) => {
  expect((await startRun(permission)).notices).toEqual([]);
});
