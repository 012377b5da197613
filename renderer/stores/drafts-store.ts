import { createStore } from 'zustand/vanilla';
import type { KeyValueStorage } from './storage.ts';

/** What a person typed or chose and has not sent: it survives leaving the view and a reload of the window. */
export type DraftsState = {
  readonly drafts: Readonly<Record<string, string>>;
  /** An empty text takes the draft away. */
  readonly keep: (key: string, text: string) => void;
};

const storageKey = 'gantry.drafts';

/** `storage` is the window's own (sessionStorage): two windows do not share half-typed words. */
export function createDraftsStore(storage: KeyValueStorage) {
  return createStore<DraftsState>()((set, get) => ({
    drafts: read(storage),
    keep: (key, text) => {
      const { [key]: _, ...others } = get().drafts;
      const drafts = text === '' ? others : { ...others, [key]: text };
      storage.setItem(storageKey, JSON.stringify(drafts));
      set({ drafts });
    },
  }));
}

function read(storage: KeyValueStorage): Readonly<Record<string, string>> {
  try {
    const stored: unknown = JSON.parse(storage.getItem(storageKey) ?? '{}');
    if (typeof stored !== 'object' || stored === null) return {};
    return Object.fromEntries(
      Object.entries(stored).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    return {};
  }
}
