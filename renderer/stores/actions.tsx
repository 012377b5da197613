import { createContext, use } from 'react';
import type { EnvironmentName, RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Client } from '../transport/client.ts';
import { newRequestId } from '../transport/request-id.ts';
import { toTrouble } from '../transport/trouble.ts';
import type { Router } from './routes/router.ts';
import type { Stores } from './stores.tsx';

/** Starts a build and opens its run. */
export type BuildWish = {
  readonly noCache?: boolean;
  /** Its deploy plan opens by itself once the build succeeded. */
  readonly deployTo?: EnvironmentName;
  /** While another goes on: wait for it, or cancel it and those that wait. Default: wait. */
  readonly whenBusy?: 'queue' | 'replace';
  /** Instead of the folder as it is. */
  readonly commit?: string;
};

/** What a person can set off from more than one place: a button, the palette, a key. Failures become notices. */
export type Actions = {
  readonly build: (options?: BuildWish) => Promise<void>;
  /** `null`: builds and tests only. Undefined: the environment that gantry.yml names. */
  readonly startWatch: (environment?: EnvironmentName | null) => Promise<void>;
  readonly stopWatch: () => Promise<void>;
  readonly cancelRun: (runId: RunId) => Promise<void>;
  /** True when it was done. */
  readonly hold: (environment: EnvironmentName, reason: string) => Promise<boolean>;
  readonly lift: (environment: EnvironmentName) => Promise<boolean>;
  /** Makes another workspace that of this window. */
  readonly openKnown: (id: WorkspaceId) => Promise<void>;
};

/** Where the wish to deploy a build is kept until that build ends. */
export const deployAfterBuildKey = 'deploy-after-build';

export function createActions(ports: {
  readonly client: Client;
  readonly stores: Stores;
  readonly router: Router;
}): Actions {
  const { client, stores, router } = ports;
  const workspaceId = () => stores.workspace.getState().current?.id;

  const attempt = async (what: (workspaceId: WorkspaceId) => Promise<unknown>): Promise<boolean> => {
    const id = workspaceId();
    if (id === undefined) return false;
    try {
      await what(id);
      return true;
    } catch (error) {
      stores.notices.getState().showTrouble(toTrouble(error));
      return false;
    }
  };

  return {
    build: async ({ noCache = false, deployTo, whenBusy = 'queue', commit } = {}) => {
      await attempt(async (id) => {
        const requestId = newRequestId();
        const source = commit === undefined ? {} : { commit };
        const { runId } = await client.runs.build({
          workspaceId: id,
          requestId,
          noCache,
          whenBusy,
          ...source,
        });
        const wish = deployTo === undefined ? '' : `${runId}:${deployTo}`;
        stores.drafts.getState().keep(deployAfterBuildKey, wish);
        router.go({ view: { kind: 'run', runId } });
      });
    },
    startWatch: async (environment) => {
      await attempt(() => stores.watch.getState().start(environment));
    },
    stopWatch: async () => {
      await attempt(() => stores.watch.getState().stop());
    },
    cancelRun: async (runId) => {
      await attempt(() => client.runs.cancel({ runId }));
    },
    hold: (environment, reason) =>
      attempt(async (id) => {
        await client.environments.hold({ workspaceId: id, environment, reason });
        stores.board.getState().markStale();
      }),
    lift: (environment) =>
      attempt(async (id) => {
        await client.environments.lift({ workspaceId: id, environment });
        stores.board.getState().markStale();
      }),
    openKnown: async (id) => {
      const opened = await stores.workspace.getState().openKnown(id);
      const { trouble } = stores.workspace.getState();
      if (opened) router.go({ view: { kind: 'board' } });
      else if (trouble !== undefined) stores.notices.getState().showTrouble(trouble);
    },
  };
}

const ActionsContext = createContext<Actions | undefined>(undefined);

export const ActionsProvider = ActionsContext;

export function useActions(): Actions {
  const actions = use(ActionsContext);
  if (actions === undefined) throw new Error('useActions outside of ActionsProvider');
  return actions;
}
