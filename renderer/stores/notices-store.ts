import { createStore } from 'zustand/vanilla';
import type { Trouble } from '../transport/trouble.ts';

/** Something that happened where the person is not looking. What the view shows already needs no notice. */
export type NewNotice = {
  readonly tone: 'ok' | 'note' | 'bad' | 'question';
  readonly title: string;
  readonly text?: string;
  /** Where to see more: an address of this app. */
  readonly link?: { readonly label: string; readonly href: string };
  /** Something small to do right here. */
  readonly action?: { readonly label: string; readonly run: () => void };
  /** Stays until it is closed: what needs a person must not fade away. */
  readonly sticky?: boolean;
  /** How long it stays, where that is not the usual time. */
  readonly lastsMs?: number;
  /** A person closed it; it did not just fade. */
  readonly onClose?: () => void;
  /** A newer one with the same key takes its place. */
  readonly key?: string;
};

export type Notice = NewNotice & { readonly id: number };

export type NoticesState = {
  readonly notices: readonly Notice[];
  readonly show: (notice: NewNotice) => void;
  readonly showTrouble: (trouble: Trouble) => void;
  readonly dismiss: (id: number) => void;
};

const MOST_AT_ONCE = 3;

export function createNoticesStore() {
  let last = 0;
  return createStore<NoticesState>()((set, get) => ({
    notices: [],
    show: (notice) => {
      last += 1;
      const others = get().notices.filter((shown) => notice.key === undefined || shown.key !== notice.key);
      set({ notices: [...others, { ...notice, id: last }].slice(-MOST_AT_ONCE) });
    },
    showTrouble: (trouble) =>
      get().show({ tone: 'bad', title: trouble.message, text: trouble.hint, key: trouble.code }),
    dismiss: (id) => set({ notices: get().notices.filter((notice) => notice.id !== id) }),
  }));
}
