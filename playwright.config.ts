import { defineConfig } from '@playwright/test';
import { ensureChromium } from '#test/engine/chromium.ts';

const isForPictures = process.env.GANTRY_SCREENSHOTS === '1';

export default defineConfig({
  testDir: 'test/e2e',
  // Pictures for people are taken when they are asked for, alone: `npm test` changes no file.
  testMatch: isForPictures ? '**/screenshots.test.ts' : '**/*.test.ts',
  testIgnore: isForPictures ? [] : '**/screenshots.test.ts',
  globalSetup: ['./test/e2e/built-pages.ts', './test/engine/playwright-setup.ts'],
  outputDir: 'test-results',
  // One after the other, stories take 1.6 times as long. Pictures are taken where nothing else makes the machine slow.
  workers: isForPictures ? 1 : 2,
  timeout: 120_000,
  expect: { timeout: 10_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: 'line',
  use: {
    viewport: { width: 1280, height: 800 },
    screenshot: 'only-on-failure',
    // Every frame of it as a picture took as long as the stories themselves: 40 % of their processor time.
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: {
      executablePath: await ensureChromium((line) => process.stderr.write(`${line}\n`)),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        // Without these Chromium looks up its maker's hosts at every start.
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
