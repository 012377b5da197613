import { mkdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { createGantry } from '#main/create-gantry.ts';
import type { RunningGantry } from '#main/shell/desktop/running-gantry.ts';
import { type DesktopOptions, startDesktop } from '#main/shell/desktop/start-desktop.ts';
import type { DesktopBridge, DesktopCommand } from '#shared/api/desktop-bridge.ts';
import { bridgeName } from '#shared/api/desktop-bridge.ts';
import { createMachine, type Machine } from '#test/fakes/electron/fake-app.ts';
import { createFakeElectron, type FakeElectron } from '#test/fakes/electron/fake-electron.ts';
import { createFakePage, type FakePage } from '#test/fakes/electron/fake-page.ts';
import type { FakeWindow, Frame } from '#test/fakes/electron/fake-window.ts';

export type Place = { readonly home: string; readonly renderer: string };

/** A GANTRY_HOME and a built renderer of two files, gone when the test ends. */
export async function makePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-desktop-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const renderer = join(folder, 'renderer');
  await mkdir(renderer);
  await writeFile(join(renderer, 'index.html'), '<!doctype html><title>Gantry</title>');
  await writeFile(join(folder, 'outside.txt'), 'not for the page');
  return { home: join(folder, 'home'), renderer };
}

export function realGantry(home: string): Promise<RunningGantry> {
  return createGantry({ home, shell: 'desktop', env: process.env, version: '0.0.0-test' });
}

export type StartedApp = {
  readonly electron: FakeElectron;
  /** The one window. */
  window(): FakeWindow;
  /** Resolves when the app has ended. */
  ended(): Promise<number>;
};

/** Starts the whole shell on the stand-in, and ends it when the test ends. */
export async function startApp(
  place: Place,
  given: Partial<DesktopOptions> & { readonly machine?: Machine; readonly isPackaged?: boolean } = {},
): Promise<StartedApp> {
  const { machine = createMachine(), isPackaged = true, ...options } = given;
  const electron = createFakeElectron(machine, { isPackaged });
  const started = startDesktop(electron.module, {
    createGantry: () => realGantry(place.home),
    argv: ['/opt/Gantry/gantry'],
    cwd: '/',
    platform: 'linux',
    devUrl: undefined,
    dataFolder: place.home,
    rendererRoot: place.renderer,
    preload: '/app/dist/desktop/preload.cjs',
    files: {
      read: (path) => readFile(path),
      readText: (path) => readFile(path, 'utf8').catch(() => undefined),
      writeText: (path, text) => writeFile(path, text),
      makeFolder: (path) => void mkdirSync(path, { recursive: true }),
    },
    ...options,
  });
  electron.app.becomeReady();
  await started;
  const { app } = electron;
  const ended = (): Promise<number> =>
    vi.waitFor(() => {
      if (app.exitCode === undefined) throw new Error('the app still runs');
      return app.exitCode;
    });
  onTestFinished(async () => {
    if (app.exitCode !== undefined || electron.windows.length === 0) return;
    electron.answers.quit = true;
    app.quit();
    await ended();
  });
  return {
    electron,
    ended,
    window: () => {
      const [first, ...others] = electron.windows;
      if (first === undefined || others.length > 0) throw new Error(`${electron.windows.length} windows`);
      return first;
    },
  };
}

export type OpenedPage = FakePage & {
  readonly bridge: DesktopBridge;
  /** Commands that came since `listen` was called. */
  readonly commands: DesktopCommand[];
  listen(): void;
};

/** Runs the real preload script in the page of the app's window. */
export async function openPage(app: StartedApp, sender?: Frame | null): Promise<OpenedPage> {
  const page = createFakePage(app.electron, app.window(), sender);
  vi.resetModules();
  vi.doMock('electron', () => page.preloadModule);
  vi.stubGlobal('window', page.window);
  onTestFinished(() => void vi.unstubAllGlobals());
  await import('#main/shell/desktop/preload.ts');
  vi.doUnmock('electron');
  // Exposed under this name by preload alone, which says what it is.
  const bridge = page.exposed.get(bridgeName) as DesktopBridge;
  const commands: DesktopCommand[] = [];
  return {
    ...page,
    bridge,
    commands,
    listen: () => void bridge.onCommand((command) => commands.push(command)),
  };
}
