import { GantryError, type Problem, problemsError } from '#shared/domain/errors.ts';
import type { EnvironmentName, WorkspaceId } from '#shared/domain/ids.ts';
import type { RecentWorkspace, WorkspaceView } from '#shared/domain/workspace.ts';
import type { Environment, WorkspaceConfig } from '#shared/domain/workspace-config.ts';
import type { Ports } from './context.ts';
import type { LoadedWorkspace } from './ports.ts';
import { commandsText, trustHash } from './trusted-commands.ts';

/** A workspace whose description could be read. */
export type OpenWorkspace = {
  readonly id: WorkspaceId;
  readonly folder: string;
  readonly config: WorkspaceConfig;
  /** What is missing for a build. */
  readonly unbuildable: readonly Problem[];
};

const workspacesSearched = 10_000;

type Needs = Pick<Ports, 'workspaces' | 'targets' | 'ledger' | 'git' | 'clock' | 'files'>;

/**
 * Registers the folder in the ledger and reads it; runs nothing in it. Throws `config-invalid` for one that is no
 * workspace, and never was.
 */
export async function openWorkspace(ports: Needs, folder: string, asksGit: boolean): Promise<WorkspaceView> {
  const loaded = await ports.workspaces.load(folder);
  const isWorkspace = loaded.origin === 'written' || loaded.config !== undefined;
  if (!isWorkspace && !isKnown(ports, loaded.folder)) throw problemsError('config-invalid', loaded.problems);
  const id = ports.ledger.workspaces.opened(loaded.folder, nameOf(loaded), ports.clock.now());
  return toView(ports, id, loaded, asksGit);
}

export async function viewWorkspace(ports: Needs, id: WorkspaceId): Promise<WorkspaceView> {
  return toView(ports, id, await ports.workspaces.load(folderOf(ports, id)), true);
}

/** Throws `config-invalid` with every problem when the description cannot be worked with. */
export async function loadWorkspace(ports: Needs, id: WorkspaceId): Promise<OpenWorkspace> {
  const { folder, config, problems, unbuildable } = await ports.workspaces.load(folderOf(ports, id));
  if (config === undefined || problems.length > 0) throw problemsError('config-invalid', problems);
  return { id, folder, config, unbuildable };
}

/** Throws `config-invalid` where a path is missing: what was built before can still be deployed and taken back. */
export function requireBuildable({ unbuildable }: OpenWorkspace): void {
  if (unbuildable.length > 0) throw problemsError('config-invalid', unbuildable);
}

export function environmentOf(workspace: OpenWorkspace, name: EnvironmentName): Environment {
  const environment = workspace.config.environments.find((candidate) => candidate.name === name);
  if (environment !== undefined) return environment;
  const known = workspace.config.environments.map((candidate) => candidate.name).join(', ');
  throw new GantryError(
    'environment-unknown',
    `There is no environment ${name}.`,
    `This workspace has ${known}.`,
  );
}

/** The environment from which releases come to this one; undefined for the first. */
export function environmentBefore(workspace: OpenWorkspace, name: EnvironmentName): Environment | undefined {
  const index = workspace.config.environments.findIndex((candidate) => candidate.name === name);
  return index > 0 ? workspace.config.environments[index - 1] : undefined;
}

export function requireTrust(ports: Pick<Ports, 'ledger'>, workspace: OpenWorkspace): void {
  if (ports.ledger.workspaces.isTrusted(workspace.id, trustHash(workspace.config))) return;
  throw new GantryError(
    'workspace-untrusted',
    `${workspace.folder} is not trusted, and building or deploying it runs its commands.`,
    'Read what it runs, then trust it: `gantry trust`, --trust, or the button in the app.',
  );
}

export async function trustWorkspace(ports: Needs, id: WorkspaceId): Promise<WorkspaceView> {
  const workspace = await loadWorkspace(ports, id);
  ports.ledger.workspaces.trust(id, trustHash(workspace.config), ports.clock.now());
  return viewWorkspace(ports, id);
}

export async function recentWorkspaces(ports: Needs): Promise<RecentWorkspace[]> {
  const recent = ports.ledger.workspaces.recent(20);
  return Promise.all(recent.map(async (row) => ({ ...row, present: await ports.files.exists(row.folder) })));
}

/** Writes down what was detected. */
export async function initWorkspace(ports: Needs, id: WorkspaceId): Promise<{ file: string; text: string }> {
  const loaded = await ports.workspaces.load(folderOf(ports, id));
  const text = ports.workspaces.describe(loaded);
  return { file: await ports.workspaces.writeConfig(loaded.folder, text), text };
}

/** Of a workspace that lost its Dockerfile the history is still asked for. */
function isKnown({ ledger }: Pick<Ports, 'ledger'>, folder: string): boolean {
  return ledger.workspaces.recent(workspacesSearched).some((workspace) => workspace.folder === folder);
}

function folderOf(ports: Pick<Ports, 'ledger'>, id: WorkspaceId): string {
  const folder = ports.ledger.workspaces.folder(id);
  if (folder !== undefined) return folder;
  throw new GantryError(
    'workspace-missing',
    `The ledger knows no workspace ${id}.`,
    'Open its folder first.',
  );
}

function nameOf(loaded: LoadedWorkspace): string {
  return loaded.config?.name ?? loaded.folder.split(/[\\/]/).at(-1) ?? loaded.folder;
}

async function toView(
  ports: Needs,
  id: WorkspaceId,
  loaded: LoadedWorkspace,
  asksGit: boolean,
): Promise<WorkspaceView> {
  const { config } = loaded;
  const git = asksGit ? await ports.git.status(loaded.folder) : undefined;
  return {
    id,
    name: nameOf(loaded),
    folder: loaded.folder,
    origin: loaded.origin,
    trusted: config !== undefined && ports.ledger.workspaces.isTrusted(id, trustHash(config)),
    environments: config?.environments.map((environment) => environment.name) ?? [],
    commands: config === undefined ? [] : commandsText(config, (kind) => defaultsOf(ports, kind)),
    problems: [...loaded.problems],
    ...(config?.registry.repository === undefined ? {} : { repository: config.registry.repository }),
    ...(git === undefined ? {} : { git }),
  };
}

/** Of a kind of target, where nothing but the kind has to be written; as far as it can be told. */
function defaultsOf({ targets }: Pick<Ports, 'targets'>, kind: string): unknown {
  return targets.get(kind).config.safeParse({ kind }).data;
}
