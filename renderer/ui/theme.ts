export type ThemeChoice = 'light' | 'dark' | 'system';

export type Theme = {
  readonly choice: () => ThemeChoice;
  readonly choose: (choice: ThemeChoice) => void;
  readonly dispose: () => void;
};

const KEY = 'gantry.theme';

/** Keeps data-theme on the root element: what was chosen, else what the system prefers, also when that changes. */
export function followTheme(
  root: HTMLElement,
  media: MediaQueryList,
  memory: Pick<Storage, 'getItem' | 'setItem'>,
): Theme {
  let choice = remembered(memory);
  const apply = (): void => {
    root.dataset.theme = choice === 'system' ? (media.matches ? 'dark' : 'light') : choice;
  };
  apply();
  media.addEventListener('change', apply);
  return {
    choice: () => choice,
    choose: (next) => {
      choice = next;
      memory.setItem(KEY, next);
      apply();
    },
    dispose: () => media.removeEventListener('change', apply),
  };
}

function remembered(memory: Pick<Storage, 'getItem'>): ThemeChoice {
  const stored = memory.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}
