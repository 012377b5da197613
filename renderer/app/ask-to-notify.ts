import type { Stores } from '../stores/stores.tsx';
import type { Notifier } from './notifier.tsx';

/**
 * Asks once, when it begins to matter: as the first run starts. The browser's own question must follow a click, so ours
 * comes first.
 */
export function askToNotify(stores: Stores, notifier: Notifier): () => void {
  return stores.runs.subscribe((state, before) => {
    if (state.views === before.views || notifier.permission() !== 'default') return;
    const { askedToNotify, setAskedToNotify } = stores.preferences.getState();
    if (askedToNotify || ![...state.views.values()].some((view) => view.state === 'running')) return;
    setAskedToNotify();
    stores.notices.getState().show({
      tone: 'note',
      title: 'Be told when a run ends?',
      text: 'Only while you look elsewhere.',
      action: { label: 'Allow', run: () => void notifier.ask() },
      sticky: true,
    });
  });
}
