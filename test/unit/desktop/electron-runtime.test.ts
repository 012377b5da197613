import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findElectronRuntime } from '#test/e2e/electron-runtime.ts';

async function makePackage(files: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-runtime-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'dist'));
  for (const file of files) await writeFile(join(folder, file), file === 'path.txt' ? 'the-app' : '');
  return folder;
}

const machine = { env: { DISPLAY: ':1' }, platform: 'linux' as NodeJS.Platform, userId: 1000 };

describe('findElectronRuntime', () => {
  test('a package whose runtime was never downloaded', async () => {
    const packageFolder = await makePackage([]);
    expect(findElectronRuntime({ ...machine, packageFolder })).toMatchObject({
      kind: 'absent',
      why: expect.stringContaining('no Electron runtime on this machine'),
    });
  });
  test('a downloaded one, under the name its installer wrote', async () => {
    const packageFolder = await makePackage(['path.txt', 'dist/the-app']);
    expect(findElectronRuntime({ ...machine, packageFolder })).toEqual({
      kind: 'present',
      program: join(packageFolder, 'dist/the-app'),
    });
  });
  test('one of the person’s own, elsewhere', async () => {
    const packageFolder = await makePackage([]);
    const elsewhere = await makePackage(['electron']);
    const env = { ...machine.env, ELECTRON_OVERRIDE_DIST_PATH: elsewhere };
    expect(findElectronRuntime({ ...machine, env, packageFolder })).toEqual({
      kind: 'present',
      program: join(elsewhere, 'electron'),
    });
  });
  test('one that could not show a window', async () => {
    const packageFolder = await makePackage(['dist/electron']);
    expect(findElectronRuntime({ ...machine, packageFolder, env: {} })).toMatchObject({
      why: expect.stringContaining('display'),
    });
    expect(findElectronRuntime({ ...machine, packageFolder, userId: 0 })).toMatchObject({
      why: expect.stringContaining('root'),
    });
    expect(findElectronRuntime({ ...machine, packageFolder, platform: 'darwin', env: {} }).kind).toBe(
      'present',
    );
  });
});
