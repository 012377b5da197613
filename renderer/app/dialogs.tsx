import { HoldDialog, LiftDialog } from '../features/board/hold-dialog.tsx';
import { AdoptDialog } from '../features/releases/adopt-dialog.tsx';
import { NameDialog } from '../features/releases/name-dialog.tsx';
import { PruneDialog } from '../features/releases/prune-dialog.tsx';
import { PushDialog } from '../features/releases/push-dialog.tsx';
import { GitTagDialog } from '../features/runs/git-tag-dialog.tsx';
import { RetryDialog } from '../features/runs/retry-dialog.tsx';
import { OpenWorkspaceDialog } from '../features/workspaces/open-workspace.tsx';
import { useRoute, useRouter } from '../stores/routes/use-route.tsx';
import { views } from './views.tsx';

/** What the address lays over the view. */
export function Dialogs() {
  const { dialog } = useRoute();
  const { closeDialog } = useRouter();
  switch (dialog?.kind) {
    case undefined:
      return null;
    case 'plan':
      return views.plan(dialog, closeDialog);
    case 'hold':
      return <HoldDialog key={dialog.environment} environment={dialog.environment} onClose={closeDialog} />;
    case 'lift':
      return <LiftDialog key={dialog.environment} environment={dialog.environment} onClose={closeDialog} />;
    case 'retry':
      return <RetryDialog key={dialog.runId} runId={dialog.runId} onClose={closeDialog} />;
    case 'git-tag':
      return <GitTagDialog key={dialog.release} release={dialog.release} onClose={closeDialog} />;
    case 'push':
      return <PushDialog key={dialog.release} release={dialog.release} onClose={closeDialog} />;
    case 'name':
      return <NameDialog key={dialog.release} release={dialog.release} onClose={closeDialog} />;
    case 'adopt':
      return <AdoptDialog onClose={closeDialog} />;
    case 'prune':
      return <PruneDialog onClose={closeDialog} />;
    case 'open-workspace':
      return <OpenWorkspaceDialog onClose={closeDialog} />;
  }
}
