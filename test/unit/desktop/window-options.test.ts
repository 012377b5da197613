import { describe, expect, test } from 'vitest';
import { parseSettings, printSettings } from '#main/shell/desktop/desktop-settings.ts';
import { folderArgument } from '#main/shell/desktop/start-arguments.ts';
import { visibleBounds, windowOptions } from '#main/shell/desktop/window-options.ts';

const usual = {
  platform: 'linux' as NodeJS.Platform,
  isDark: false,
  isDev: false,
  preload: '/app/preload.cjs',
  bounds: undefined,
};

describe('windowOptions', () => {
  test('every switch of the safety list is set, none left to a default', () => {
    expect(windowOptions(usual).webPreferences).toEqual({
      preload: '/app/preload.cjs',
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: false,
    });
  });
  test('800 x 700 is the smallest window', () => {
    expect(windowOptions(usual)).toMatchObject({ minWidth: 800, minHeight: 700, show: false });
  });
  test('the ground before the first paint is the theme’s', () => {
    expect(windowOptions(usual).backgroundColor).toBe('#f2f3f5');
    expect(windowOptions({ ...usual, isDark: true }).backgroundColor).toBe('#0d0e10');
  });
  test('only a Mac hides the system’s title bar', () => {
    expect(windowOptions({ ...usual, platform: 'darwin' }).titleBarStyle).toBe('hidden');
    expect(windowOptions({ ...usual, platform: 'win32' })).not.toHaveProperty('titleBarStyle');
  });
  test('developer tools only while developing', () => {
    expect(windowOptions({ ...usual, isDev: true }).webPreferences?.devTools).toBe(true);
  });
  test('a remembered place is taken', () => {
    const bounds = { x: 5, y: 6, width: 900, height: 710 };
    expect(windowOptions({ ...usual, bounds })).toMatchObject(bounds);
  });
});

describe('visibleBounds', () => {
  const screen = { x: 0, y: 0, width: 1920, height: 1080 };
  const right = { x: 1920, y: 0, width: 1280, height: 1024 };
  test.each([
    ['fits', { x: 10, y: 20, width: 1000, height: 800 }, { x: 10, y: 20, width: 1000, height: 800 }],
    [
      'hangs over the edge',
      { x: 1500, y: 500, width: 1000, height: 800 },
      { x: 920, y: 280, width: 1000, height: 800 },
    ],
    [
      'is smaller than allowed',
      { x: 0, y: 0, width: 10, height: 10 },
      { x: 0, y: 0, width: 800, height: 700 },
    ],
    ['is larger than the screen', { x: 0, y: 0, width: 5000, height: 5000 }, screen],
    [
      'stands on the second screen',
      { x: 2000, y: 0, width: 900, height: 800 },
      { x: 2000, y: 0, width: 900, height: 800 },
    ],
    ['stood on a screen that is gone', { x: 9000, y: 0, width: 900, height: 800 }, undefined],
    ['was never remembered', undefined, undefined],
  ])('a place that %s', (_, remembered, visible) => {
    expect(visibleBounds(remembered, [screen, right])).toEqual(visible);
  });
});

describe('parseSettings', () => {
  test('reads back what was printed', () => {
    const settings = { theme: 'dark', bounds: { x: -3, y: 4, width: 900, height: 800 } } as const;
    expect(parseSettings(printSettings(settings))).toEqual(settings);
  });
  test.each([undefined, '', 'garbage', '[]', '7', '{"theme":"pink"}', '{"bounds":{"x":1}}'])(
    'forgets %j',
    (text) => expect(parseSettings(text)).toMatchObject({ theme: 'system' }),
  );
  test('keeps what is good beside what is not', () => {
    expect(parseSettings('{"theme":"dark","bounds":7}').theme).toBe('dark');
  });
});

describe('folderArgument', () => {
  test.each([
    ['a packaged app', ['/opt/Gantry/gantry', 'shop'], true, '/home/mo/shop'],
    ['an unpackaged one', ['electron', '.', '/srv/shop'], false, '/srv/shop'],
    ['switches of Chromium before it', ['gantry', '--no-sandbox', '/srv/shop'], true, '/srv/shop'],
    ['no folder', ['gantry', '--no-sandbox', ''], true, undefined],
    ['the app itself is no workspace', ['electron', '.'], false, undefined],
    ['nor is it behind switches', ['electron', '--inspect=0', '--x', 'dist/main.js'], false, undefined],
  ])('%s', (_, argv, isPackaged, folder) => {
    expect(folderArgument(argv, { isPackaged, cwd: '/home/mo' })).toBe(folder);
  });
});
