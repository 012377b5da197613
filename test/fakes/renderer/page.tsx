import '#renderer/styles/index.css';
import { silentNotifier } from '#renderer/app/notifier.tsx';
import { startApp } from '#renderer/app/start.tsx';
import { stoppedClock } from '#renderer/ui/clock.ts';
import { followTheme } from '#renderer/ui/theme.ts';
import { now } from './chatbot.ts';
import { createFixture } from './fixture-client.ts';
import { scenarios } from './scenarios.ts';

/**
 * The whole app on a fixture: `npx vite test/fakes/renderer -c vite.config.ts --port 5199`, then
 * `/?scenario=board&theme=dark#/`; with `&asks` the question about notifications comes up. The clock stands still, so that two pictures of one scenario are equal.
 */
const params = new URLSearchParams(window.location.search);
const scenario = scenarios[params.get('scenario') ?? 'board']?.();
const root = document.getElementById('root');
if (scenario === undefined || root === null)
  throw new Error(`scenarios: ${Object.keys(scenarios).join(', ')}`);

const memory = new Map<string, string>([['gantry.theme', params.get('theme') ?? 'light']]);
const storage = {
  getItem: (key: string) => memory.get(key) ?? null,
  setItem: (key: string, value: string) => void memory.set(key, value),
  removeItem: (key: string) => void memory.delete(key),
};
const fixture = createFixture(scenario.data);
scenario.prepare?.(fixture);

startApp(root, {
  transport: fixture.transport,
  addressBar: window,
  lasting: storage,
  passing: storage,
  theme: followTheme(document.documentElement, window.matchMedia('(prefers-color-scheme: dark)'), storage),
  clock: stoppedClock(now),
  timers: {
    set: (run, ms) => setTimeout(run, ms),
    clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout> | undefined),
  },
  now: () => now,
  isVisible: () => true,
  isLooking: () => true,
  onVisibility: () => () => undefined,
  notifier: params.has('asks') ? { ...silentNotifier, permission: () => 'default' } : silentNotifier,
  folderChooser: undefined,
  shell: { hasWindowButtons: false, restartHint: 'Start gantry serve again if it stays away.' },
});
