import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Actor } from '#shared/domain/run-events.ts';
import type { Check } from '#shared/domain/system.ts';
import { createRouter } from './api/router.ts';
import type { Ports } from './core/context.ts';
import { createCore } from './core/core.ts';
import { runDoctorWithoutLedger } from './core/doctor.ts';
import { createImageContents } from './docker/contents/image-contents.ts';
import { createDocker } from './docker/docker.ts';
import { createGit } from './git/git.ts';
import { remoteName } from './git/remote-name.ts';
import { createClock } from './host/clock.ts';
import { createCommands } from './host/commands.ts';
import { createFiles } from './host/files.ts';
import { createHttp } from './host/http.ts';
import { createProcessTable } from './host/process-table.ts';
import { createSockets } from './host/sockets.ts';
import { createFolderWatcher } from './host/watch-folder.ts';
import { openLedger } from './ledger/open.ts';
import { createGoogleTokens } from './secrets/google-tokens.ts';
import { createSecrets } from './secrets/secrets.ts';
import { createTargets } from './targets/index.ts';
import { createWorkspaces } from './workspace/workspaces.ts';

export type GantryOptions = {
  /** Where the ledger and the keys live. */
  readonly home: string;
  readonly shell: Actor['shell'];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /**
   * How old a lease's heartbeat must be before it may be taken over from an owner that is gone. A process in another
   * container looks gone too, so this is the time in which it can show that it lives; heartbeats come every 4 s.
   */
  readonly leaseStaleAfterMs?: number;
};

const defaultLeaseStaleAfterMs = 15_000;

export type Gantry = {
  /** The contract, to be served by the shell's transport. */
  readonly router: ReturnType<typeof createRouter>;
  /** Numbers of the runs that this process is carrying out. */
  activeRuns(): readonly number[];
  /** Watches for changes no more; resolves when no run is left. */
  idle(): Promise<void>;
  /** Runs still going on are recovered by the next Gantry. */
  dispose(): Promise<void>;
};

/** Wires the rooms together; every shell starts here. Throws what opening the ledger throws. */
export async function createGantry(options: GantryOptions): Promise<Gantry> {
  const { shell, env, version } = options;
  const environment = definedOnly(env);
  const folders = createFolderWatcher();
  const ports = createPorts(options, environment, folders);
  const core = createCore(ports);
  const actor: Actor = { name: userName(environment), shell };
  return {
    router: createRouter(core, { actor, version }),
    activeRuns: () => core.engine.active(),
    async idle() {
      await core.watches.dispose();
      await core.engine.idle();
    },
    async dispose() {
      await core.dispose();
      await folders.dispose();
      ports.engines.dispose();
      ports.imageContents.dispose();
      ports.ledger.close();
    },
  };
}

/** The doctor's checks where `createGantry` threw that. Throws what they throw. */
export async function checkWithoutLedger(options: GantryOptions, error: unknown): Promise<Check[]> {
  const folders = createFolderWatcher();
  const ports = createPortsBesideLedger(options, definedOnly(options.env), folders);
  try {
    return await runDoctorWithoutLedger(ports, error);
  } finally {
    await folders.dispose();
    ports.engines.dispose();
    ports.imageContents.dispose();
  }
}

function createPorts(
  options: GantryOptions,
  env: Readonly<Record<string, string>>,
  folders: ReturnType<typeof createFolderWatcher>,
): Ports {
  const beside = createPortsBesideLedger(options, env, folders);
  const path = join(options.home, 'ledger.db');
  return {
    ...beside,
    ledger: openLedger({ path, now: beside.clock.now, appVersion: options.version }),
  };
}

function createPortsBesideLedger(
  { home, shell, leaseStaleAfterMs = defaultLeaseStaleAfterMs }: GantryOptions,
  env: Readonly<Record<string, string>>,
  folders: ReturnType<typeof createFolderWatcher>,
): Omit<Ports, 'ledger'> {
  const processes = createProcessTable();
  const targets = createTargets();
  return {
    clock: createClock(),
    processes,
    targets,
    commands: createCommands({ processes }),
    http: createHttp(),
    sockets: createSockets(),
    files: createFiles(),
    folders,
    ...createDocker({
      env,
      homeFolder: homedir(),
      watcher: folders,
      // A command builds once, unless it watches.
      expectsMore: () => shell !== 'cli' || folders.isWatching(),
      staysOpen: shell !== 'cli',
      cacheFolder: join(home, 'cache'),
    }),
    imageContents: createImageContents({ env, homeFolder: homedir(), cacheFolder: join(home, 'cache') }),
    git: createGit({ env, checkoutsFolder: join(home, 'checkouts') }),
    workspaces: createWorkspaces({
      targets: targets.list(),
      remoteName: (folder) => remoteName(folder, { env }),
    }),
    secrets: createSecrets({ home, homeFolder: homedir(), env }),
    googleTokens: createGoogleTokens(),
    hostEnvironment: env,
    leaseStaleAfterMs,
  };
}

function definedOnly(env: GantryOptions['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function userName(env: Readonly<Record<string, string>>): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user that has no name.
    return env.USER ?? env.USERNAME ?? 'unknown';
  }
}
