import type { EnvironmentName } from '#shared/domain/ids.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { Ports } from '../context.ts';
import { imageRulesOf } from '../identity.ts';
import { observeEnvironment } from '../observe-environment.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { ListedImage, ListedManifest } from '../ports.ts';
import { engineOf } from '../target-io.ts';
import { isInRegistry, type LedgerReader, type Placed } from './ledger-facts.ts';

/** What engine, targets and registries say at one moment. */
export type Seen = {
  readonly images: readonly ListedImage[];
  readonly containers: readonly { readonly name: string; readonly imageId: string }[];
  /** Ids and digests that run there; what could not be observed is missing. */
  readonly environments: ReadonlyMap<EnvironmentName, readonly string[]>;
  /** Those that answered. */
  readonly repositories: readonly RepositorySeen[];
  /** All that images of this workspace are put into. */
  readonly repositoryNames: readonly string[];
  /** What could not be seen; sentences. */
  readonly notes: readonly string[];
};

export type RepositorySeen = {
  /** `ghcr.io/acme/shop` */
  readonly name: string;
  readonly manifests: readonly ListedManifest[];
};

/** Rejects when the engine does not answer: without it nothing is known to be free to go. */
export async function look(
  ports: Ports,
  workspace: OpenWorkspace,
  reader: LedgerReader,
  signal: AbortSignal,
): Promise<Seen> {
  const [images, containers, { environments, registries }] = await Promise.all([
    ports.engine.images(signal),
    ports.engine.containers({}, signal),
    lookOutside(ports, workspace, reader, signal),
  ]);
  return {
    images,
    containers: containers.map(({ name, imageId }) => ({ name, imageId })),
    environments: new Map(environments.map(({ name, observed }) => [name, digestsIn(observed)])),
    repositories: registries.repositories,
    repositoryNames: repositoriesOf(ports, workspace),
    notes: [
      ...environments.flatMap(({ name, observed }) =>
        observed.kind === 'unreachable'
          ? [`${name} cannot be observed (${observed.why}); what the ledger says of it is all that counts.`]
          : [],
      ),
      ...registries.notes,
      ...ownEngines(ports, workspace),
    ],
  };
}

function ownEngines(ports: Pick<Ports, 'engines' | 'targets'>, workspace: OpenWorkspace): readonly string[] {
  return workspace.config.environments.flatMap((environment) => {
    const engine = engineOf(ports, workspace, environment);
    return engine === undefined
      ? []
      : [`${environment.name} is on ${engine.name}: images that were brought there stay there.`];
  });
}

async function lookOutside(
  ports: Ports,
  workspace: OpenWorkspace,
  reader: LedgerReader,
  signal: AbortSignal,
) {
  const environments = await Promise.all(
    workspace.config.environments.map(async (environment) => ({
      name: environment.name,
      compares: imageRulesOf(ports.targets.get(environment.target.kind), environment.target.config).compares,
      observed: await observeEnvironment(ports, workspace, environment),
    })),
  );
  // An engine tells ids, and some registries are at a loss when they are asked for one of those.
  const running = environments.flatMap(({ compares, observed }) =>
    compares === 'digest' ? digestsIn(observed) : [],
  );
  const registries = await lookAtRegistries(ports, workspace, signal, {
    running,
    placed: placedAnywhere(workspace, reader),
  });
  return { environments, registries };
}

function placedAnywhere({ id }: OpenWorkspace, reader: LedgerReader): readonly Placed[] {
  const workspaces = [id, ...reader.others(id).map((other) => other.id)];
  return workspaces.flatMap((one) => [...reader.read(one).placed.values()].flat().filter(isInRegistry));
}

const digestPattern = /sha256:[0-9a-f]{64}/g;

/** A target may name what it runs by id, or by a digest within a name. */
function digestsIn(observed: Observed): readonly string[] {
  if (observed.kind !== 'running') return [];
  return observed.services.flatMap(({ imageId, imageRef }) => [
    imageId,
    ...(`${imageId} ${imageRef}`.match(digestPattern) ?? []),
  ]);
}

/** Every repository that images of this workspace are put into. */
function repositoriesOf(
  { targets }: Pick<Ports, 'targets'>,
  { config }: Pick<OpenWorkspace, 'config'>,
): readonly string[] {
  const named = [
    config.registry.repository,
    ...config.environments.flatMap(({ repository, target }) => [
      repository,
      targets.get(target.kind).repository?.(target.config),
    ]),
  ];
  return [...new Set(named.filter((name) => name !== undefined))];
}

/** Manifests that matter also where no tag points to them any more. */
type Needed = { readonly running: readonly string[]; readonly placed: readonly Placed[] };

/** One that does not answer is left alone: nothing is removed from it. */
export async function lookAtRegistries(
  ports: Pick<Ports, 'registry' | 'targets'>,
  workspace: Pick<OpenWorkspace, 'config'>,
  signal: AbortSignal,
  { running, placed }: Needed = { running: [], placed: [] },
): Promise<Pick<Seen, 'repositories' | 'notes'>> {
  const { insecure } = workspace.config.registry;
  const asked = await Promise.allSettled(
    repositoriesOf(ports, workspace).map(async (name) => {
      const here = placed.filter(({ repository }) => repository === name).map(({ digest }) => digest);
      const digests = [...new Set([...here, ...running])].filter((digest) => isDigest.test(digest));
      return { name, manifests: await ports.registry.manifests(name, digests, { signal, insecure }) };
    }),
  );
  signal.throwIfAborted();
  return {
    repositories: asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])),
    notes: asked.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason instanceof Error ? answer.reason.message : ''] : [],
    ),
  };
}

const isDigest = /^sha256:[0-9a-f]{64}$/;
