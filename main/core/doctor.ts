import { GantryError, problemsError, toErrorDetail } from '#shared/domain/errors.ts';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import type { Check } from '#shared/domain/system.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from './context.ts';
import { readEnvFile } from './env-snapshot.ts';
import { loadWorkspace, type OpenWorkspace } from './open-workspace.ts';
import { createIo, engineOf, placeOf } from './target-io.ts';

const within = 10_000;

/** What a newcomer needs, and what a support request would ask. Each check says what it saw. */
export async function runDoctor(ports: Ports, workspaceId: WorkspaceId | undefined): Promise<Check[]> {
  const machine = await checkMachine(ports);
  const ledger = checkLedger(ports);
  return workspaceId === undefined
    ? [...machine, ledger]
    : [...machine, ledger, ...(await checkWorkspace(ports, workspaceId))];
}

type Machine = Pick<Ports, 'engine' | 'commands' | 'hostEnvironment'>;

/** Where the ledger cannot be opened, which is then what is wrong. */
export async function runDoctorWithoutLedger(ports: Machine, error: unknown): Promise<Check[]> {
  return [...(await checkMachine(ports)), { ...ledgerCheck, ...toBad(error) }];
}

function checkMachine(ports: Machine): Promise<Check[]> {
  return Promise.all([checkEngine(ports), checkCompose(ports), checkGit(ports)]);
}

const ledgerCheck = { id: 'ledger', title: 'Ledger' };

async function checkEngine(ports: Machine): Promise<Check> {
  const status = await ports.engine.status(AbortSignal.timeout(within));
  const base = { id: 'engine', title: 'Docker engine' };
  if (status.kind === 'reachable') {
    const builder = status.hasBuildKit ? 'BuildKit' : 'the classic builder';
    return {
      ...base,
      result: status.hasBuildKit ? 'ok' : 'note',
      detail: `${status.product} ${status.version} via ${status.via}, ${status.imageStore} image store, ${builder}`,
    };
  }
  return {
    ...base,
    result: 'bad',
    detail: status.why,
    hint: 'Start Docker Desktop or dockerd, or point DOCKER_HOST at an engine.',
  };
}

async function checkCompose(ports: Machine): Promise<Check> {
  const base = { id: 'compose', title: 'Docker Compose' };
  try {
    const { exitCode, stdout, stderr } = await ports.commands.run({
      argv: ['docker', 'compose', 'version', '--short'],
      cwd: '/',
      env: ports.engine.cliEnvironment(),
      signal: AbortSignal.timeout(within),
    });
    if (exitCode === 0) return { ...base, result: 'ok', detail: stdout.trim() };
    return {
      ...base,
      result: 'bad',
      // Without the plugin docker prints all of its help behind that.
      detail: `docker compose does not work: ${stderr.trim().split('\n')[0] ?? ''}`,
      hint: 'Install the Compose plugin (v2 or newer).',
    };
  } catch {
    return {
      ...base,
      result: 'bad',
      detail: 'There is no docker command.',
      hint: 'Install the Docker CLI with Compose.',
    };
  }
}

/** Gantry builds and deploys without git as well. */
async function checkGit(ports: Machine): Promise<Check> {
  const base = { id: 'git', title: 'Git' };
  const missing = {
    ...base,
    result: 'note',
    hint: 'Install git: without it releases have no commits, no notes and no versions by tag, and gantry build --commit and gantry git-tag do not work.',
  } as const;
  try {
    const { exitCode, stdout, stderr } = await ports.commands.run({
      argv: ['git', '--version'],
      cwd: '/',
      env: ports.hostEnvironment,
      signal: AbortSignal.timeout(within),
    });
    if (exitCode === 0) return { ...base, result: 'ok', detail: stdout.trim().replace(/^git version /, '') };
    return { ...missing, detail: `git does not work: ${stderr.trim().split('\n')[0] ?? ''}` };
  } catch {
    return { ...missing, detail: 'There is no git command.' };
  }
}

function checkLedger(ports: Ports): Check {
  const { path, bytes, schemaVersion } = ports.ledger.facts();
  const base = ledgerCheck;
  const [wrong, ...more] = ports.ledger.check();
  if (wrong !== undefined) {
    return {
      ...base,
      result: 'bad',
      detail: `${path}: ${wrong}${more.length > 0 ? `, and ${more.length} more` : ''}`,
      hint: 'Copy the file away before anything else; the backups beside it are from before each migration.',
    };
  }
  const unfinished = ports.ledger.runs.unfinished().length;
  const runs = unfinished === 1 ? '1 unfinished run' : `${unfinished} unfinished runs`;
  return {
    ...base,
    result: 'ok',
    detail: `${path}, ${(bytes / 1e6).toFixed(1)} MB, schema ${schemaVersion}, ${runs}`,
  };
}

async function checkWorkspace(ports: Ports, id: WorkspaceId): Promise<Check[]> {
  const base = { id: 'workspace', title: 'Workspace' };
  try {
    const workspace = await loadWorkspace(ports, id);
    const environments = await Promise.all(
      workspace.config.environments.map(async (environment): Promise<Check> => {
        const title = `Environment ${environment.name}`;
        try {
          await readEnvFile(ports, workspace.folder, environment.envFile);
          const target = ports.targets.get(environment.target.kind);
          const io = createIo(ports, workspace, environment, AbortSignal.timeout(within));
          const where = await ownEngine(ports, workspace, environment);
          const [problem] = await target.check(
            environment.target.config,
            placeOf(workspace, environment),
            io,
          );
          const detail = `${environment.envFile}, ${target.kind}${where}`;
          return problem === undefined
            ? { id: environment.name, title, result: 'ok', detail }
            : { id: environment.name, title, result: 'bad', detail: problem.message, hint: problem.hint };
        } catch (error) {
          return { id: environment.name, title, ...toBad(error) };
        }
      }),
    );
    const { folder, unbuildable } = workspace;
    const described: Check =
      unbuildable.length === 0
        ? { ...base, result: 'ok', detail: folder }
        : { ...base, ...toBad(problemsError('config-invalid', unbuildable)) };
    return [described, ...environments];
  } catch (error) {
    return [{ ...base, ...toBad(error) }];
  }
}

/** Throws where it does not answer. */
async function ownEngine(ports: Ports, workspace: OpenWorkspace, environment: Environment): Promise<string> {
  const remote = engineOf(ports, workspace, environment);
  if (remote === undefined) return '';
  // Unlike the status it says what to do where there is no answer.
  const platform = await remote.engine.platform(AbortSignal.timeout(within));
  const status = await remote.engine.status(AbortSignal.timeout(within));
  if (status.kind === 'unreachable') return ` on ${remote.name}`;
  const { product, version, imageStore } = status;
  return ` on ${remote.name}: ${product} ${version}, ${platform}, ${imageStore} image store`;
}

function toBad(error: unknown): Pick<Check, 'result' | 'detail' | 'hint' | 'problems'> {
  if (!(error instanceof GantryError)) throw error;
  const { message, hint, problems } = toErrorDetail(error);
  return { result: 'bad', detail: message, hint, ...(problems === undefined ? {} : { problems }) };
}
