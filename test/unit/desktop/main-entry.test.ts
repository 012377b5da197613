import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { withUsualSearchPath } from '#main/shell/desktop/search-path.ts';
import { createMachine } from '#test/fakes/electron/fake-app.ts';
import { createFakeElectron } from '#test/fakes/electron/fake-electron.ts';
import { makePlace } from './desktop-app.ts';

test('the entry that Electron runs starts a real core in GANTRY_HOME and ends in order', async () => {
  const { home } = await makePlace();
  const electron = createFakeElectron(createMachine());
  const { argv } = process;
  vi.stubEnv('GANTRY_HOME', home);
  process.argv = ['/opt/Gantry/gantry'];
  onTestFinished(() => {
    process.argv = argv;
    vi.unstubAllEnvs();
    vi.doUnmock('electron');
  });
  vi.resetModules();
  vi.doMock('electron', () => electron.module);

  await import('#main/shell/desktop/main.ts');
  // Electron is ready no earlier than its entry has been evaluated: one that waits for it would wait for ever.
  electron.app.becomeReady();
  await vi.waitFor(() => expect([electron.windows.length, electron.errorBoxes]).toEqual([1, []]));
  expect(existsSync(join(home, 'ledger.db'))).toBe(true);
  expect(electron.windows[0]?.options.webPreferences?.preload).toMatch(/preload\.cjs$/);

  electron.app.quit();
  await vi.waitFor(() => expect(electron.app.exitCode).toBe(0));
  expect(existsSync(join(home, 'desktop.json'))).toBe(true);
});

test('a Mac finds docker where it usually is, after what the person set', () => {
  expect(withUsualSearchPath({ PATH: '/mine:/usr/bin', A: '1' }, 'darwin')).toEqual({
    PATH: '/mine:/usr/bin:/usr/local/bin:/opt/homebrew/bin:/bin:/usr/sbin:/sbin',
    A: '1',
  });
  expect(withUsualSearchPath({}, 'darwin').PATH).toBe(
    '/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  );
  expect(withUsualSearchPath({ PATH: '/mine' }, 'linux')).toEqual({ PATH: '/mine' });
});
