import type { EnvironmentName, WorkspaceId } from '#shared/domain/ids.ts';
import type { ImagePresence, RollbackChoice } from '#shared/domain/image-list.ts';
import { imageOf, type Release } from '#shared/domain/release.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from '../context.ts';
import { engineIdsOf } from '../identity.ts';
import { environmentOf, loadWorkspace, type OpenWorkspace } from '../open-workspace.ts';
import { staysOf } from '../releases.ts';
import { engineOf } from '../target-io.ts';

type Needs = Pick<Ports, 'engine' | 'registry' | 'ledger'>;

/** Ids of every image that the engine has; `undefined` where it does not answer. */
export type OnEngine = ReadonlySet<string> | undefined;

export async function imagesOnEngine(
  { engine }: Pick<Ports, 'engine'>,
  signal?: AbortSignal,
): Promise<OnEngine> {
  try {
    return new Set((await engine.images(signal)).map(({ imageId }) => imageId));
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** Of an environment's own engine, asked only where the image is not on the one that Gantry uses. */
export function ownImages(
  ports: Pick<Ports, 'engines' | 'targets' | 'ledger'>,
  workspace: OpenWorkspace,
  environment: Environment,
  signal: AbortSignal,
): (() => Promise<OnEngine>) | undefined {
  const { kind, config } = environment.target;
  if (ports.targets.get(kind).engine?.(config) === undefined) return undefined;
  return async () => {
    try {
      const remote = engineOf(ports, workspace, environment);
      return remote && (await imagesOnEngine(remote, signal));
    } catch {
      // Whoever looks at many waits for none of them, and one that may not be asked tells nothing.
      return undefined;
    }
  };
}

/**
 * Whether an environment of this cell could run a release again: from the engine, its own or the one that Gantry uses,
 * or fetched from where it was put. A registry is only asked about an image that engines lack.
 */
export async function presenceOf(
  ports: Needs,
  workspace: OpenWorkspace,
  release: Release,
  cell: string | undefined,
  onEngine: OnEngine,
  signal: AbortSignal,
  own?: () => Promise<OnEngine>,
): Promise<ImagePresence> {
  const image = imageOf(release, cell);
  if (image === undefined) return 'gone';
  if (onEngine?.has(image.image.identity.imageId) === true) return 'here';
  const onOwn = own === undefined ? new Set<string>() : await own();
  if (own !== undefined && [...engineIdsOf(ports, release, cell)].some((id) => onOwn?.has(id) === true)) {
    return 'here';
  }
  const { insecure } = workspace.config.registry;
  const places = ports.ledger.places
    .of(workspace.id, release.id)
    .filter((place) => place.cell === image.cell);
  const found = await Promise.allSettled(
    places.map(({ repository, digest }) =>
      ports.registry.resolve(`${repository}@${digest}`, { signal, insecure }),
    ),
  );
  if (found.some((answer) => answer.status === 'fulfilled' && answer.value !== undefined))
    return 'in-registry';
  // Only who was asked and said no knows that it is gone.
  const isKnown =
    onEngine !== undefined && onOwn !== undefined && found.every((answer) => answer.status === 'fulfilled');
  return isKnown ? 'gone' : 'unknown';
}

/** What a rollback here may go to, newest first, without what runs now; each with whether its image still exists. */
export async function rollbackChoices(
  ports: Ports,
  workspaceId: WorkspaceId,
  environment: EnvironmentName,
  signal: AbortSignal,
): Promise<RollbackChoice[]> {
  const workspace = await loadWorkspace(ports, workspaceId);
  const place = environmentOf(workspace, environment);
  const [now, ...earlier] = staysOf(ports, workspaceId, environment);
  const ids = [...new Set(earlier.map((stay) => stay.release))].filter((id) => id !== now?.release);
  const releases = ids
    .map((id) => ports.ledger.releases.get(workspaceId, id))
    .filter((release) => release !== undefined);
  if (releases.length === 0) return [];
  const onEngine = await imagesOnEngine(ports, signal);
  let asked: Promise<OnEngine> | undefined;
  const ask = ownImages(ports, workspace, place, signal);
  const own = ask && (() => (asked ??= ask()));
  return Promise.all(
    releases.map(async (release) => ({
      release,
      image: await presenceOf(ports, workspace, release, place.cell, onEngine, signal, own),
    })),
  );
}
