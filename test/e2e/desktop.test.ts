import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { _electron, type ElectronApplication, expect, type Page, test } from '@playwright/test';
import { findElectronRuntime } from './electron-runtime.ts';

const root = resolve(import.meta.dirname, '../..');
const main = join(root, 'dist/desktop/main.js');
const runtime = findElectronRuntime({
  env: process.env,
  platform: process.platform,
  userId: process.getuid?.(),
  packageFolder: join(root, 'node_modules/electron'),
});

test.describe('the desktop window', () => {
  // biome-ignore lint/suspicious/noSkippedTests: where there is no runtime; the reason is printed with it.
  test.skip(runtime.kind === 'absent', runtime.kind === 'absent' ? runtime.why : '');
  const program = runtime.kind === 'present' ? runtime.program : '';
  let place: string;
  let workspace: string;
  let app: ElectronApplication;
  let page: Page;
  let env: Record<string, string>;

  test.beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'gantry-e2e-desktop-'));
    workspace = join(place, 'chatbot');
    await cp(join(root, 'examples/chatbot'), workspace, { recursive: true });
    const inherited = Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    env = { ...Object.fromEntries(inherited), GANTRY_HOME: join(place, 'home') };
    app = await _electron.launch({ executablePath: program, args: [main, workspace], env });
    page = await app.firstWindow();
  });
  test.afterEach(async () => {
    await app.close();
    await rm(place, { recursive: true, force: true });
  });

  test('opens on the folder it was given, over the MessagePort', async () => {
    expect(page.url()).toMatch(/^app:\/\/gantry\//);
    await expect(page.getByRole('button', { name: 'Workspace: chatbot' })).toBeVisible();
    for (const environment of ['dev', 'staging', 'prod']) {
      await expect(page.getByRole('heading', { name: environment, exact: true })).toBeVisible();
    }
  });

  test('gives its page no Node, and four things of the desktop', async () => {
    const seen = await page.evaluate(() => ({
      node: ['process', 'require', 'module', 'Buffer', 'global'].filter((name) => name in globalThis),
      // Preload's own object, which has no type in a test.
      bridge: Object.keys((globalThis as unknown as { gantryDesktop: object }).gantryDesktop).sort(),
    }));
    expect(seen).toEqual({ node: [], bridge: ['onCommand', 'openFolder', 'platform', 'setTheme'] });
  });

  test('has every switch of the safety list in force', async () => {
    const preferences = await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map((window) => {
        // Missing in Electron's types; it is what the page truly runs with.
        const contents = window.webContents as unknown as { getLastWebPreferences(): object };
        return contents.getLastWebPreferences();
      }),
    );
    expect(preferences).toMatchObject([
      {
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
      },
    ]);
  });

  test('loads nothing foreign, goes nowhere and opens no window', async () => {
    const before = page.url();
    const tried = await page.evaluate(async () => ({
      fetched: await fetch('https://example.com/').then(
        () => 'answered',
        () => 'refused',
      ),
      opened: window.open('https://example.com/') === null ? 'refused' : 'opened',
      camera: await navigator.mediaDevices.getUserMedia({ video: true }).then(
        () => 'granted',
        () => 'refused',
      ),
      inline: (() => {
        const script = document.createElement('script');
        script.textContent = 'document.title = "run"';
        document.body.append(script);
        return document.title === 'run' ? 'ran' : 'refused';
      })(),
    }));
    expect(tried).toEqual({ fetched: 'refused', opened: 'refused', camera: 'refused', inline: 'refused' });
    await page.evaluate(() => {
      location.href = 'https://example.com/';
    });
    await page.waitForTimeout(300);
    expect(page.url()).toBe(before);
    expect(app.windows()).toHaveLength(1);
  });

  test('serves its own files and nothing beside them', async () => {
    const statuses = await page.evaluate(() =>
      Promise.all(
        ['index.html', '..%2fdesktop%2fmain.js', 'missing.js'].map(
          async (path) => (await fetch(`app://gantry/${path}`)).status,
        ),
      ),
    );
    expect(statuses).toEqual([200, 404, 404]);
  });

  test('a second start shows its folder here and ends', async () => {
    await expect(page.getByRole('button', { name: 'Workspace: chatbot' })).toBeVisible();
    const other = join(place, 'shop');
    await cp(workspace, other, { recursive: true });
    await rm(join(other, 'gantry.yml'));
    await promisify(execFile)(program, [main, other], { env, timeout: 20_000 });
    await expect(page.getByRole('button', { name: 'Workspace: shop' })).toBeVisible();
    expect(app.windows()).toHaveLength(1);
  });

  test('the menu chooses the theme, which is remembered', async () => {
    await app.evaluate(({ Menu }) => {
      const view = Menu.getApplicationMenu()?.items.find((item) => item.label === '&View');
      const theme = view?.submenu?.items.find((item) => item.label === '&Theme');
      theme?.submenu?.items.find((item) => item.label === 'Dark')?.click();
    });
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await app.close();
    const remembered = JSON.parse(await readFile(join(place, 'home/desktop.json'), 'utf8'));
    expect(remembered.theme).toBe('dark');
  });
});
