import type { BoardEnvironment, Comparison, Gap } from '#shared/domain/board.ts';
import { diffEnvKeys, type EnvKeyChange } from '#shared/domain/env-diff.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { findRelease, releasesNamed } from '#shared/domain/find-release.ts';
import { type EnvironmentName, releaseIdSchema, type WorkspaceId } from '#shared/domain/ids.ts';
import { diffImages } from '#shared/domain/image-diff.ts';
import { blindPlaces, type Observed } from '#shared/domain/observed.ts';
import type { CommitDiff, SettingChange } from '#shared/domain/plan.ts';
import { imageOf, type Release, type ReleaseImage } from '#shared/domain/release.ts';
import type { Ports } from './context.ts';
import { readEnvFile, viewEnv } from './env-snapshot.ts';
import { observeEnvironment } from './observe-environment.ts';
import { environmentOf, loadWorkspace, type OpenWorkspace } from './open-workspace.ts';
import { neededKeys } from './plan.ts';
import { summarise } from './releases.ts';

/** Releases counted at most when saying how many lie between two. */
const releasesCounted = 200;
/** Releases among which a name is looked for; an id is found among all. */
const releasesSearched = 500;

/** What separates two neighbours on the board. */
export async function compareGap(
  ports: Ports,
  workspace: OpenWorkspace,
  left: BoardEnvironment,
  right: BoardEnvironment,
): Promise<Gap> {
  const [leftRelease, rightRelease] = [releaseIn(ports, workspace, left), releaseIn(ports, workspace, right)];
  const commits = await compareCommits(
    ports,
    workspace,
    { name: right.name, release: rightRelease },
    { name: left.name, release: leftRelease },
  );
  const env = await compareEnvFiles(ports, workspace, left.name, right.name).catch(() => []);
  const releasesAhead = countReleases(ports, workspace.id, leftRelease, rightRelease);
  return {
    left: left.name,
    right: right.name,
    relation: relationOf(leftRelease, rightRelease),
    ...(releasesAhead === undefined ? {} : { releasesAhead }),
    commits,
    ...(leftRelease === undefined || rightRelease === undefined
      ? {}
      : {
          image: diffImages(
            releaseImageIn(rightRelease, workspace, right.name).image,
            releaseImageIn(leftRelease, workspace, left.name).image,
          ),
        }),
    env,
    target: compareSettings(left.observed, right.observed),
    blocked: blockers(leftRelease, left, right, env),
  };
}

/** Any two environments or releases. Environments that cannot be observed are compared without their settings. */
export async function compareSides(
  ports: Ports,
  id: WorkspaceId,
  left: string,
  right: string,
): Promise<Comparison> {
  const workspace = await loadWorkspace(ports, id);
  const [from, to] = [resolveSide(ports, workspace, left), resolveSide(ports, workspace, right)];
  const commits = await compareCommits(ports, workspace, { name: left, ...from }, { name: right, ...to });
  const sides = {
    left: {
      name: left,
      ...(from.release === undefined
        ? {}
        : { release: summarise(from.release, cellOf(workspace, from.environment)) }),
    },
    right: {
      name: right,
      ...(to.release === undefined
        ? {}
        : { release: summarise(to.release, cellOf(workspace, to.environment)) }),
    },
    commits,
    ...(to.release === undefined || from.release === undefined
      ? {}
      : {
          image: diffImages(
            releaseImageIn(from.release, workspace, from.environment).image,
            releaseImageIn(to.release, workspace, to.environment).image,
          ),
        }),
  };
  if (from.environment === undefined || to.environment === undefined) return sides;
  const [seenLeft, seenRight] = await Promise.all([
    observeEnvironment(ports, workspace, environmentOf(workspace, from.environment)),
    observeEnvironment(ports, workspace, environmentOf(workspace, to.environment)),
  ]);
  return {
    ...sides,
    env: await compareEnvFiles(ports, workspace, from.environment, to.environment),
    target: compareSettings(seenLeft, seenRight),
  };
}

type Named = { readonly name: string; readonly release?: Release | undefined };

async function compareCommits(
  ports: Ports,
  workspace: OpenWorkspace,
  left: Named,
  right: Named,
): Promise<CommitDiff> {
  const empty = [left, right].find((side) => side.release === undefined);
  if (empty !== undefined) return { kind: 'unknown', why: `nothing runs in ${empty.name}` };
  return ports.git.compare(
    workspace.folder,
    left.release?.source.commit?.sha,
    right.release?.source.commit?.sha,
  );
}

export type Side = { readonly release?: Release; readonly environment?: EnvironmentName };

/** An environment by its name, with what the ledger says runs there, or a release as it may be named anywhere. */
export function resolveSide(ports: Ports, workspace: OpenWorkspace, text: string): Side {
  const { environments } = workspace.config;
  const environment = environments.find((candidate) => candidate.name === text);
  if (environment !== undefined) {
    const state = ports.ledger.environments.state(workspace.id, environment.name);
    const release = state === undefined ? undefined : ports.ledger.releases.get(workspace.id, state.release);
    return { environment: environment.name, ...(release === undefined ? {} : { release }) };
  }
  const asId = releaseIdSchema.safeParse(text);
  const byId = asId.success ? ports.ledger.releases.get(workspace.id, asId.data) : undefined;
  if (byId !== undefined) return { release: byId };
  const releases = ports.ledger.releases.list(workspace.id, releasesSearched);
  if (asId.success || releasesNamed(releases, text).length > 0)
    return { release: findRelease(releases, text) };
  const known = environments.map((candidate) => candidate.name).join(', ');
  throw new GantryError(
    'usage',
    `${text} is neither an environment nor a release.`,
    `Environments: ${known}. gantry history --kind build lists the releases.`,
  );
}

function releaseIn(
  ports: Ports,
  workspace: OpenWorkspace,
  environment: BoardEnvironment,
): Release | undefined {
  const id = environment.release?.id;
  return id === undefined ? undefined : ports.ledger.releases.get(workspace.id, id);
}

function relationOf(left: Release | undefined, right: Release | undefined): Gap['relation'] {
  if (left === undefined) return 'nothing';
  if (right === undefined) return 'ahead';
  if (left.id === right.id) return 'in-sync';
  return left.builtAt >= right.builtAt ? 'ahead' : 'behind';
}

function countReleases(
  ports: Ports,
  id: WorkspaceId,
  left: Release | undefined,
  right: Release | undefined,
): number | undefined {
  if (left === undefined || right === undefined) return undefined;
  const [newer, older] = left.builtAt >= right.builtAt ? [left, right] : [right, left];
  return ports.ledger.releases
    .list(id, releasesCounted)
    .filter((release) => release.builtAt > older.builtAt && release.builtAt <= newer.builtAt).length;
}

async function compareEnvFiles(
  ports: Ports,
  workspace: OpenWorkspace,
  left: EnvironmentName,
  right: EnvironmentName,
): Promise<EnvKeyChange[]> {
  const { env } = workspace.config;
  const views = await Promise.all(
    [left, right].map(async (name) => {
      const { envFile } = environmentOf(workspace, name);
      return viewEnv(ports, await readEnvFile(ports, workspace.folder, envFile), env);
    }),
  );
  const [from = [], to = []] = views;
  return diffEnvKeys(from, to, neededKeys(from, env));
}

function compareSettings(left: Observed, right: Observed): SettingChange[] {
  if (left.kind !== 'running' || right.kind !== 'running') return [];
  const paths = [...new Set([...Object.keys(left.settings), ...Object.keys(right.settings)])].sort();
  const blind = [left, right].flatMap(blindPlaces);
  return paths
    .filter((path) => !blind.some(({ name }) => path.startsWith(`${name}/`)))
    .filter((path) => left.settings[path] !== right.settings[path])
    .map((path) => {
      const before = left.settings[path];
      const after = right.settings[path];
      return {
        path,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      };
    });
}

function blockers(
  release: Release | undefined,
  left: BoardEnvironment,
  right: BoardEnvironment,
  env: readonly EnvKeyChange[],
): string[] {
  if (release === undefined) return [`Nothing runs in ${left.name} yet`];
  const missing = env.filter((change) => change.kind === 'missing').map((change) => change.key);
  return [
    ...(right.problem === undefined ? [] : [right.problem]),
    ...(missing.length === 0 ? [] : [`Missing in ${right.name}: ${missing.join(', ')}`]),
    ...(right.hold === undefined ? [] : [`${right.name} is on hold: ${right.hold.reason}`]),
    ...(right.lease === undefined ? [] : [`${right.name} is leased to run ${right.lease.runId}`]),
  ];
}

export function cellOf(
  workspace: OpenWorkspace,
  environment: EnvironmentName | undefined,
): string | undefined {
  return environment === undefined ? undefined : environmentOf(workspace, environment).cell;
}

/** A release that stands for itself shows its first image. */
export function releaseImageIn(
  release: Release,
  workspace: OpenWorkspace,
  environment: EnvironmentName | undefined,
): ReleaseImage {
  return imageOf(release, cellOf(workspace, environment)) ?? release.images[0];
}
