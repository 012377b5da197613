import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Configuration } from 'electron-builder';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));

// electron-builder checks a configuration with a function of app-builder-lib, its own dependency, which it does not
// re-export. Resolving from electron-builder's place reaches the very version that would build the installers.
const requireAsElectronBuilder = createRequire(createRequire(import.meta.url).resolve('electron-builder'));
// The shape is that of app-builder-lib 26, out/util/config/config.d.ts.
const { validateConfiguration } = requireAsElectronBuilder('app-builder-lib/out/util/config/config.js') as {
  validateConfiguration: (config: unknown, debugLogger: { isEnabled: boolean }) => Promise<void>;
};

const load = (): Configuration => parse(readFileSync(`${root}electron-builder.yml`, 'utf8'));
const validate = (config: unknown): Promise<void> => validateConfiguration(config, { isEnabled: false });

describe('electron-builder.yml', () => {
  test('is accepted by the schema of electron-builder itself', async () => {
    await expect(validate(load())).resolves.toBeUndefined();
  });

  test.each([
    ['a key that does not exist', { asarUnpak: [] }, "unknown property 'asarUnpak'"],
    ['a misspelt fuse', { electronFuses: { runAsNodes: false } }, 'configuration.electronFuses'],
    ['a value that is none of the allowed ones', { compression: 'huge' }, 'configuration.compression'],
  ])('the schema refuses %s', async (_, wrong, message) => {
    await expect(validate({ ...load(), ...wrong })).rejects.toThrow(message);
  });

  test('builds AppImage and deb, dmg, and nsis', () => {
    expect(load()).toMatchObject({
      linux: { target: ['AppImage', 'deb'] },
      mac: { target: ['dmg'] },
      win: { target: ['nsis'] },
    });
  });

  test('sets every fuse of the safety list, and no fuse is left to its default', () => {
    expect(load().electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
      loadBrowserProcessSpecificV8Snapshot: false,
    });
  });

  test('packs the bundles only, with the native library outside the archive', () => {
    const { files, asar, asarUnpack } = load();
    // Without a positive pattern electron-builder would add "**/*", the whole checkout.
    expect((files as string[]).filter((pattern) => !pattern.startsWith('!'))).toEqual(['dist/**']);
    expect(asar).toBe(true);
    for (const pattern of asarUnpack as string[]) {
      expect(existsSync(`${root}${pattern.replace('/**', '')}`), pattern).toBe(true);
    }
  });

  test('names what a .deb cannot be made without, beyond the schema: a homepage and an e-mail address', () => {
    const { extraMetadata, linux } = load();
    expect(extraMetadata).toMatchObject({ homepage: expect.stringMatching(/^https:/) });
    expect(linux?.maintainer).toMatch(/<.+@.+>/);
  });

  test('every icon exists and is large enough for a Mac', () => {
    const { linux, mac, win } = load();
    for (const icon of [linux?.icon, mac?.icon, win?.icon]) {
      const png = readFileSync(`${root}${icon}`);
      // IHDR: width and height are the 32-bit numbers at 16 and 20. icns wants 512 at least.
      expect([png.readUInt32BE(16), png.readUInt32BE(20)], String(icon)).toEqual([1024, 1024]);
    }
  });
});
