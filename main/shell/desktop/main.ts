import { mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as electron from 'electron';
import { createGantry } from '../../create-gantry.ts';
import { gantryHome } from '../gantry-home.ts';
import { gantryVersion } from '../gantry-version.ts';
import { withUsualSearchPath } from './search-path.ts';
import { startDesktop } from './start-desktop.ts';

// Electron's entry. Bundled to dist/desktop/main.js, with preload.cjs beside it and the renderer in dist/renderer.
const { platform } = process;
const env = withUsualSearchPath(process.env, platform);
const dataFolder = gantryHome({ env, platform, homeFolder: homedir() });

// Not awaited: Electron becomes ready only after this module has been evaluated, and starting waits for that.
void startDesktop(electron, {
  createGantry: () => createGantry({ home: dataFolder, shell: 'desktop', env, version: gantryVersion }),
  argv: process.argv,
  cwd: process.cwd(),
  platform,
  devUrl: env.GANTRY_DEV_URL,
  dataFolder,
  rendererRoot: join(import.meta.dirname, '..', 'renderer'),
  preload: join(import.meta.dirname, 'preload.cjs'),
  files: {
    read: (path) => readFile(path),
    readText: (path) => readFile(path, 'utf8').catch(() => undefined),
    writeText: (path, text) => writeFile(path, text),
    makeFolder: (path) => void mkdirSync(path, { recursive: true, mode: 0o700 }),
  },
});
