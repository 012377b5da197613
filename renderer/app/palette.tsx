import { useState } from 'react';
import { useOpenFolder } from '../features/workspaces/workspace-switcher.tsx';
import { useActions } from '../stores/actions.tsx';
import { useBuildQueue } from '../stores/build-queue.ts';
import { useCurrentBoard } from '../stores/current-board.ts';
import { useRouter } from '../stores/routes/use-route.tsx';
import { usePreferences, useRuns, useStores, useWatch, useWorkspace } from '../stores/stores.tsx';
import { useCircumstances } from '../stores/use-circumstances.ts';
import type { PaletteGroup } from '../ui/command-palette.tsx';
import { CommandPalette } from '../ui/command-palette.tsx';
import type { Icon } from '../ui/icons.tsx';
import {
  ArrowIcon,
  BackIcon,
  BuildIcon,
  CancelIcon,
  ClockIcon,
  CompareIcon,
  DarkIcon,
  FolderIcon,
  HoldIcon,
  ImageIcon,
  LightIcon,
  NoteIcon,
  RefreshIcon,
  RightIcon,
  SwitchOnIcon,
  SystemIcon,
  TagIcon,
} from '../ui/icons.tsx';
import type { CommandAct, CommandIcon, PaletteCommand } from './command-types.ts';
import { paletteGroups } from './commands.ts';
import { useNotifier } from './notifier.tsx';

const icons: Record<CommandIcon, Icon> = {
  arrow: ArrowIcon,
  back: BackIcon,
  build: BuildIcon,
  cancel: CancelIcon,
  clock: ClockIcon,
  compare: CompareIcon,
  dark: DarkIcon,
  deploy: ImageIcon,
  folder: FolderIcon,
  hold: HoldIcon,
  light: LightIcon,
  notify: NoteIcon,
  refresh: RefreshIcon,
  system: SystemIcon,
  tag: TagIcon,
  view: RightIcon,
  watch: SwitchOnIcon,
};

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const [query, setQuery] = useState('');
  const perform = usePerform();
  const notifier = useNotifier();
  const groups = paletteGroups({
    board: useCurrentBoard(),
    runs: useRuns((state) => state.recent),
    recent: useWorkspace((state) => state.recent),
    theme: usePreferences((state) => state.theme),
    around: useCircumstances(),
    queue: useBuildQueue(),
    watch: useWatch((state) => state.watch),
    canAskToNotify: notifier.permission() === 'default',
  }).map(
    (group): PaletteGroup => ({
      heading: group.heading,
      items: (query === '' ? possibleFirst(group.commands) : group.commands).map((command) => ({
        ...command,
        icon: icons[command.icon],
        onSelect: () => perform(command.act),
      })),
    }),
  );
  return <CommandPalette open onClose={onClose} query={query} onQuery={setQuery} groups={groups} />;
}

/** The first one is selected when the palette opens: it should be one that Enter can do. */
function possibleFirst(commands: readonly PaletteCommand[]): readonly PaletteCommand[] {
  return commands.toSorted(
    (one, other) => Number(one.reason !== undefined) - Number(other.reason !== undefined),
  );
}

function usePerform(): (act: CommandAct) => void {
  const router = useRouter();
  const actions = useActions();
  const openFolder = useOpenFolder();
  const stores = useStores();
  const notifier = useNotifier();
  return (act) => {
    switch (act.kind) {
      case 'go':
        return router.go({ view: act.view });
      case 'dialog':
        return router.openDialog(act.dialog);
      case 'build':
        return void actions.build(act);
      case 'watch':
        return void actions.startWatch(act.environment);
      case 'stop-watch':
        return void actions.stopWatch();
      case 'cancel':
        return void actions.cancelRun(act.runId);
      case 'observe':
        return void stores.board.getState().observe();
      case 'open-folder':
        return void openFolder();
      case 'open-known':
        return void actions.openKnown(act.id);
      case 'theme':
        return stores.preferences.getState().setTheme(act.theme);
      case 'allow-notifications':
        return void notifier.ask();
    }
  };
}
