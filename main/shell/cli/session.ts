import type { WorkspaceView } from '#shared/domain/workspace.ts';
import type { GantryClient } from '../gantry-client.ts';
import type { GantryRouter } from '../gantry-router.ts';

/** What the command line needs of a Gantry as create-gantry.ts makes it. */
export type RunningGantry = {
  readonly router: GantryRouter;
  /** Numbers of the runs that this process is carrying out. */
  activeRuns(): readonly number[];
  /** Resolves when none is left. */
  idle(): Promise<void>;
  dispose(): Promise<void>;
};
/** As whom runs are recorded: the browser's are the server's. */
export type ShellName = 'cli' | 'server';
export type OpenGantry = (shell: ShellName) => Promise<RunningGantry>;

/** Everything a command needs of Gantry, opened when it is first asked for. */
export type Session = {
  gantry(): Promise<RunningGantry>;
  client(): Promise<GantryClient>;
  /** The workspace in a folder, by default the one at hand; trusted first where `--trust` says so. */
  workspace(at?: string): Promise<WorkspaceView>;
  close(): Promise<void>;
};

export type SessionOptions = {
  readonly openGantry: OpenGantry;
  readonly shell: ShellName;
  readonly folder: () => string;
  readonly trust: boolean;
  readonly onFailure: (error: unknown) => void;
};

export function createSession({ openGantry, shell, folder, trust, onFailure }: SessionOptions): Session {
  let opened: ReturnType<OpenGantry> | undefined;
  let connected: Promise<{ readonly client: GantryClient; close(): void }> | undefined;
  const gantry = () => {
    opened ??= openGantry(shell);
    return opened;
  };
  const connect = async () => {
    const [{ createInProcessClient }, { router }] = await Promise.all([
      import('../in-process-client.ts'),
      gantry(),
    ]);
    return createInProcessClient(router, onFailure);
  };
  const client = async () => {
    connected ??= connect();
    return (await connected).client;
  };
  return {
    gantry,
    client,
    workspace: async (at = folder()) => {
      const call = await client();
      const view = await call.workspaces.open({ folder: at, git: false });
      return trust && !view.trusted ? call.workspaces.trust({ workspaceId: view.id }) : view;
    },
    close: async () => {
      // What could not be opened was reported when it was asked for.
      const connection = await connected?.catch(() => undefined);
      connection?.close();
      const core = await opened?.catch(() => undefined);
      await core?.dispose();
    },
  };
}
