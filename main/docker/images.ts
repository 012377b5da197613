import * as z from 'zod';
import type { ImageFacts } from '#shared/domain/image.ts';
import { bodyOf, type Connection, type ImageStore } from './connection.ts';
import type { EngineAccess } from './engine-access.ts';
import { isImageId, refInPath, splitRef } from './image-ref.ts';

const listSchema = z.array(z.string()).nullish();

const inspectionSchema = z.object({
  Id: z.string(),
  RepoTags: listSchema,
  RepoDigests: listSchema,
  Created: z.string().nullish(),
  Size: z.number(),
  Os: z.string().nullish(),
  Architecture: z.string().nullish(),
  Variant: z.string().nullish(),
  Config: z
    .object({
      Entrypoint: listSchema,
      Cmd: listSchema,
      Env: listSchema,
      ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
      User: z.string().nullish(),
      WorkingDir: z.string().nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
  RootFS: z.object({ Layers: listSchema }).nullish(),
});
type Inspection = z.infer<typeof inspectionSchema>;

/** `undefined` when the engine has no such image. */
export async function inspectImage(
  connection: Connection,
  ref: string,
  signal: AbortSignal,
): Promise<Inspection | undefined> {
  const path = `/images/${refInPath(ref)}/json`;
  const answer = await connection.send({ method: 'GET', path, signal, accept: [404] });
  const body = await bodyOf(answer);
  return answer.statusCode === 404 ? undefined : inspectionSchema.parse(JSON.parse(body.toString('utf8')));
}

export async function readImage(
  access: EngineAccess,
  ref: string,
  signal?: AbortSignal,
): Promise<ImageFacts | undefined> {
  return access.use(signal, async (connection, both) => {
    // The second takes longer, where it is not known yet.
    const [inspection, store] = await Promise.all([
      inspectImage(connection, ref, both),
      connection.imageStore(both),
    ]);
    return inspection && factsOf(inspection, store);
  });
}

/** On a name that another image has, the name moves. */
export async function tagImage(
  access: EngineAccess,
  imageId: string,
  ref: string,
  signal?: AbortSignal,
): Promise<void> {
  const { repository: repo, tag } = splitRef(ref);
  const path = `/images/${refInPath(imageId)}/tag`;
  await access.use(signal, async (connection, both) => {
    await bodyOf(await connection.send({ method: 'POST', path, query: { repo, tag }, signal: both }));
  });
}

/**
 * The engine removes an image together with its last name, unless a container uses it: then it refuses. The layers
 * below it are kept in any case (noprune).
 */
export async function untagImage(access: EngineAccess, ref: string, signal?: AbortSignal): Promise<void> {
  // The engine would remove the image under all its names.
  if (isImageId(ref)) throw new Error(`${ref} is an image's id, not one of its names`);
  await access.use(signal, (connection, both) => removeName(connection, ref, both));
}

export async function removeName(connection: Connection, ref: string, signal: AbortSignal): Promise<void> {
  const path = `/images/${refInPath(ref)}`;
  const query = { noprune: 'true' };
  await bodyOf(await connection.send({ method: 'DELETE', path, query, signal, accept: [404] }));
}

export function factsOf(image: Inspection, store: ImageStore): ImageFacts {
  const created = Date.parse(image.Created ?? '');
  return {
    identity: {
      imageId: image.Id,
      ...(store === 'classic' ? { configDigest: image.Id } : {}),
      // On a containerd store a manifest has its digest before any push.
      manifestDigests: manifestDigests(image),
    },
    tags: [...(image.RepoTags ?? [])].sort(),
    size: image.Size,
    platform: [image.Os, image.Architecture, image.Variant].filter(Boolean).join('/'),
    ...(Number.isFinite(created) && created > 0 ? { createdAt: created } : {}),
    config: configOf(image.Config),
    layers: image.RootFS?.Layers ?? [],
  };
}

function manifestDigests({ RepoDigests }: Inspection): Record<string, string> {
  const pairs = (RepoDigests ?? []).map((named) => named.split('@'));
  return Object.fromEntries(
    pairs.filter((pair): pair is [string, string] => /^sha256:[0-9a-f]{64}$/.test(pair[1] ?? '')),
  );
}

function configOf(config: Inspection['Config']): ImageFacts['config'] {
  return {
    entrypoint: config?.Entrypoint ?? [],
    command: config?.Cmd ?? [],
    envKeys: (config?.Env ?? []).map((pair) => pair.split('=')[0] ?? pair),
    ports: Object.keys(config?.ExposedPorts ?? {}),
    user: config?.User ?? '',
    workingDir: config?.WorkingDir ?? '',
    labels: config?.Labels ?? {},
  };
}
