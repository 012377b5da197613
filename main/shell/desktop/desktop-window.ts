import type { BrowserWindow, Rectangle } from 'electron';
import type { DesktopCommand } from '#shared/api/desktop-bridge.ts';
import { channels } from './channels.ts';
import type { CommandQueue } from './command-queue.ts';
import type { ElectronModule } from './electron-module.ts';
import type { Home } from './home.ts';
import { backgroundColor, visibleBounds, windowOptions } from './window-options.ts';

export type DesktopWindow = {
  /** Brings the one window to the front, making it where there is none. */
  show(): void;
  isFocused(): boolean;
  /** Asks for attention without taking the focus. */
  flash(): void;
  /** The web contents whose messages may be answered. */
  ids(): ReadonlySet<number>;
  /** The page in the window listens from now on. */
  listen(): void;
  /** For dialogs that belong to the window; undefined where there is none. */
  current(): BrowserWindow | undefined;
};

export function createDesktopWindow(
  electron: Pick<ElectronModule, 'BrowserWindow' | 'nativeTheme' | 'screen'>,
  options: {
    readonly platform: NodeJS.Platform;
    readonly home: Home;
    readonly preload: string;
    readonly commands: CommandQueue;
    readonly remembered: () => Rectangle | undefined;
    readonly onMoved: (bounds: Rectangle) => void;
    /** True keeps the window: whoever is asked decides later. */
    readonly keepOpen: () => boolean;
    readonly onFocusChanged: () => void;
  },
): DesktopWindow {
  const { BrowserWindow, nativeTheme, screen } = electron;
  const { home, commands } = options;
  let window: BrowserWindow | undefined;

  const open = (): BrowserWindow => {
    const workAreas = screen.getAllDisplays().map((display) => display.workArea);
    const opened = new BrowserWindow(
      windowOptions({
        platform: options.platform,
        isDark: nativeTheme.shouldUseDarkColors,
        isDev: home.isDev,
        preload: options.preload,
        bounds: visibleBounds(options.remembered(), workAreas),
      }),
    );
    opened.once('ready-to-show', () => opened.show());
    opened.on('close', (event) => {
      options.onMoved(opened.getNormalBounds());
      if (options.keepOpen()) event.preventDefault();
    });
    opened.on('closed', () => {
      window = undefined;
      commands.close();
    });
    opened.on('focus', options.onFocusChanged);
    opened.on('blur', options.onFocusChanged);
    opened.webContents.on('did-start-navigation', (event) => {
      if (event.isMainFrame && !event.isSameDocument) commands.close();
    });
    reviveAfterCrash(opened, commands);
    // A page that cannot be loaded shows its own error; there is nothing else to fall back on.
    void opened.loadURL(home.url).catch(() => undefined);
    return opened;
  };

  nativeTheme.on('updated', () =>
    window?.setBackgroundColor(backgroundColor(nativeTheme.shouldUseDarkColors)),
  );

  return {
    show: () => {
      if (window === undefined) {
        window = open();
        return;
      }
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    },
    isFocused: () => window?.isFocused() ?? false,
    flash: () => window?.flashFrame(true),
    ids: () => new Set(window === undefined ? [] : [window.webContents.id]),
    listen: () => {
      const listener = window;
      if (listener === undefined) return;
      commands.open((command: DesktopCommand) => listener.webContents.send(channels.command, command));
    },
    current: () => window,
  };
}

/** A page that crashes is loaded again, but not for ever: one that cannot live would crash the machine's fan. */
function reviveAfterCrash(window: BrowserWindow, commands: CommandQueue): void {
  let left = 3;
  window.webContents.on('render-process-gone', (_event, details) => {
    commands.close();
    if (details.reason === 'clean-exit' || left === 0) return;
    left -= 1;
    window.webContents.reload();
  });
}
