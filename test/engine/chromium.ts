import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';
import { GantryError } from '#shared/domain/errors.ts';
import { installPackages } from './apt.ts';
import { distribution, type EnvVars, which, whyNotProvisionable } from './machine.ts';
import type { Say } from './packages.ts';

const settings = ['PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH', 'CHROME_PATH'];

const places = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

function present(env: EnvVars): string | undefined {
  for (const name of settings) {
    const path = env[name];
    if (!path) continue;
    if (existsSync(path)) return path;
    throw new GantryError(
      'usage',
      `${name} is ${path}, but there is no such file.`,
      `Correct ${name} or unset it.`,
    );
  }
  const onPath = which('chromium', env.PATH) ?? which('google-chrome', env.PATH);
  return onPath ?? [...places, chromium.executablePath()].find((path) => path !== '' && existsSync(path));
}

/** A Chromium for end-to-end tests: the one that is there, else Debian's package. Answers its path. */
export async function ensureChromium(say: Say = () => {}, env: EnvVars = process.env): Promise<string> {
  const found = present(env);
  if (found !== undefined) return found;
  const obstacle =
    whyNotProvisionable() ?? (distribution()?.id === 'ubuntu' ? "Ubuntu's is a snap" : undefined);
  if (obstacle !== undefined) {
    throw new GantryError(
      'usage',
      `There is no Chromium for the end-to-end tests, and it cannot be installed, because ${obstacle}.`,
      'Run `npx playwright install chromium`, or install Chrome and set CHROME_PATH.',
    );
  }
  say('installing chromium (once)');
  // A font of its own: without one Chromium shows boxes.
  await installPackages(['chromium', 'fonts-liberation'], 'the end-to-end tests need a browser');
  return '/usr/bin/chromium';
}
