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
  /** Whether this person was already asked about notifications. */
  readonly askedToNotify: boolean;
  readonly setAskedToNotify: () => void;
};

const askedKey = 'gantry.asked-to-notify';

export function createPreferencesStore(storage: KeyValueStorage, theme: ThemePort) {
  return createStore<PreferencesState>()((set) => ({
    theme: theme.choice(),
    setTheme: (choice) => {
      theme.choose(choice);
      set({ theme: choice });
    },
    askedToNotify: storage.getItem(askedKey) === 'yes',
    setAskedToNotify: () => {
      storage.setItem(askedKey, 'yes');
      set({ askedToNotify: true });
    },
  }));
}
