import { describe, expect, test, vi } from 'vitest';
import { type MenuEntry, menuModel } from '#main/shell/desktop/menu-model.ts';
import { menuTemplate } from '#main/shell/desktop/menu-template.ts';

const usual = { platform: 'linux' as NodeJS.Platform, isDev: false, theme: 'system', recent: [] } as const;

/** `File > Open Folder…` for every entry; a single & marks a key and is not shown. */
function paths(entries: readonly MenuEntry[], above = ''): string[] {
  return entries.flatMap((entry) => {
    if (entry.kind === 'separator') return [];
    const name = `${above}${entry.kind === 'role' ? entry.role : entry.label.replace('&&', '\0').replace('&', '').replace('\0', '&')}`;
    return entry.kind === 'menu' ? [name, ...paths(entry.entries, `${name} > `)] : [name];
  });
}

describe('menuModel', () => {
  test('has what a desktop app has', () => {
    expect(paths(menuModel(usual))).toEqual([
      'File',
      'File > Open Folder…',
      'File > Open Recent',
      'File > Open Recent > No recent workspaces',
      'File > quit',
      'Edit',
      'Edit > undo',
      'Edit > redo',
      'Edit > cut',
      'Edit > copy',
      'Edit > paste',
      'Edit > selectAll',
      'View',
      'View > Command Palette…',
      'View > Theme',
      'View > Theme > As the System',
      'View > Theme > Light',
      'View > Theme > Dark',
      'View > resetZoom',
      'View > zoomIn',
      'View > zoomOut',
      'View > togglefullscreen',
      'windowMenu',
      'Help',
      'Help > Show Data Folder',
      'Help > about',
    ]);
  });

  test('a Mac has the app’s own menu first, and closes the window where others quit', () => {
    const names = paths(menuModel({ ...usual, platform: 'darwin' }));
    expect(names[0]).toBe('appMenu');
    expect(names).toContain('File > close');
    expect(names).not.toContain('File > quit');
    expect(names).not.toContain('Help > about');
  });

  test('reloading and developer tools are there only while developing', () => {
    const names = (isDev: boolean): string[] => paths(menuModel({ ...usual, isDev }));
    expect(names(true)).toEqual(expect.arrayContaining(['View > reload', 'View > toggleDevTools']));
    expect(names(false).filter((name) => /reload|DevTools/i.test(name))).toEqual([]);
  });

  test('recent workspaces open their folder; those that are gone are left out', () => {
    const recent = [
      { name: 'R&D', folder: '/srv/rd', present: true },
      { name: 'gone', folder: '/srv/gone', present: false },
    ];
    expect(paths(menuModel({ ...usual, recent }))).toContain('File > Open Recent > R&D  (/srv/rd)');
    expect(JSON.stringify(menuModel({ ...usual, recent }))).not.toContain('gone');
  });

  test('no more than ten recent workspaces', () => {
    const recent = Array.from({ length: 30 }, (_, i) => ({ name: `w${i}`, folder: `/w${i}`, present: true }));
    expect(paths(menuModel({ ...usual, recent })).filter((name) => /Recent > /.test(name))).toHaveLength(10);
  });
});

describe('menuTemplate', () => {
  test('a click performs the command', () => {
    const perform = vi.fn();
    const [item] = menuTemplate(
      [{ kind: 'command', label: 'Open', accelerator: 'CmdOrCtrl+O', command: { kind: 'choose-folder' } }],
      perform,
    );
    expect(item).toMatchObject({ label: 'Open', accelerator: 'CmdOrCtrl+O' });
    // Electron passes the item, the window and the event; none of them is used.
    (item as { click: () => void }).click();
    expect(perform).toHaveBeenCalledExactlyOnceWith({ kind: 'choose-folder' });
  });

  test('the chosen theme is the ticked one, and a key that the page hears is only shown', () => {
    const view = menuTemplate(menuModel({ ...usual, theme: 'dark' }), vi.fn()).find(
      (item) => item.label === '&View',
    );
    const items = view?.submenu as ReturnType<typeof menuTemplate>;
    const themes = items.find((item) => item.label === '&Theme')?.submenu as ReturnType<typeof menuTemplate>;
    expect(themes.filter((item) => item.checked === true).map((item) => item.label)).toEqual(['Dark']);
    expect(items[0]).toMatchObject({ accelerator: 'CmdOrCtrl+K', registerAccelerator: false });
  });
});
