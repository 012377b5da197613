import type { Board } from '#shared/domain/board.ts';
import type { EnvironmentName, RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { WatchState } from '#shared/domain/watch.ts';
import type { RecentWorkspace } from '#shared/domain/workspace.ts';
import type { BuildWish } from '../stores/actions.tsx';
import type { BuildQueue } from '../stores/build-queue.ts';
import type { ThemeChoice } from '../stores/preferences-store.ts';
import type { Circumstances, Refusal } from '../stores/refusals.ts';
import type { DialogRoute, View } from '../stores/routes/route.ts';

/** What a command does; one place (palette.tsx) turns it into calls. */
export type CommandAct =
  | { readonly kind: 'go'; readonly view: View }
  | { readonly kind: 'dialog'; readonly dialog: DialogRoute }
  | ({ readonly kind: 'build' } & BuildWish)
  | { readonly kind: 'watch'; readonly environment: EnvironmentName | null }
  | { readonly kind: 'stop-watch' }
  | { readonly kind: 'cancel'; readonly runId: RunId }
  | { readonly kind: 'observe' }
  | { readonly kind: 'open-folder' }
  | { readonly kind: 'open-known'; readonly id: WorkspaceId }
  | { readonly kind: 'theme'; readonly theme: ThemeChoice }
  | { readonly kind: 'allow-notifications' };

export type CommandIcon =
  | 'arrow'
  | 'back'
  | 'build'
  | 'cancel'
  | 'clock'
  | 'compare'
  | 'dark'
  | 'deploy'
  | 'folder'
  | 'hold'
  | 'light'
  | 'notify'
  | 'refresh'
  | 'system'
  | 'tag'
  | 'view'
  | 'watch';

export type PaletteCommand = {
  readonly id: string;
  readonly label: string;
  readonly detail?: string;
  readonly icon: CommandIcon;
  readonly keywords?: readonly string[];
  readonly keys?: string;
  /** Why not now. */
  readonly reason?: string;
  readonly act: CommandAct;
};

export type CommandGroup = { readonly heading: string; readonly commands: readonly PaletteCommand[] };

export type CommandFacts = {
  readonly board: Board | undefined;
  readonly runs: readonly RunSummary[];
  readonly recent: readonly RecentWorkspace[];
  readonly theme: ThemeChoice;
  readonly around: Circumstances;
  readonly queue: BuildQueue;
  readonly watch: WatchState | undefined;
  readonly canAskToNotify: boolean;
};

export function refused(refusal: Refusal | undefined): { readonly reason?: string } {
  return refusal === undefined ? {} : { reason: refusal.reason };
}
