import { GantryError } from '#shared/domain/errors.ts';
import type { EnvironmentName, WorkspaceId } from '#shared/domain/ids.ts';
import type { Actor } from '#shared/domain/run-events.ts';
import type { WatchState } from '#shared/domain/watch.ts';

/** Loops that rebuild, test and deploy on every change, at most one for each workspace. */
export type Watches = {
  get(workspaceId: WorkspaceId): WatchState;
  start(
    workspaceId: WorkspaceId,
    environment: EnvironmentName | null | undefined,
    by: Actor,
  ): Promise<WatchState>;
  stop(workspaceId: WorkspaceId, by: Actor): Promise<WatchState>;
  dispose(): void;
};

export function createWatches(): Watches {
  return {
    get: () => ({ kind: 'off' }),
    start: async () => {
      throw new GantryError(
        'usage',
        'There is nothing yet that watches folders.',
        'Build by hand until then.',
      );
    },
    stop: async () => ({ kind: 'off' }),
    dispose: () => undefined,
  };
}
