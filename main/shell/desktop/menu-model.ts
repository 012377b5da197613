import type { Theme } from '#shared/api/desktop-bridge.ts';

/** What a menu entry does when it is not one of the system's own roles. */
export type MenuCommand =
  | { readonly kind: 'choose-folder' }
  | { readonly kind: 'open-workspace'; readonly folder: string }
  | { readonly kind: 'show-palette' }
  | { readonly kind: 'set-theme'; readonly theme: Theme }
  | { readonly kind: 'show-data-folder' };

/** Those of Electron's menu roles that are used here. */
export type MenuRole =
  | 'about'
  | 'appMenu'
  | 'close'
  | 'copy'
  | 'cut'
  | 'forceReload'
  | 'paste'
  | 'quit'
  | 'redo'
  | 'reload'
  | 'resetZoom'
  | 'selectAll'
  | 'toggleDevTools'
  | 'togglefullscreen'
  | 'undo'
  | 'windowMenu'
  | 'zoomIn'
  | 'zoomOut';

export type MenuEntry =
  | { readonly kind: 'separator' }
  | { readonly kind: 'role'; readonly role: MenuRole }
  | { readonly kind: 'menu'; readonly label: string; readonly entries: readonly MenuEntry[] }
  | {
      readonly kind: 'command';
      readonly label: string;
      readonly command: MenuCommand;
      readonly accelerator?: string;
      /** The page listens to this key itself; the menu only shows it. */
      readonly isShownOnly?: boolean;
    }
  | {
      readonly kind: 'choice';
      readonly label: string;
      readonly command: MenuCommand;
      readonly isChosen: boolean;
    }
  /** Says that there is nothing to choose. */
  | { readonly kind: 'nothing'; readonly label: string };

export type MenuState = {
  readonly platform: NodeJS.Platform;
  readonly isDev: boolean;
  readonly theme: Theme;
  /** Newest first. */
  readonly recent: readonly { readonly name: string; readonly folder: string; readonly present: boolean }[];
};

const separator = { kind: 'separator' } as const;
const role = (name: MenuRole): MenuEntry => ({ kind: 'role', role: name });

/** The whole menu bar as data. */
export function menuModel(state: MenuState): readonly MenuEntry[] {
  const isMac = state.platform === 'darwin';
  return [
    ...(isMac ? [role('appMenu')] : []),
    { kind: 'menu', label: '&File', entries: fileEntries(state, isMac) },
    {
      kind: 'menu',
      label: '&Edit',
      entries: [
        role('undo'),
        role('redo'),
        separator,
        role('cut'),
        role('copy'),
        role('paste'),
        role('selectAll'),
      ],
    },
    { kind: 'menu', label: '&View', entries: viewEntries(state) },
    role('windowMenu'),
    {
      kind: 'menu',
      label: '&Help',
      entries: [
        { kind: 'command', label: 'Show Data Folder', command: { kind: 'show-data-folder' } },
        ...(isMac ? [] : [separator, role('about')]),
      ],
    },
  ];
}

function fileEntries(state: MenuState, isMac: boolean): readonly MenuEntry[] {
  const recent = state.recent
    .filter((workspace) => workspace.present)
    .slice(0, 10)
    .map(
      ({ name, folder }): MenuEntry => ({
        kind: 'command',
        // One & would underline the letter after it.
        label: `${name}  (${folder})`.replaceAll('&', '&&'),
        command: { kind: 'open-workspace', folder },
      }),
    );
  return [
    {
      kind: 'command',
      label: '&Open Folder…',
      accelerator: 'CmdOrCtrl+O',
      command: { kind: 'choose-folder' },
    },
    {
      kind: 'menu',
      label: 'Open &Recent',
      entries: recent.length > 0 ? recent : [{ kind: 'nothing', label: 'No recent workspaces' }],
    },
    separator,
    isMac ? role('close') : role('quit'),
  ];
}

function viewEntries(state: MenuState): readonly MenuEntry[] {
  const themes: readonly (readonly [Theme, string])[] = [
    ['system', 'As the System'],
    ['light', 'Light'],
    ['dark', 'Dark'],
  ];
  return [
    {
      kind: 'command',
      label: 'Command Palette…',
      accelerator: 'CmdOrCtrl+K',
      isShownOnly: true,
      command: { kind: 'show-palette' },
    },
    separator,
    {
      kind: 'menu',
      label: '&Theme',
      entries: themes.map(([theme, label]) => ({
        kind: 'choice',
        label,
        isChosen: theme === state.theme,
        command: { kind: 'set-theme', theme },
      })),
    },
    separator,
    role('resetZoom'),
    role('zoomIn'),
    role('zoomOut'),
    separator,
    role('togglefullscreen'),
    ...(state.isDev ? [separator, role('reload'), role('forceReload'), role('toggleDevTools')] : []),
  ];
}
