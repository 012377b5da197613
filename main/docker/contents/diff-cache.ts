import { hash } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ImageFacts } from '#shared/domain/image.ts';
import { type ImageContentsDiff, imageContentsDiffSchema } from '#shared/domain/image-contents.ts';
import { createFolderCache } from '../folder-cache.ts';

/** Comparisons that leave nothing open, so that a dialog that is opened again has nothing to compute. */
export type DiffCache = {
  /** With `whole` only one for which all layers were read. */
  get(
    left: ImageFacts | undefined,
    right: ImageFacts,
    whole: boolean,
  ): Promise<ImageContentsDiff | undefined>;
  put(left: ImageFacts | undefined, right: ImageFacts, diff: ImageContentsDiff): Promise<void>;
};

/** To be counted up when the same images would be compared differently. */
const version = 1;
/** Several hundred comparisons of some 20 kB. */
const maxBytes = 16 * 1024 * 1024;
/** One holds bounded lists. */
const longest = 16 * 1024 * 1024;

export function createDiffCache(folder: string): DiffCache {
  const files = createFolderCache({ folder, maxBytes });
  return {
    async get(left, right, whole) {
      const bytes = await files.get(nameOf(left, right));
      if (bytes === undefined) return undefined;
      try {
        const text = zstdDecompressSync(bytes, { maxOutputLength: longest }).toString('utf8');
        const diff = imageContentsDiffSchema.safeParse(JSON.parse(text)).data;
        return whole && diff?.right.files === undefined ? undefined : diff;
      } catch {
        return undefined;
      }
    },
    async put(left, right, diff) {
      await files.put(nameOf(left, right), zstdCompressSync(JSON.stringify(diff)));
      await files.trim();
    },
  };
}

/** Everything that a comparison shows of an image is in these, or in the layers they name. */
function nameOf(left: ImageFacts | undefined, right: ImageFacts): string {
  const parts = [left, right].map(
    (image) => image && [image.identity.imageId, image.layers, image.size, image.platform, image.config],
  );
  return hash('sha256', JSON.stringify([version, ...parts]), 'hex');
}
