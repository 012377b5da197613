import type { Stores } from '../stores/stores.tsx';
import type { Notifier } from './notifier.tsx';

/** It lies over what stands at the bottom right. */
const ASKED_FOR_MS = 12_000;

/**
 * Asks once in a window, when it begins to matter: as the first run starts; never again once there was an answer. The
 * browser's own question must follow a click, so ours comes first.
 */
export function askToNotify(stores: Stores, notifier: Notifier): () => void {
  return stores.runs.subscribe((state, before) => {
    if (state.views === before.views || notifier.permission() !== 'default') return;
    const { askedToNotify, setAskedToNotify } = stores.preferences.getState();
    const answer = (): void => setAskedToNotify('answered');
    if (askedToNotify || ![...state.views.values()].some((view) => view.state === 'running')) return;
    setAskedToNotify('in-this-window');
    stores.notices.getState().show({
      tone: 'question',
      title: 'Be told when a run ends?',
      text: 'Only while you look elsewhere.',
      action: {
        label: 'Allow',
        run: () => {
          answer();
          void notifier.ask();
        },
      },
      onClose: answer,
      lastsMs: ASKED_FOR_MS,
    });
  });
}
