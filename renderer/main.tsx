import './app/no-eval.ts';
import './styles/index.css';
import type { DesktopBridge } from '#shared/api/desktop-bridge.ts';
import { createWebNotifier, silentNotifier } from './app/notifier.tsx';
import type { ShellFacts } from './app/shell-facts.ts';
import { startApp } from './app/start.tsx';
import type { Transport } from './transport/client.ts';
import { connectDesktop, receivePort } from './transport/desktop.ts';
import { apiSocketUrl, connectWeb } from './transport/web.ts';
import { createClock } from './ui/clock.ts';
import { followTheme } from './ui/theme.ts';

declare global {
  interface Window {
    /** What the desktop shell's preload exposes; absent in a browser. */
    readonly gantryDesktop?: DesktopBridge;
  }
}

const timers = {
  set: (run: () => void, ms: number) => setTimeout(run, ms),
  // A handle only ever comes from `set` above.
  clear: (timer: unknown) => clearTimeout(timer as ReturnType<typeof setTimeout> | undefined),
};

/** The preload answers at once; the core behind it may still be migrating its ledger. */
const PORT_PATIENCE_MS = 60_000;

async function connect(bridge: DesktopBridge | undefined): Promise<Transport> {
  if (bridge !== undefined) {
    const port = await receivePort(window, AbortSignal.timeout(PORT_PATIENCE_MS));
    return connectDesktop(port, Date.now);
  }
  return connectWeb({
    open: () => new WebSocket(apiSocketUrl(window.location)),
    now: Date.now,
    random: Math.random,
    timers,
  });
}

function shellFacts(bridge: DesktopBridge | undefined): ShellFacts {
  if (bridge === undefined) {
    return {
      hasWindowButtons: false,
      restartHint: 'If it stays away, start gantry serve again and open the address it prints.',
    };
  }
  return {
    hasWindowButtons: bridge.platform === 'darwin',
    restartHint: 'If it stays away, close this window and open Gantry again.',
    onCommand: bridge.onCommand,
  };
}

async function main(): Promise<void> {
  const root = document.getElementById('root');
  if (root === null) throw new Error('the page has no #root');
  const bridge = window.gantryDesktop;
  const theme = followTheme(
    document.documentElement,
    window.matchMedia('(prefers-color-scheme: dark)'),
    window.localStorage,
  );
  bridge?.setTheme(theme.choice());
  startApp(root, {
    transport: await connect(bridge),
    addressBar: window,
    lasting: window.localStorage,
    passing: window.sessionStorage,
    theme: {
      choice: theme.choice,
      choose: (choice) => {
        theme.choose(choice);
        bridge?.setTheme(choice);
      },
    },
    clock: createClock(Date.now),
    timers,
    now: Date.now,
    isVisible: () => document.visibilityState === 'visible',
    isLooking: () => document.visibilityState === 'visible' && document.hasFocus(),
    onVisibility: (listener) => {
      document.addEventListener('visibilitychange', listener);
      // A window that stood beside an editor was visible all the time.
      window.addEventListener('focus', listener);
      return () => {
        document.removeEventListener('visibilitychange', listener);
        window.removeEventListener('focus', listener);
      };
    },
    notifier: bridge === undefined ? createWebNotifier(window) : silentNotifier,
    folderChooser:
      bridge === undefined ? undefined : { choose: async () => (await bridge.openFolder()) ?? undefined },
    shell: shellFacts(bridge),
  });
}

main().catch((error: unknown) => {
  // Nothing is drawn yet: a line of text is better than an empty window.
  const root = document.getElementById('root') ?? document.body;
  root.textContent = `Gantry could not start this window: ${error instanceof Error ? error.message : error}`;
});
