import { createStore } from 'zustand/vanilla';
import type { KeyValueStorage } from './storage.ts';

export type ThemeChoice = 'system' | 'light' | 'dark';

const themes: readonly ThemeChoice[] = ['system', 'light', 'dark'];

export type PreferencesState = {
  readonly theme: ThemeChoice;
  readonly setTheme: (theme: ThemeChoice) => void;
  /** Whether this person was already asked about notifications. */
  readonly askedToNotify: boolean;
  readonly setAskedToNotify: () => void;
};

export type PreferencesStore = ReturnType<typeof createPreferencesStore>;

const themeKey = 'gantry.theme';
const askedKey = 'gantry.asked-to-notify';

export function createPreferencesStore(storage: KeyValueStorage) {
  return createStore<PreferencesState>()((set) => ({
    theme: themes.find((theme) => theme === storage.getItem(themeKey)) ?? 'system',
    setTheme: (theme) => {
      storage.setItem(themeKey, theme);
      set({ theme });
    },
    askedToNotify: storage.getItem(askedKey) === 'yes',
    setAskedToNotify: () => {
      storage.setItem(askedKey, 'yes');
      set({ askedToNotify: true });
    },
  }));
}
