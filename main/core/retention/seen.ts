import type { EnvironmentName } from '#shared/domain/ids.ts';
import { asWhole, type Observed } from '#shared/domain/observed.ts';
import type { Ports } from '../context.ts';
import { imageRulesOf } from '../identity.ts';
import { observeEnvironment } from '../observe-environment.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { Container, Engine, ListedImage, ListedManifest } from '../ports.ts';
import { engineOf } from '../target-io.ts';
import { isInRegistry, type LedgerReader, type Placed } from './ledger-facts.ts';

/** What engine, targets and registries say at one moment. */
export type Seen = {
  readonly images: readonly ListedImage[];
  /** Of those engines too. */
  readonly containers: readonly { readonly name: string; readonly imageId: string }[];
  /** Engines of environments' own that answered. */
  readonly engines: readonly EngineSeen[];
  /** Ids and digests that run there; what could not be observed is missing. */
  readonly environments: ReadonlyMap<EnvironmentName, readonly string[]>;
  /** Those that answered. */
  readonly repositories: readonly RepositorySeen[];
  /** All that images of this workspace are put into. */
  readonly repositoryNames: readonly string[];
  /** What could not be seen; sentences. */
  readonly notes: readonly string[];
};

export type EngineSeen = {
  /** For people. */
  readonly name: string;
  readonly engine: Engine;
  readonly images: readonly ListedImage[];
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
  const [images, containers, { environments, registries }, own] = await Promise.all([
    ports.engine.images(signal),
    ports.engine.containers({}, signal),
    lookOutside(ports, workspace, reader, signal),
    lookAtEngines(ports, workspace, signal),
  ]);
  return {
    images,
    containers: [...containers, ...own.containers].map(({ name, imageId }) => ({ name, imageId })),
    engines: own.engines,
    environments: new Map(environments.map(({ name, observed }) => [name, digestsIn(observed)])),
    repositories: registries.repositories,
    repositoryNames: repositoriesOf(ports, workspace),
    notes: [
      ...environments.flatMap(({ name, observed }) => {
        const whole = asWhole(observed);
        return whole.kind === 'unreachable' || whole.kind === 'unobservable'
          ? [`${name} cannot be observed (${whole.why}); what the ledger says of it is all that counts.`]
          : [];
      }),
      ...registries.notes,
      ...own.notes,
    ],
  };
}

type OwnEngines = Pick<Seen, 'engines' | 'notes'> & { readonly containers: readonly Container[] };

/** One that does not answer is left alone: nothing is removed from it. */
async function lookAtEngines(
  ports: Pick<Ports, 'engines' | 'targets' | 'ledger'>,
  workspace: OpenWorkspace,
  signal: AbortSignal,
): Promise<OwnEngines> {
  const remotes = new Set(
    workspace.config.environments.flatMap((environment) => engineOf(ports, workspace, environment) ?? []),
  );
  const asked = await Promise.allSettled(
    [...remotes].map(async ({ name, engine }) => {
      const [images, containers] = await Promise.all([engine.images(signal), engine.containers({}, signal)]);
      return { name, engine, images, containers };
    }),
  );
  signal.throwIfAborted();
  const answered = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  return {
    engines: answered,
    containers: answered.flatMap(({ containers }) => containers),
    notes: asked.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason instanceof Error ? answer.reason.message : ''] : [],
    ),
  };
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
