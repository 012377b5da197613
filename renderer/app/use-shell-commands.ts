import { useEffect, useRef } from 'react';
import type { DesktopCommand } from '#shared/api/desktop-bridge.ts';
import { runIdSchema, workspaceIdSchema } from '#shared/domain/ids.ts';
import type { Router } from '../stores/routes/router.ts';
import { useRouter } from '../stores/routes/use-route.tsx';
import type { Stores } from '../stores/stores.tsx';
import { useStores } from '../stores/stores.tsx';
import type { ShellFacts } from './shell-facts.ts';

/** Does what the desktop shell's menus, notifications and second starts ask for. */
export function useShellCommands(shell: ShellFacts, showPalette: () => void): void {
  const stores = useStores();
  const router = useRouter();
  const latest = useRef<(command: DesktopCommand) => void>(() => undefined);
  useEffect(() => {
    latest.current = (command) => void perform(command, stores, router, showPalette);
  });
  const { onCommand } = shell;
  useEffect(() => onCommand?.((command) => latest.current(command)), [onCommand]);
}

async function perform(
  command: DesktopCommand,
  stores: Stores,
  router: Router,
  showPalette: () => void,
): Promise<void> {
  switch (command.kind) {
    case 'open-workspace': {
      if (await stores.workspace.getState().openFolder(command.folder)) {
        return router.go({ view: { kind: 'board' } });
      }
      const { trouble } = stores.workspace.getState();
      if (trouble !== undefined) stores.notices.getState().showTrouble(trouble);
      return;
    }
    case 'show-run': {
      const runId = runIdSchema.safeParse(command.runId);
      const workspaceId = workspaceIdSchema.safeParse(command.workspaceId);
      if (!runId.success || !workspaceId.success) return;
      const workspace = stores.workspace.getState();
      if (workspace.current?.id !== workspaceId.data) await workspace.openKnown(workspaceId.data);
      return router.go({ view: { kind: 'run', runId: runId.data } });
    }
    case 'show-palette':
      return showPalette();
    case 'set-theme':
      return stores.preferences.getState().setTheme(command.theme);
  }
}
