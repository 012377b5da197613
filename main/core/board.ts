import type { Board, BoardEnvironment, Drift, Gap } from '#shared/domain/board.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { EnvironmentName, WorkspaceId } from '#shared/domain/ids.ts';
import type { Observed, ObservedService } from '#shared/domain/observed.ts';
import type { Release } from '#shared/domain/release.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import { compareGap } from './compare.ts';
import type { Ports } from './context.ts';
import { readEnvFile } from './env-snapshot.ts';
import { foreignServices, imageNamed } from './foreign.ts';
import { type Identity, identityOf, imageRulesOf, servicesOfReleases } from './identity.ts';
import { imagesOnEngine, type OnEngine, ownImages, presenceOf } from './images/presence.ts';
import { observeEnvironment } from './observe-environment.ts';
import { environmentOf, loadWorkspace, type OpenWorkspace, viewWorkspace } from './open-workspace.ts';
import { newestRelease, previousStay, staysOf, summarise } from './releases.ts';
import { placeOf } from './target-io.ts';

/** @param observe false answers from the ledger alone, at once. */
export async function readBoard(ports: Ports, id: WorkspaceId, observe: boolean): Promise<Board> {
  const workspace = await loadWorkspace(ports, id);
  const onEngine = observe ? imagesOnEngine(ports) : undefined;
  // Git answers for the view while the targets are asked.
  const [view, environments] = await Promise.all([
    viewWorkspace(ports, id),
    Promise.all(
      workspace.config.environments.map((environment) =>
        readEnvironment(ports, workspace, environment, onEngine),
      ),
    ),
  ]);
  const gaps = await Promise.all(
    environments.flatMap((right, index): Promise<Gap>[] => {
      const left = environments[index - 1];
      return left === undefined ? [] : [compareGap(ports, workspace, left, right)];
    }),
  );
  const newest = newestRelease(ports, id);
  const build = ports.ledger.leases
    .queue(id)
    .map(({ runId }) => ports.ledger.runs.get(runId))
    .find((run) => run?.kind === 'build');
  return {
    workspace: view,
    at: ports.clock.now(),
    environments,
    gaps,
    ...(newest === undefined ? {} : { newestRelease: summarise(newest) }),
    ...(build === undefined ? {} : { build }),
  };
}

async function readEnvironment(
  ports: Ports,
  workspace: OpenWorkspace,
  environment: Environment,
  onEngine: Promise<OnEngine> | undefined,
): Promise<BoardEnvironment> {
  const target = ports.targets.get(environment.target.kind);
  const [observed, env, rollbackTo] = await Promise.all([
    onEngine === undefined
      ? Promise.resolve<Observed>({ kind: 'unreachable', at: ports.clock.now(), why: 'not asked' })
      : observeEnvironment(ports, workspace, environment),
    countKeys(ports, workspace, environment),
    wayBackOf(ports, workspace, environment, onEngine),
  ]);
  return {
    name: environment.name,
    confirm: environment.confirm,
    envFile: environment.envFile,
    ...env,
    target: {
      kind: target.kind,
      ...target.describe(environment.target.config, placeOf(workspace, environment)),
    },
    observed,
    ...fromLedger(ports, workspace, environment, observed),
    ...(rollbackTo === undefined ? {} : { rollbackTo }),
  };
}

/** A registry is only asked where the engine lacks the image, and nobody waits long for it. */
const registryWithinMs = 1_000;
const engineWithinMs = 4_000;

async function wayBackOf(
  ports: Ports,
  workspace: OpenWorkspace,
  environment: Environment,
  onEngine: Promise<OnEngine> | undefined,
): Promise<BoardEnvironment['rollbackTo']> {
  const { name, cell } = environment;
  const back = previousStay(staysOf(ports, workspace.id, name));
  const release = back === undefined ? undefined : ports.ledger.releases.get(workspace.id, back.release);
  if (release === undefined) return undefined;
  if (onEngine === undefined) return { ...summarise(release, cell), image: 'unknown' };
  const signal = AbortSignal.timeout(registryWithinMs);
  const own = ownImages(ports, workspace, environment, AbortSignal.timeout(engineWithinMs));
  const image = await presenceOf(ports, workspace, release, cell, await onEngine, signal, own);
  return { ...summarise(release, cell), image };
}

/** What the ledger knows of it, and where that differs from what was observed. */
function fromLedger(ports: Ports, workspace: OpenWorkspace, environment: Environment, observed: Observed) {
  const { ledger } = ports;
  const { id } = workspace;
  const { name } = environment;
  const state = ledger.environments.state(id, name);
  const release = state === undefined ? undefined : ledger.releases.get(id, state.release);
  const hold = ledger.environments.hold(id, name);
  const lease = ledger.leases.get(id, name);
  const currentRun = lease === undefined ? undefined : ledger.runs.get(lease.runId);
  const deployedBy = state === undefined ? undefined : ledger.runs.get(state.runId)?.by.name;
  const failedRun = newestFailure(ledger.runs.list({ workspaceId: id, environment: name, limit: 1 }));
  const identity = release && identityIn(ports, release, environment);
  const findDrift = () =>
    identity === undefined
      ? driftOfForeign(foreignServices(ports, id, environment, observed))
      : driftFrom(identity, observed);
  const drift = currentRun === undefined ? findDrift() : undefined;
  return {
    ...(state === undefined ? {} : { state }),
    ...(release === undefined ? {} : { release: summarise(release, environment.cell) }),
    ...(identity === undefined ? {} : { image: shownId(identity, observed) }),
    ...(deployedBy === undefined ? {} : { deployedBy }),
    ...(hold === undefined ? {} : { hold }),
    ...(lease === undefined ? {} : { lease }),
    ...(currentRun === undefined ? {} : { currentRun }),
    ...(failedRun === undefined ? {} : { failedRun }),
    ...(drift === undefined ? {} : { drift }),
  };
}

function newestFailure([newest]: readonly RunSummary[]): RunSummary | undefined {
  if (newest === undefined || newest.state === 'running' || newest.state === 'succeeded') return undefined;
  return newest;
}

type IdentityIn = Identity & {
  /** As the engine that built it knows it. */
  readonly imageId: string;
};

function identityIn(ports: Ports, release: Release, { cell, target }: Environment): IdentityIn {
  const rules = imageRulesOf(ports.targets.get(target.kind), target.config);
  return { ...identityOf(ports, release, cell, rules), imageId: summarise(release, cell).imageId };
}

/** The one of its ids that is seen there. */
function shownId({ compares, ids, imageId }: IdentityIn, observed: Observed): string {
  if (compares === 'image-id') return imageId;
  const services = observed.kind === 'running' ? observed.services : [];
  const live = services.find((service) => ids.has(service.imageId));
  const [newest = imageId] = ids;
  return live?.imageId ?? newest;
}

/** Nothing was left here by a run, and still something runs. */
function driftOfForeign(foreign: readonly ObservedService[]): Drift | undefined {
  if (foreign.length === 0) return undefined;
  const changes = foreign.map((service) => ({ path: `${service.name}.image`, after: imageNamed(service) }));
  return { what: 'What runs here was put here by no run of this workspace', changes };
}

/** Compared is what carries our label: a database beside it is the compose file's business. */
function driftFrom(identity: IdentityIn, observed: Observed): Drift | undefined {
  if (observed.kind === 'empty') return { what: 'Nothing runs here any more', changes: [] };
  if (observed.kind !== 'running') return undefined;
  const [before = identity.imageId] = identity.ids;
  const ours = servicesOfReleases(observed, identity);
  if (ours.length === 0) return { what: 'What runs here was not started by Gantry', changes: [] };
  const changes = ours
    .filter((service) => !identity.ids.has(service.imageId))
    .map((service) => ({ path: `${service.name}.image`, before, after: service.imageId }));
  return changes.length === 0
    ? undefined
    : { what: 'Another image than the last run left runs here', changes };
}

async function countKeys(
  ports: Ports,
  workspace: OpenWorkspace,
  environment: Environment,
): Promise<Pick<BoardEnvironment, 'envKeyCount' | 'problem'>> {
  try {
    const { entries } = await readEnvFile(ports, workspace.folder, environment.envFile);
    return { envKeyCount: entries.length };
  } catch (error) {
    if (error instanceof GantryError) return { problem: error.message };
    throw error;
  }
}

/** A stop that a person puts, outside any run. */
export async function holdEnvironment(
  ports: Ports,
  id: WorkspaceId,
  name: EnvironmentName,
  hold: { readonly reason: string; readonly by: string },
): Promise<void> {
  await requireEnvironment(ports, id, name);
  ports.ledger.environments.putHold(id, name, { ...hold, at: ports.clock.now() });
}

export async function liftHold(
  ports: Ports,
  id: WorkspaceId,
  name: EnvironmentName,
  by: string,
): Promise<void> {
  await requireEnvironment(ports, id, name);
  ports.ledger.environments.liftHold(id, name, by);
}

/** To stop deploys is for emergencies: a gantry.yml that cannot be read must not be in the way. */
async function requireEnvironment(ports: Ports, id: WorkspaceId, name: EnvironmentName): Promise<void> {
  try {
    environmentOf(await loadWorkspace(ports, id), name);
  } catch (error) {
    const { environments } = ports.ledger;
    const isKnown = [environments.state(id, name), environments.hold(id, name)].some(
      (it) => it !== undefined,
    );
    if (!isKnown || !(error instanceof GantryError) || error.code !== 'config-invalid') throw error;
  }
}
