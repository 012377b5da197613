import { releaseIdSchema } from '#shared/domain/ids.ts';
import { BuildButton } from '../features/build/build-button.tsx';
import { WatchSwitch } from '../features/build/watch-switch.tsx';
import { WorkspaceSwitcher } from '../features/workspaces/workspace-switcher.tsx';
import type { View } from '../stores/routes/route.ts';
import { useRoute, useRouter } from '../stores/routes/use-route.tsx';
import { useWorkspace } from '../stores/stores.tsx';
import { GitState, PaletteButton, TitleBar } from '../ui/window-frame.tsx';

const tabs: readonly { readonly id: string; readonly label: string; readonly view: View }[] = [
  { id: 'board', label: 'Board', view: { kind: 'board' } },
  { id: 'runs', label: 'Runs', view: { kind: 'runs' } },
  { id: 'releases', label: 'Releases', view: { kind: 'releases' } },
  { id: 'history', label: 'History', view: { kind: 'history' } },
];

export function GantryTitleBar(props: { readonly onPalette: () => void; readonly windowButtons: boolean }) {
  const router = useRouter();
  const { view } = useRoute();
  const workspace = useWorkspace((state) => state.current);
  const git = workspace?.git;
  return (
    <TitleBar
      windowButtons={props.windowButtons}
      left={
        <>
          <WorkspaceSwitcher />
          {workspace !== undefined && git?.branch !== undefined && git.head !== undefined && (
            <GitState
              branch={git.branch}
              sha={git.head.sha}
              uncommitted={git.uncommittedFiles}
              title={`${workspace.folder} on ${git.branch} at ${git.head.sha.slice(0, 7)}: ${git.head.subject}`}
            />
          )}
        </>
      }
      tabs={
        workspace === undefined
          ? []
          : tabs.map(({ id, label, view: to }) => ({ id, label, href: router.href(to) }))
      }
      current={tabOf(view)}
      onTab={(id) => {
        const tab = tabs.find((each) => each.id === id);
        if (tab !== undefined) router.go({ view: tab.view });
      }}
      right={
        <>
          <PaletteButton onClick={props.onPalette} />
          {workspace !== undefined && (
            <>
              <WatchSwitch />
              <BuildButton />
            </>
          )}
        </>
      }
    />
  );
}

function tabOf(view: View): string {
  switch (view.kind) {
    case 'run':
      return 'runs';
    case 'compare':
      // Two releases are chosen in their list; environments stand on the board.
      return releaseIdSchema.safeParse(view.left).success && releaseIdSchema.safeParse(view.right).success
        ? 'releases'
        : 'board';
    default:
      return view.kind;
  }
}
