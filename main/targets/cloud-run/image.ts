import type { Io } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { CloudRun } from './api.ts';
import { containerIn, imageOf, isReady, newestFirst } from './revisions.ts';
import { type Revision, type RunContainer, type Service, shortName } from './shapes.ts';

export type ImageWish = {
  readonly repository: string;
  readonly from: string;
  readonly digest?: string | undefined;
};

/** `repository@sha256:…`: Cloud Run is never given a tag, which could move. Throws `image-gone`. */
export async function pinnedImage({ repository, from, digest }: ImageWish, io: Io): Promise<string> {
  const { signal, insecureRegistries: insecure } = io;
  const found = digest ?? (await io.registry.resolve(from, { signal, insecure }))?.digest;
  if (found !== undefined) return `${repository}@${found}`;
  throw new GantryError('image-gone', `${from} is gone from the registry.`, 'Deploy again.');
}

/** The containers as they are, with one image changed and every other setting kept. */
export function withImage(
  service: Service,
  name: string | undefined,
  image: string,
): readonly RunContainer[] {
  const { containers } = service.template;
  const found = requireContainer(service, name);
  return containers.map((container) => (container === found ? { ...container, image } : container));
}

export function requireContainer(service: Service, name: string | undefined): RunContainer {
  const { containers } = service.template;
  const found = containerIn(containers, name);
  if (found !== undefined) return found;
  const names = containers.map((container) => container.name ?? 'one without a name').join(', ');
  throw new GantryError(
    'config-invalid',
    name === undefined
      ? `${shortName(service.name)} has several containers: ${names}.`
      : `${shortName(service.name)} has no container "${name}", but ${names}.`,
    'Say in gantry.yml which one runs the release: `container: NAME`.',
  );
}

/** The revision of this image: the newest of all, or the newest of them that is ready. */
export async function findOurs(
  run: CloudRun,
  service: Service,
  image: string,
  container: string | undefined,
): Promise<Revision | undefined> {
  const newest = shortName(service.latestCreatedRevision);
  const created = newest === '' ? undefined : await run.revision(newest);
  if (created !== undefined && imageOf(created, container) === image) return created;
  const all = newestFirst(await run.revisions());
  return all.find((revision) => isReady(revision) && imageOf(revision, container) === image);
}

export async function requireOurs(
  run: CloudRun,
  image: string,
  container: string | undefined,
): Promise<string> {
  const ours = await findOurs(run, await run.service(), image, container);
  if (ours !== undefined) return shortName(ours.name);
  throw new GantryError(
    'target-refused',
    `There is no revision of ${image} any more.`,
    'Somebody else deploys there as well: plan again.',
  );
}
