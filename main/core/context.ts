import type {
  Clock,
  Commands,
  Engine,
  Engines,
  Files,
  FolderWatcher,
  Git,
  GoogleTokens,
  Http,
  ImageContents,
  Ledger,
  ProcessTable,
  Registry,
  Secrets,
  Sockets,
  Targets,
  Workspaces,
} from './ports.ts';

/** Everything the core may reach, handed down from create-gantry.ts. */
export type Ports = {
  readonly clock: Clock;
  readonly processes: ProcessTable;
  readonly commands: Commands;
  readonly http: Http;
  readonly sockets: Sockets;
  readonly files: Files;
  readonly folders: FolderWatcher;
  readonly engine: Engine;
  readonly engines: Engines;
  readonly registry: Registry;
  readonly imageContents: ImageContents;
  readonly git: Git;
  readonly workspaces: Workspaces;
  readonly secrets: Secrets;
  readonly googleTokens: GoogleTokens;
  readonly targets: Targets;
  readonly ledger: Ledger;
  /** What tests on the host inherit: the person's own environment variables. */
  readonly hostEnvironment: Readonly<Record<string, string>>;
  /** A lease whose heartbeat is older than this may be taken over, if its owner is gone as well. */
  readonly leaseStaleAfterMs: number;
};

export const heartbeatEveryMs = 4_000;
