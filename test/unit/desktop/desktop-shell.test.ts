import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { openLedger } from '#main/ledger/open.ts';
import type { ElectronModule } from '#main/shell/desktop/electron-module.ts';
import { homeOf } from '#main/shell/desktop/home.ts';
import { servePage } from '#main/shell/desktop/serve-page.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { EnvironmentName, RunId, WorkspaceId } from '#shared/domain/ids.ts';
import { createMachine } from '#test/fakes/electron/fake-app.ts';
import type { FakeMenuItem } from '#test/fakes/electron/fake-electron.ts';
import { makePlace, openPage, type Place, realGantry, startApp } from './desktop-app.ts';
import { askForPort, connectClient } from './page-client.ts';

async function makeWorkspace(place: Place, name = 'shop'): Promise<string> {
  const folder = join(place.home, '..', name);
  await mkdir(folder);
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\n');
  await writeFile(join(folder, 'compose.yml'), 'services:\n  web:\n    image: shop\n');
  await writeFile(join(folder, '.env.dev'), 'PORT=1\n');
  return folder;
}

function menuItem(items: readonly FakeMenuItem[], ...labels: readonly string[]): FakeMenuItem {
  const [label, ...deeper] = labels;
  const item = items.find((candidate) => candidate.label?.replace('&', '') === label);
  if (item === undefined) throw new Error(`no ${label} among ${items.map((each) => each.label).join(', ')}`);
  return deeper.length === 0 ? item : menuItem(item.submenu ?? [], ...deeper);
}

/** A run in the ledger, as another process would write it; `end` ends it. */
function writeRun(place: Place, workspaceId: WorkspaceId): { runId: RunId; end: () => void } {
  const ledger = openLedger({ path: join(place.home, 'ledger.db'), now: Date.now, appVersion: 'test' });
  const prod = 'prod' as EnvironmentName; // Branded; this literal is a valid name.
  const answer = ledger.runs.request({
    workspaceId,
    requestId: 'request-1',
    scope: prod,
    owner: { bootId: 'b', pid: process.pid, startTime: '1' },
    by: { name: 'mo', shell: 'cli' },
    reason: 'deploy',
    at: Date.now(),
    staleAfterMs: 60_000,
    isOwnerAlive: () => true,
    event: {
      kind: 'run-requested',
      workspaceId,
      run: 'deploy',
      environment: prod,
      steps: [],
      by: { name: 'mo', shell: 'cli' },
    },
  });
  if (answer.kind !== 'taken') throw new Error(answer.kind);
  const { runId, token } = answer;
  const end = (): void => {
    ledger.runs.append(runId, token, Date.now(), {
      kind: 'run-ended',
      outcome: 'failed',
      summary: 'web never became healthy',
      recovered: false,
    });
    ledger.close();
  };
  return { runId, end };
}

describe('the start', () => {
  test('happens in the order Electron wants, in a sandbox, with one window at our own address', async () => {
    const place = await makePlace();
    const { electron, window } = await startApp(place);
    expect(electron.app.calls).toEqual(['enableSandbox']);
    await vi.waitFor(() => expect(window().isShown).toBe(true));
    const page = await window().page;
    expect(page?.status).toBe(200);
    expect(page?.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page?.text()).toContain('<title>Gantry</title>');
    expect(window().options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      preload: '/app/dist/desktop/preload.cjs',
    });
  });

  test('a core that cannot start is explained, and the app ends', async () => {
    const place = await makePlace();
    const { electron, ended } = await startApp(place, {
      createGantry: () =>
        Promise.reject(new GantryError('ledger-from-the-future', 'The ledger is newer.', 'Update Gantry.')),
    });
    expect(await ended()).toBe(1);
    expect(electron.errorBoxes).toEqual([
      { title: 'Gantry cannot start', text: 'The ledger is newer.\n\nUpdate Gantry.' },
    ]);
    expect(electron.windows).toEqual([]);
  });

  test('a second start opens no second core: the first shows its folder', async () => {
    const place = await makePlace();
    const machine = createMachine();
    const first = await startApp(place, { machine });
    const page = await openPage(first);
    page.listen();
    first.window().blur();

    const createGantry = vi.fn(() => realGantry(place.home));
    const second = startApp(place, { machine, createGantry, argv: ['gantry', '/srv/shop'] });
    await vi.waitFor(() => expect(page.commands).toEqual([{ kind: 'open-workspace', folder: '/srv/shop' }]));
    expect(await (await second).ended()).toBe(0);
    expect(createGantry).not.toHaveBeenCalled();
    expect(first.window().isFocused()).toBe(true);
  });

  test('another GANTRY_HOME is another app', async () => {
    const machine = createMachine();
    await startApp(await makePlace(), { machine });
    const other = await startApp(await makePlace(), { machine });
    expect(other.electron.windows).toHaveLength(1);
  });
});

describe('the page', () => {
  test('calls the contract through the port it asked for', async () => {
    const place = await makePlace();
    const app = await startApp(place);
    const page = await openPage(app);
    const client = await connectClient(page.window);
    const folder = await makeWorkspace(place);

    const workspace = await client.workspaces.open({ folder });
    expect(workspace).toMatchObject({ origin: 'detected', environments: ['dev'] });
    expect(await client.workspaces.recent()).toMatchObject([{ folder, present: true }]);
    await expect(client.workspaces.open({ folder: `${folder}/missing` })).rejects.toMatchObject({
      code: 'GANTRY',
      data: { code: 'workspace-missing' },
    });
    for await (const live of await client.live({ workspaceId: workspace.id })) {
      expect(live).toEqual({ kind: 'alive' });
      break;
    }
  });

  test('gets a new port after a reload, and the old one goes on until it is closed', async () => {
    const app = await startApp(await makePlace());
    const page = await openPage(app);
    const before = await connectClient(page.window);
    const after = await connectClient(page.window);
    expect(await before.workspaces.recent()).toEqual([]);
    expect(await after.workspaces.recent()).toEqual([]);
  });

  test('a message that is not the page’s own gets no port', async () => {
    const app = await startApp(await makePlace());
    const page = await openPage(app);
    const asked = vi.fn();
    app.electron.ipcMain.on('gantry:connect', asked);
    const own = { source: page.window, origin: 'app://gantry', data: 'gantry:connect', ports: [] };
    page.forge({ ...own, source: {} });
    page.forge({ ...own, origin: 'https://example.com' });
    page.forge({ ...own, data: 'something else' });
    expect(asked).not.toHaveBeenCalled();
    page.forge(own);
    expect(asked).toHaveBeenCalledOnce();
  });

  test.each([
    ['a frame inside it', (top: { origin: string }) => ({ origin: top.origin, parent: top })],
    ['a frame that is gone', () => null],
    ['a foreign page', () => ({ origin: 'https://example.com', parent: null })],
  ])('%s is answered nothing', async (_, senderOf) => {
    const app = await startApp(await makePlace());
    const top = app.window().webContents.mainFrame;
    const sender = senderOf(top);
    // Whatever the frame says it is, a port posted to it would reach this page.
    const frame = sender === null ? null : { ...top, ...sender };
    const page = await openPage(app, frame as typeof top | null);
    app.electron.answers.folder = '/srv/shop';
    expect(await askForPort(page.window)).toBeUndefined();
    await expect(page.bridge.openFolder()).rejects.toThrow('may not ask');
    page.bridge.setTheme('dark');
    expect(app.electron.nativeTheme.themeSource).toBe('system');
  });

  test('asks for a folder with the system’s dialog', async () => {
    const app = await startApp(await makePlace());
    const { bridge } = await openPage(app);
    expect(await bridge.openFolder()).toBeNull();
    app.electron.answers.folder = '/srv/shop';
    expect(await bridge.openFolder()).toBe('/srv/shop');
  });

  test('is loaded again after a crash, three times at most', async () => {
    const app = await startApp(await makePlace());
    const { webContents } = app.window();
    webContents.emit('render-process-gone', {}, { reason: 'clean-exit' });
    expect(webContents.reloads).toBe(0);
    for (let i = 0; i < 5; i++) webContents.emit('render-process-gone', {}, { reason: 'crashed' });
    expect(webContents.reloads).toBe(3);
  });
});

describe('the guards', () => {
  test('are on every page, also one that is no window of ours', async () => {
    const { electron, window } = await startApp(await makePlace());
    const { webContents } = window();
    const navigate = (url: string, isMainFrame = true): boolean => {
      const preventDefault = vi.fn();
      webContents.emit('will-frame-navigate', { url, isMainFrame, preventDefault });
      return preventDefault.mock.calls.length === 0;
    };
    expect(navigate('app://gantry/index.html#/runs/1')).toBe(true);
    expect(navigate('https://example.com/')).toBe(false);
    expect(navigate('app://gantry/index.html', false)).toBe(false);
    expect(electron.openedOutside).toEqual([]);
    expect(navigate('https://docs.docker.com/engine/install/')).toBe(false);
    expect(electron.openedOutside).toEqual(['https://docs.docker.com/engine/install/']);

    const preventDefault = vi.fn();
    webContents.emit('will-redirect', { url: 'https://example.com', isMainFrame: true, preventDefault });
    webContents.emit('will-attach-webview', { preventDefault });
    expect(preventDefault).toHaveBeenCalledTimes(2);
    expect(webContents.windowOpenHandler?.({ url: 'app://gantry/index.html' })).toEqual({ action: 'deny' });
    expect(webContents.windowOpenHandler?.({ url: 'http://127.0.0.1:18081/' })).toEqual({ action: 'deny' });
    expect(electron.openedOutside).toHaveLength(2);
  });

  test('refuse devices, permissions and the network', async () => {
    const { electron } = await startApp(await makePlace());
    const { permissionRequest, permissionCheck, devicePermission } = electron.session;
    const details = { requestingUrl: 'app://gantry/index.html', isMainFrame: true };
    const asked = (permission: string): boolean => {
      const answer = vi.fn();
      permissionRequest?.(...([null, permission, answer, details] as never[]));
      const [granted] = answer.mock.calls[0] ?? [];
      expect(permissionCheck?.(...([null, permission, '', details] as never[]))).toBe(granted);
      return granted;
    };
    expect(asked('notifications')).toBe(true);
    expect(asked('media')).toBe(false);
    expect(devicePermission?.()).toBe(false);
    await expect(electron.fetch('https://example.com/')).rejects.toThrow('ERR_BLOCKED_BY_CLIENT');
    await expect(electron.fetch('app://other/index.html')).rejects.toThrow('ERR_BLOCKED_BY_CLIENT');
  });

  test('our scheme has one host, also for a request that no guard saw', async () => {
    const handle = vi.fn();
    const home = homeOf({ isPackaged: true, devUrl: undefined });
    // Only `handle` is used of Electron's protocol.
    servePage(
      { protocol: { handle } } as unknown as ElectronModule,
      home,
      '/nowhere',
      async () => new Uint8Array(1),
    );
    const [, answer] = handle.mock.calls[0] ?? [];
    expect((await answer({ method: 'GET', url: 'app://other/index.html' })).status).toBe(404);
  });

  test('nothing outside the renderer’s folder is served', async () => {
    const { electron } = await startApp(await makePlace());
    const status = async (path: string, method?: string): Promise<number> =>
      (await electron.fetch(`app://gantry/${path}`, method)).status;
    expect(await status('index.html')).toBe(200);
    expect(await status('..%2foutside.txt')).toBe(404);
    expect(await status('missing.js')).toBe(404);
    expect(await status('index.html', 'POST')).toBe(405);
  });
});

describe('menu and commands', () => {
  test('Open Folder… and Recent reach the page, also when it listens later', async () => {
    const place = await makePlace();
    const folder = await makeWorkspace(place);
    const app = await startApp(place, { argv: ['gantry', folder] });
    const page = await openPage(app);
    const client = await connectClient(page.window);
    await client.workspaces.open({ folder });

    app.electron.answers.folder = '/srv/other';
    menuItem(app.electron.menu(), 'File', 'Open Folder…').click?.();
    app.window().blur();
    const recent = await vi.waitFor(() =>
      menuItem(app.electron.menu(), 'File', 'Open Recent', `shop  (${folder})`),
    );
    recent.click?.();
    expect(page.commands).toEqual([]);
    page.listen();
    expect(page.commands).toEqual([
      { kind: 'open-workspace', folder },
      { kind: 'open-workspace', folder: '/srv/other' },
      { kind: 'open-workspace', folder },
    ]);
  });

  test('commands wait while the page loads anew', async () => {
    const app = await startApp(await makePlace());
    const page = await openPage(app);
    page.listen();
    app.window().webContents.reload();
    menuItem(app.electron.menu(), 'View', 'Command Palette…').click?.();
    expect(page.commands).toEqual([]);
    page.listen();
    expect(page.commands).toContainEqual({ kind: 'show-palette' });
  });

  test('the theme is set from both sides and remembered', async () => {
    const place = await makePlace();
    const app = await startApp(place);
    const page = await openPage(app);
    page.listen();
    menuItem(app.electron.menu(), 'View', 'Theme', 'Dark').click?.();
    expect(app.electron.nativeTheme.themeSource).toBe('dark');
    expect(page.commands).toEqual([{ kind: 'set-theme', theme: 'dark' }]);
    await vi.waitFor(() => expect(menuItem(app.electron.menu(), 'View', 'Theme', 'Dark').checked).toBe(true));
    page.bridge.setTheme('light');
    expect(app.electron.nativeTheme.themeSource).toBe('light');
    // A page may send anything; only a theme is taken.
    page.bridge.setTheme('pink' as 'dark');
    expect(app.electron.nativeTheme.themeSource).toBe('light');

    app.window().bounds = { x: 10, y: 20, width: 900, height: 720 };
    app.window().close();
    expect(await app.ended()).toBe(0);
    expect(JSON.parse(await readFile(join(place.home, 'desktop.json'), 'utf8'))).toEqual({
      theme: 'light',
      bounds: { x: 10, y: 20, width: 900, height: 720 },
    });
    const again = await startApp(place);
    expect(again.electron.nativeTheme.themeSource).toBe('light');
    expect(again.window().options).toMatchObject({ x: 10, y: 20, width: 900, height: 720 });
  });
});

describe('a run that ends', () => {
  async function withWorkspace() {
    const place = await makePlace();
    const app = await startApp(place);
    const page = await openPage(app);
    page.listen();
    const client = await connectClient(page.window);
    const { id } = await client.workspaces.open({ folder: await makeWorkspace(place) });
    return { place, app, page, client, workspaceId: id };
  }

  test('is told to someone who is not looking, and a click shows it', async () => {
    const { place, app, page, workspaceId } = await withWorkspace();
    app.window().blur();
    const { runId, end } = writeRun(place, workspaceId);
    // The watch begins when the window lost the eye; the run must end after that.
    await new Promise((resolve) => setTimeout(resolve, 300));
    end();
    const notification = await vi.waitFor(
      () => {
        const [first] = app.electron.notifications;
        if (first === undefined) throw new Error('no notification');
        return first;
      },
      { timeout: 5000 },
    );
    expect(notification.options).toEqual({
      title: 'Deploy to prod failed',
      body: 'shop: web never became healthy',
      urgency: 'critical',
    });
    expect(app.window().flashes).toBe(1);
    notification.emit('click');
    expect(app.window().isFocused()).toBe(true);
    expect(page.commands).toEqual([{ kind: 'show-run', workspaceId, runId }]);
  });

  test('is not told to someone who sees it', async () => {
    const { place, app, client, workspaceId } = await withWorkspace();
    app.window().blur();
    app.window().focus();
    const { runId, end } = writeRun(place, workspaceId);
    await new Promise((resolve) => setTimeout(resolve, 300));
    end();
    await vi.waitFor(async () => expect((await client.runs.get({ runId })).summary.state).toBe('failed'));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(app.electron.notifications).toEqual([]);
  });
});

describe('the end', () => {
  test('while a run of ours is under way, the person is asked first', async () => {
    const place = await makePlace();
    const dispose = vi.fn();
    const active: number[] = [];
    const app = await startApp(place, {
      createGantry: async () => {
        const gantry = await realGantry(place.home);
        return {
          ...gantry,
          activeRuns: () => active,
          dispose: async () => {
            dispose();
            await gantry.dispose();
          },
        };
      },
    });
    const page = await openPage(app);
    const client = await connectClient(page.window);
    const { id } = await client.workspaces.open({ folder: await makeWorkspace(place) });
    const { runId, end } = writeRun(place, id);
    active.push(runId);

    app.electron.answers.quit = false;
    app.window().close();
    await vi.waitFor(() =>
      expect(app.electron.questions).toEqual([
        {
          message: `Run ${runId}, the deploy to prod, is not finished.`,
          detail: 'Quitting interrupts it. The next start of Gantry finds out what is true and closes it.',
        },
      ]),
    );
    expect(app.electron.app.exitCode).toBeUndefined();
    expect(app.electron.app.windowsToClose.size).toBe(1);
    expect(dispose).not.toHaveBeenCalled();

    app.electron.answers.quit = true;
    // Twice: the second changes nothing.
    app.electron.app.quit();
    app.electron.app.quit();
    expect(await app.ended()).toBe(0);
    expect(dispose).toHaveBeenCalledOnce();
    end();
  });

  test('a core that cannot be closed does not keep the app', async () => {
    const place = await makePlace();
    const app = await startApp(place, {
      createGantry: async () => {
        const gantry = await realGantry(place.home);
        return {
          ...gantry,
          dispose: async () => {
            await gantry.dispose();
            throw new Error('no');
          },
        };
      },
    });
    app.window().close();
    expect(await app.ended()).toBe(0);
  });

  test('on a Mac the app outlives its window, and shows a new one when asked', async () => {
    const app = await startApp(await makePlace(), { platform: 'darwin' });
    app.window().close();
    expect(app.electron.app.exitCode).toBeUndefined();
    app.electron.app.emit('activate');
    expect(app.electron.windows).toHaveLength(2);
    app.electron.app.quit();
    expect(await app.ended()).toBe(0);
  });
});
