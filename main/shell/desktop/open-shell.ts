import type { Theme } from '#shared/api/desktop-bridge.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { runNotice } from '#shared/domain/run-notice.ts';
import type { GantryClient } from '../gantry-client.ts';
import { createInProcessClient } from '../in-process-client.ts';
import { type CommandQueue, createCommandQueue } from './command-queue.ts';
import { connectPage } from './connect-page.ts';
import { createDesktopMenu } from './desktop-menu.ts';
import { createDesktopWindow, type DesktopWindow } from './desktop-window.ts';
import { askToQuit, chooseFolder } from './dialogs.ts';
import type { ElectronModule } from './electron-module.ts';
import type { Home } from './home.ts';
import { leaveInOrder } from './leave.ts';
import type { RunningGantry } from './running-gantry.ts';
import type { SettingsFile } from './settings-file.ts';
import { createNotifier } from './show-notice.ts';
import { watchRuns } from './watch-runs.ts';

export type Shell = {
  /** Brings the window to the front, with this folder open in it. */
  show(folder?: string): void;
};

type ShellOptions = {
  readonly home: Home;
  readonly gantry: RunningGantry;
  readonly settings: SettingsFile;
  readonly platform: NodeJS.Platform;
  readonly preload: string;
  readonly dataFolder: string;
};

/** Window, menu, page, notifications and the way out, over a core that runs. */
export function openShell(electron: ElectronModule, options: ShellOptions): Shell {
  const { home, gantry, settings, platform } = options;
  const { client, close } = createInProcessClient(gantry.router);
  const stop = new AbortController();
  const commands = createCommandQueue();

  const watch = watchRuns({
    client,
    signal: stop.signal,
    onEnded: (run, name) => announce(run, name),
  });
  const leaving = leaveInOrder(electron, {
    platform,
    running: () => runsUnderWay(client, gantry),
    ask: (question) => askToQuit(electron, question),
    dispose: async () => {
      stop.abort();
      close();
      await settings.save();
      await gantry.dispose();
    },
  });
  const window = createDesktopWindow(electron, {
    platform,
    home,
    preload: options.preload,
    commands,
    remembered: () => settings.get().bounds,
    onMoved: (bounds) => settings.change({ bounds }),
    keepOpen: leaving.keepsWindow,
    // Workspaces may have been opened since; the menu and the watch follow when the eye comes or goes.
    onFocusChanged: () => refresh(),
  });
  const announce = createAnnouncer(electron, window, commands);

  const show = (folder?: string): void => {
    window.show();
    if (folder !== undefined) commands.send({ kind: 'open-workspace', folder });
  };
  const applyTheme = (theme: Theme): void => {
    settings.change({ theme });
    electron.nativeTheme.themeSource = theme;
    refresh();
  };
  const choose = (): Promise<string | null> => chooseFolder(electron, window.current());
  const menu = createDesktopMenu(electron, {
    platform,
    isDev: home.isDev,
    dataFolder: options.dataFolder,
    choose,
    show,
    applyTheme,
    send: (command) => {
      window.show();
      commands.send(command);
    },
  });
  // A core that does not answer shows itself in the page; the menu then stays as it is.
  const refresh = (): void =>
    void watch.refresh().then(
      (recent) => menu.update({ recent, theme: settings.get().theme }),
      () => undefined,
    );

  menu.update({ recent: [], theme: settings.get().theme });
  connectPage(electron, {
    router: gantry.router,
    home,
    ours: window.ids,
    requests: { onListening: window.listen, onTheme: applyTheme, chooseFolder: choose },
  });
  applyTheme(settings.get().theme);
  return { show };
}

/** Those that end when this process does. */
function runsUnderWay(client: GantryClient, gantry: RunningGantry): Promise<readonly RunSummary[]> {
  return Promise.all(
    gantry
      .activeRuns()
      .map(async (runId) => (await client.runs.get({ runId: runIdSchema.parse(runId) })).summary),
  );
}

/** Says that a run ended to someone who is not looking. */
function createAnnouncer(electron: ElectronModule, window: DesktopWindow, commands: CommandQueue) {
  const notify = createNotifier(electron);
  return (...[run, workspaceName]: Parameters<typeof runNotice>): void => {
    const notice = window.isFocused() ? undefined : runNotice(run, workspaceName);
    if (notice === undefined) return;
    if (notice.needsSomeone) window.flash();
    notify(notice, () => {
      window.show();
      commands.send({ kind: 'show-run', workspaceId: run.workspaceId, runId: run.id });
    });
  };
}
