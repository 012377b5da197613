import { createContext, use } from 'react';
import type { RunNotice } from '#shared/domain/run-notice.ts';

/** Tells a person who looks elsewhere. The desktop shell does it natively, so its window's notifier is silent. */
export type Notifier = {
  readonly permission: () => 'granted' | 'denied' | 'default' | 'not-here';
  /** Must be called from a click or a key: browsers refuse the question otherwise. */
  readonly ask: () => Promise<void>;
  readonly notify: (notice: RunNotice & { readonly tag: string }, open: () => void) => void;
};

export const silentNotifier: Notifier = {
  permission: () => 'not-here',
  ask: async () => undefined,
  notify: () => undefined,
};

/** Over the browser's Notification API; `page.Notification` is absent in an insecure context. */
export function createWebNotifier(page: {
  readonly Notification?: typeof Notification;
  readonly focus: () => void;
}): Notifier {
  const { Notification: Api } = page;
  if (Api === undefined) return silentNotifier;
  return {
    permission: () => Api.permission,
    ask: async () => {
      await Api.requestPermission();
    },
    notify: ({ tag, title, body, needsSomeone }, open) => {
      if (Api.permission !== 'granted') return;
      const shown = new Api(title, { tag, body, requireInteraction: needsSomeone });
      shown.onclick = () => {
        page.focus();
        open();
        shown.close();
      };
    },
  };
}

const NotifierContext = createContext<Notifier>(silentNotifier);

export const NotifierProvider = NotifierContext;

export function useNotifier(): Notifier {
  return use(NotifierContext);
}
