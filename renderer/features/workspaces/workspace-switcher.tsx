import type { RecentWorkspace } from '#shared/domain/workspace.ts';
import { useActions } from '../../stores/actions.tsx';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useStores, useWorkspace } from '../../stores/stores.tsx';
import { FolderIcon } from '../../ui/icons.tsx';
import type { MenuItem } from '../../ui/menu.tsx';
import { Menu } from '../../ui/menu.tsx';
import { WorkspaceButton } from '../../ui/window-frame.tsx';
import { useFolderChooser } from './folder-chooser.tsx';

/** Opens a folder the way this shell can: at once by the system's dialog, else by asking for its path. */
export function useOpenFolder(): () => Promise<void> {
  const { workspace, notices } = useStores();
  const router = useRouter();
  const chooser = useFolderChooser();
  return async () => {
    if (chooser === undefined) return router.openDialog({ kind: 'open-workspace' });
    const folder = await chooser.choose();
    if (folder === undefined) return;
    if (await workspace.getState().openFolder(folder)) router.go({ view: { kind: 'board' } });
    else {
      const { trouble } = workspace.getState();
      if (trouble !== undefined) notices.getState().showTrouble(trouble);
    }
  };
}

export function WorkspaceSwitcher() {
  const current = useWorkspace((state) => state.current);
  const recent = useWorkspace((state) => state.recent);
  const { openKnown } = useActions();
  const openFolder = useOpenFolder();
  if (current === undefined) return null;
  const items: MenuItem[] = [
    ...recent.map(
      (each): MenuItem => ({
        kind: 'choice',
        id: each.id,
        label: each.name,
        detail: detailOf(each),
        chosen: each.id === current.id,
        onSelect: () => void openKnown(each.id),
      }),
    ),
    ...(recent.length > 0 ? [{ kind: 'separator', id: 'separator' } as const] : []),
    {
      kind: 'action',
      id: 'open',
      label: 'Open folder…',
      icon: FolderIcon,
      keys: 'mod+o',
      onSelect: () => void openFolder(),
    },
  ];
  return <Menu label="Workspaces" items={items} trigger={<WorkspaceButton name={current.name} />} />;
}

function detailOf({ name, folder, present }: RecentWorkspace): string | undefined {
  if (!present) return 'folder is gone';
  return name === folder ? undefined : shortFolder(folder);
}

/** The last two parts tell two checkouts of one name apart. */
function shortFolder(folder: string): string {
  const parts = folder.split(/[\\/]/).filter((part) => part !== '');
  return parts.length <= 2 ? folder : `…/${parts.slice(-2).join('/')}`;
}
