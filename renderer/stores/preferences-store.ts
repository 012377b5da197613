import { createStore } from 'zustand/vanilla';
import type { KeyValueStorage } from './storage.ts';

export type ThemeChoice = 'system' | 'light' | 'dark';

/** Whoever paints the theme, and remembers it. */
export type ThemePort = {
  readonly choice: () => ThemeChoice;
  readonly choose: (choice: ThemeChoice) => void;
};

export type PreferencesState = {
  readonly theme: ThemeChoice;
  readonly setTheme: (theme: ThemeChoice) => void;
  /** Whether this person was asked about notifications in this window, or answered in any. */
  readonly askedToNotify: boolean;
  readonly setAskedToNotify: (how: 'in-this-window' | 'answered') => void;
};

const askedKey = 'gantry.asked-to-notify';

export function createPreferencesStore(lasting: KeyValueStorage, passing: KeyValueStorage, theme: ThemePort) {
  return createStore<PreferencesState>()((set) => ({
    theme: theme.choice(),
    setTheme: (choice) => {
      theme.choose(choice);
      set({ theme: choice });
    },
    askedToNotify: [lasting, passing].some((storage) => storage.getItem(askedKey) === 'yes'),
    setAskedToNotify: (how) => {
      (how === 'answered' ? lasting : passing).setItem(askedKey, 'yes');
      set({ askedToNotify: true });
    },
  }));
}
