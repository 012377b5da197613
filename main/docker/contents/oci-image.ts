import * as z from 'zod';
import { GantryError } from '#shared/domain/errors.ts';
import type { LayerSource, StoredLayer } from './layer-source.ts';

/** Anything that keeps the parts of images by digest. */
export type BlobSource = Pick<LayerSource, 'vouchesForDiffIds' | 'isNear'> & {
  /** Of an index or a manifest. */
  manifest(digest: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Of a configuration or a layer. */
  blob(digest: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> | AsyncIterable<Uint8Array>;
};

const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const descriptorSchema = z.object({ digest: digestSchema });

/** Docker's own and OCI's are alike in all that is read here. */
const manifestSchema = z.union([
  z.object({ config: descriptorSchema, layers: z.array(descriptorSchema) }),
  z.object({ manifests: z.array(descriptorSchema) }),
]);

const configSchema = z.object({
  rootfs: z.object({ diff_ids: z.array(digestSchema) }),
  history: z
    .array(z.object({ created_by: z.string().nullish(), empty_layer: z.boolean().nullish() }))
    .nullish(),
});
type Config = z.infer<typeof configSchema>;

/** An index may hold indexes; what goes deeper is no image. */
const deepestIndex = 4;
const longestConfig = 16 * 1024 * 1024;

/**
 * The layers of an image by the digest of its manifest or index. Of the platforms in an index the one is taken that
 * has these layers.
 */
export function createOciSource(source: BlobSource, digest: string, diffIds: readonly string[]): LayerSource {
  let known: readonly StoredLayer[] | undefined;
  return {
    vouchesForDiffIds: source.vouchesForDiffIds,
    isNear: source.isNear,
    open: (layer, signal) => source.blob(layer.digest, signal),
    async layers(signal) {
      known ??= await findLayers(source, digest, diffIds, signal);
      return known;
    },
  };
}

async function findLayers(
  source: BlobSource,
  digest: string,
  diffIds: readonly string[],
  signal: AbortSignal,
): Promise<readonly StoredLayer[]> {
  for await (const { config, digests } of imagesBelow(source, digest, signal)) {
    if (isSame(config.rootfs.diff_ids, diffIds) && digests.length === diffIds.length)
      return layersOf(config, digests);
  }
  throw new GantryError(
    'image-gone',
    `${digest} is no image with these layers.`,
    'Build its commit again, or compare releases whose images are still there.',
  );
}

type Found = { readonly config: Config; readonly digests: readonly string[] };

async function* imagesBelow(
  source: BlobSource,
  digest: string,
  signal: AbortSignal,
  depth = 0,
): AsyncGenerator<Found> {
  const manifest = manifestSchema.safeParse(parse(await source.manifest(digest, signal)));
  // Something of another kind, or attached to the image, such as an attestation.
  if (!manifest.success) return;
  if ('config' in manifest.data) {
    const config = await readConfig(source, manifest.data.config.digest, signal);
    if (config !== undefined) yield { config, digests: manifest.data.layers.map((layer) => layer.digest) };
  } else if (depth < deepestIndex) {
    for (const child of manifest.data.manifests) {
      // Other platforms' manifests need not be there.
      const found = imagesBelow(source, child.digest, signal, depth + 1);
      try {
        yield* found;
      } catch (error) {
        signal.throwIfAborted();
        if (manifest.data.manifests.length === 1) throw error;
      }
    }
  }
}

async function readConfig(
  source: BlobSource,
  digest: string,
  signal: AbortSignal,
): Promise<Config | undefined> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of await source.blob(digest, signal)) {
    pieces.push(piece);
    length += piece.length;
    if (length > longestConfig) return undefined;
  }
  const config = configSchema.safeParse(parse(Buffer.concat(pieces)));
  return config.success ? config.data : undefined;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id, at) => id === other[at]);
}

function layersOf({ rootfs, history }: Config, digests: readonly string[]): StoredLayer[] {
  const lines = (history ?? []).filter(({ empty_layer: isEmpty }) => isEmpty !== true);
  // A history that does not fit says nothing: which line is whose?
  const fits = lines.length === rootfs.diff_ids.length;
  return rootfs.diff_ids.map((diffId, at) => {
    const createdBy = fits ? lines[at]?.created_by : undefined;
    return { diffId, digest: digests[at] ?? '', ...(createdBy ? { createdBy } : {}) };
  });
}
