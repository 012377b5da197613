import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { BoardView } from '../features/board/board-view.tsx';
import { RunsList } from '../features/board/runs-list.tsx';
import { OpenWorkspaceView } from '../features/workspaces/open-workspace.tsx';
import { WorkspaceNotices } from '../features/workspaces/workspace-notices.tsx';
import { useOpenFolder } from '../features/workspaces/workspace-switcher.tsx';
import { useRoute } from '../stores/routes/use-route.tsx';
import { useWorkspace } from '../stores/stores.tsx';
import { useHotkeys } from '../ui/hotkeys.ts';
import { Page, WindowFrame } from '../ui/window-frame.tsx';
import { ConnectionNotice } from './connection-notice.tsx';
import { Dialogs } from './dialogs.tsx';
import { Palette } from './palette.tsx';
import type { ShellFacts } from './shell-facts.ts';
import { GantryStatusBar } from './status-bar.tsx';
import { GantryTitleBar } from './title-bar.tsx';
import { Toasts } from './toasts.tsx';
import { useShellCommands } from './use-shell-commands.ts';
import { views } from './views.tsx';

const RUNS_PAGE_ROWS = 50;

export function App({ shell }: { readonly shell: ShellFacts }) {
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const openFolder = useOpenFolder();
  useHotkeys({
    'mod+k': () => setPaletteOpen((isOpen) => !isOpen),
    'mod+o': () => void openFolder(),
  });
  useWindowTitle();
  useShellCommands(shell, () => setPaletteOpen(true));
  return (
    <WindowFrame
      titleBar={
        <>
          <GantryTitleBar onPalette={() => setPaletteOpen(true)} windowButtons={shell.hasWindowButtons} />
          <ConnectionNotice restartHint={shell.restartHint} />
        </>
      }
      statusBar={<GantryStatusBar />}
    >
      <CurrentView />
      <Dialogs />
      {isPaletteOpen && <Palette onClose={() => setPaletteOpen(false)} />}
      <Toasts />
    </WindowFrame>
  );
}

/** What tabs, task bars and screen readers call the window. */
function useWindowTitle(): void {
  const name = useWorkspace((state) => state.current?.name);
  useEffect(() => {
    document.title = name === undefined ? 'Gantry' : `${name} - Gantry`;
  }, [name]);
}

function CurrentView(): ReactNode {
  const { view } = useRoute();
  const workspace = useWorkspace((state) => state.current);
  if (workspace === undefined) {
    return (
      <Page>
        <OpenWorkspaceView />
      </Page>
    );
  }
  switch (view.kind) {
    case 'board':
      return (
        <Page>
          <WorkspaceNotices />
          <BoardView key={workspace.id} />
        </Page>
      );
    case 'runs':
      return (
        <Page>
          <RunsList limit={RUNS_PAGE_ROWS} />
        </Page>
      );
    case 'run':
      return views.run(view);
    case 'history':
      return views.history();
    case 'releases':
      return views.releases();
    case 'compare':
      return views.compare(view);
  }
}
