import { GantryError } from '#shared/domain/errors.ts';
import type { EnvironmentName, WorkspaceId } from '#shared/domain/ids.ts';
import type { Actor } from '#shared/domain/run-events.ts';
import type { WatchState } from '#shared/domain/watch.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import { environmentOf, loadWorkspace, type OpenWorkspace, requireTrust } from '../open-workspace.ts';
import { type Loop, startLoop, type WatchNeeds } from './loop.ts';

/** Loops that rebuild, test and deploy on every change; one for each workspace, for as long as this process lives. */
export type Watches = {
  get(id: WorkspaceId): WatchState;
  /**
   * `null` builds and tests only. Where one goes on that does the same, it is left alone; another one is stopped
   * first.
   */
  start(id: WorkspaceId, environment: EnvironmentName | null | undefined, by: Actor): Promise<WatchState>;
  /** A run of the loop that is going on is cancelled. */
  stop(id: WorkspaceId): Promise<WatchState>;
  /** None starts a run after this; theirs are cancelled. */
  dispose(): Promise<void>;
};

export function createWatches(
  needs: WatchNeeds,
  tell: (id: WorkspaceId, watch: WatchState) => void,
): Watches {
  const loops = new Map<WorkspaceId, { readonly loop: Loop; readonly environment: string | undefined }>();
  let isDisposed = false;
  /** Starting and stopping take their turns. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
  const end = async (id: WorkspaceId): Promise<WatchState> => {
    const known = loops.get(id);
    loops.delete(id);
    await known?.loop.stop();
    if (known !== undefined) tell(id, { kind: 'off' });
    return { kind: 'off' };
  };
  return {
    get: (id) => loops.get(id)?.loop.state() ?? { kind: 'off' },
    start: (id, wanted, by) =>
      inTurn(async () => {
        if (isDisposed) throw shuttingDown();
        const workspace = await loadWorkspace(needs.ports, id);
        requireTrust(needs.ports, workspace);
        const environment = watchedEnvironment(workspace, wanted);
        const known = loops.get(id);
        if (known !== undefined && known.environment === environment?.name) return known.loop.state();
        await end(id);
        const onState = (state: WatchState) => tell(id, state);
        const loop = await startLoop(needs, { workspace, environment, by, onState }).catch(unwatchable);
        loops.set(id, { loop, environment: environment?.name });
        return loop.state();
      }),
    stop: (id) => inTurn(() => end(id)),
    dispose() {
      isDisposed = true;
      return inTurn(async () => {
        for (const id of [...loops.keys()]) await end(id);
      });
    },
  };
}

function watchedEnvironment(
  workspace: OpenWorkspace,
  wanted: EnvironmentName | null | undefined,
): Environment | undefined {
  if (wanted === null) return undefined;
  const name = wanted ?? workspace.config.watch.environment;
  const environment = name === undefined ? workspace.config.environments[0] : environmentOf(workspace, name);
  if (environment?.confirm !== 'typed') return environment;
  throw new GantryError(
    'confirmation-required',
    `${environment.name} wants its name typed before each deploy, so nothing is deployed there on its own.`,
    `Watch without a deploy (gantry build --watch --no-deploy), name another environment, or write confirm: click for ${environment.name} in gantry.yml.`,
  );
}

function unwatchable(error: unknown): never {
  const why = error instanceof Error ? error.message : String(error);
  throw new GantryError(
    'workspace-missing',
    `The workspace's folder cannot be watched: ${why}`,
    'On Linux a low fs.inotify.max_user_watches is the usual reason; building by hand works all the same.',
    { cause: error },
  );
}

function shuttingDown(): GantryError {
  return new GantryError('environment-busy', 'This Gantry is shutting down.', 'Start it again, then watch.');
}
